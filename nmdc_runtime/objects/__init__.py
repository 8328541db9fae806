"""Stored objects: GA4GH DRS records, and the bytes of those that the hub itself keeps.

Owns the collection ``objects``, GridFS (``fs.files``, ``fs.chunks``) and the routes under
``/objects`` and ``/metadata/stored_files``.
"""
