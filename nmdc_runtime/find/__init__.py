"""Find: studies, biosamples, data objects and planned processes by a short filter language.

Owns no collection. Owns the routes ``/studies``, ``/biosamples``, ``/data_objects`` and
``/planned_processes``, and the report of data object URLs.
"""
