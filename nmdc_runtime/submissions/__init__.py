"""Submissions: metadata that somebody sends, from acceptance to application.

A process slice over objects, jobs, operations, runs and metadata. Owns the collection
``_runtime.submissions`` and the route ``/metadata/json:submit``.
"""
