"""The catalogue: workflows, capabilities, object types, and the triggers between them.

Owns the collections ``workflows``, ``capabilities``, ``object_types`` and ``triggers``. Boot
writes the built-in rows; rows that an administrator added stay. Its URLs come with the read side
of the catalogue.
"""
