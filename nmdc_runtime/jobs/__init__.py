"""Jobs: units of workflow execution that a site may claim, and the claims on them.

Owns the collection ``jobs``, the routes under ``/jobs``, and those under ``/operations`` by which
sites report on what they have claimed; a claim is tracked by an operation. Claim and operation are
always written in one transaction, so that they say the same.
"""
