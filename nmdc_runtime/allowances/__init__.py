"""Allowances: who may take the actions that not everybody may take.

Owns the collections ``_runtime.api.allow`` and ``_runtime.api.deny``. Its URLs, under
``/admin/allowances``, come with account management.
"""
