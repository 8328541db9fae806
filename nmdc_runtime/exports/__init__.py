"""Exports: the database as files, for everybody to fetch or for operators to keep.

Owns no collection and no route: it reads the schema's collections as they are, and publishes files
through ``objects`` under ``nmdcdb-mongoexport/<date>/``.
"""
