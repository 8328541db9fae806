"""Workflow file staging: which files of sequencing projects are on their way to a site.

Owns the collections ``wf_file_staging.globus_tasks``, ``wf_file_staging.jgi_samples`` and
``wf_file_staging.jgi_sequencing_projects``, and the routes under ``/wf_file_staging``. A unique
index of each collection decides what is there already.
"""
