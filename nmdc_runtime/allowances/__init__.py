"""Allowances: who may take the actions that not everybody may take.

Owns the collections ``_runtime.api.allow``, ``_runtime.api.deny`` and ``_runtime.api.boot``, and
the URLs under ``/admin/allowances`` and ``/admin/denials``.
"""
