"""Schema upgrades: moving all data to another version of nmdc-schema with its own migrators.

A process slice without routes; `nmdc-runtime migrate` is its door. Owns the collections
``_migration_events`` and ``_runtime.migration``, the view ``_migration_latest_schema_version``,
the collections that begin with ``_before_`` or ``_runtime.tmp.migration.``, and the scratch
databases ``<database>_migration_<id>``. The migrators run in a process of their own, under the
interpreter of an environment that has the wanted version, on a copy of the data; readers see the
old data until all of the new is checked, and writers are asked to wait.
"""
