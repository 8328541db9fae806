"""Checks: what was found when all data were looked through, or a backup was tried.

A record slice. Owns the collection ``_runtime.check_reports`` and the routes under
``/admin/checks``. It checks stored documents against nmdc-schema (what they are, what they refer
to, what must be unique), for the nightly job and for migrations, and keeps the reports of whoever
looks after the data: checks, restore drills, sweeps. It mends nothing.
"""
