"""The link graph over all schema documents: built, kept current, and walked.

Owns the collections ``alldocs`` and ``_runtime.graph``, and the routes that follow links.
"""
