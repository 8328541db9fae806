"""Exports: metadata as files, for everybody to fetch or for operators to keep.

Owns no collection: it reads the schema's collections as they are. The whole database is published
through ``objects`` under ``nmdcdb-mongoexport/<date>/``. Owns the routes
``/studies/{study_id}/biosamples.csv``, ``.xlsx`` and ``.parquet``: modules named ``study_*`` make
one table of the biosamples of a study. Modules named ``ncbi_*`` make a submission to NCBI of one,
which jobs and the command line ask for, by `translation.ncbi`.
"""
