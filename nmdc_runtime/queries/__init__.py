"""Queries: MongoDB commands that clients send, checked, and run on what they may see.

Owns ``_runtime.query_continuations`` and the databases of before images, and ``/queries:run``.
"""
