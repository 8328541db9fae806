"""Jobs: units of workflow execution that a site may claim, and the claims on them.

Owns the collection ``jobs`` and the routes under ``/jobs``; a claim is tracked by an operation.
"""
