"""Workflow executions: metadata of what workflows have done, taken in and deleted as a whole.

A process slice over plans, metadata and jobs. Owns the routes ``/workflows/workflow_executions``
and ``/workflows/activities``, the rules by which a newer run of a workflow supersedes an older
one, and the collection ``_runtime.run_series``, where those meet who submit runs of the same
series.
"""
