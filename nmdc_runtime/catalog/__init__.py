"""The catalogue: workflows, capabilities, object types, and the triggers between them.

Owns the collections ``workflows``, ``capabilities``, ``object_types`` and ``triggers``, the public
routes that are named like them, and ``/admin/workflows``, ``/admin/capabilities``,
``/admin/object_types`` and ``/admin/triggers``. Boot writes the built-in rows, but those that an
administrator changed or added are left as they are.
"""
