"""Queries: MongoDB commands that clients send, checked, and run on what they may see.

Owns ``/queries:run``, the collections ``_runtime.query_continuations`` and
``_runtime.query_results`` (what an aggregation found, kept for its next pages), and the databases
of before images (``nmdc_deleted``, ``nmdc_updated``).
"""
