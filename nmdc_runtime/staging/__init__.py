"""Workflow file staging: which files of sequencing projects are on their way to a site.

Owns the collections ``wf_file_staging.*``; so far only their indexes. Its URLs, under
``/wf_file_staging``, come with the staging of workflow files.
"""
