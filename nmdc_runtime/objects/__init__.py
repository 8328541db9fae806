"""Stored objects: GA4GH DRS records, and the bytes of those that the hub itself keeps.

Owns the collections ``objects`` and ``_runtime.uploads`` (uploads under way), GridFS
(``fs.files``, ``fs.chunks``), the keys ``do/<object id>`` and ``nmdcdb-mongoexport/...`` (files for
everybody to fetch) of the site's bucket, and of the routes under ``/objects`` those that need
nothing else (``drs`` has the others), and ``/metadata/stored_files``.
"""
