"""Runs: what happened to each requested execution, as events in the OpenLineage form.

Owns the collections ``run_events`` and ``_runtime.run_requests`` and the routes under ``/runs``.
Dagster keeps its own history; these events tell what a run meant for the data.
"""
