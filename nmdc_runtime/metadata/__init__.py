"""Metadata: documents of nmdc-schema, checked, written and read.

Owns the schema's collections (``biosample_set``, ``study_set``, ...) and the log of their writes
(``txn_log``), the routes under ``/nmdcschema`` and ``/metadata/json:validate``.
"""
