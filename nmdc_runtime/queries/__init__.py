"""Queries: MongoDB commands that clients send, checked, and run on what they may see.

What they change becomes a plan (slice ``plans``), so that it can be told and undone like any other
change. Owns ``/queries:run`` and the collections ``_runtime.query_continuations`` and
``_runtime.query_results`` (what an aggregation found, kept for its next pages).
"""
