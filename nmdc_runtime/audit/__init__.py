"""Audit: one record of each change of state: who did what to what, when, by which request.

Owns the collection ``_runtime.audit`` and the route ``/admin/audit``. Records hold hashes of what
was there before and after, never the thing itself, so no secret can be among them.
"""
