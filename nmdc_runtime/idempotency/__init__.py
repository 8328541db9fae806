"""Idempotency: what was answered to a request that carried a key of the client's.

Owns the collection ``_runtime.idempotency``. The answer is stored in the transaction of what the
request did, so that a request is done once or not at all, whatever is cut off in between. Its
records go after a day.
"""
