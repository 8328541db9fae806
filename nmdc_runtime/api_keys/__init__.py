"""API keys: what a user's scripts log in with, limited in scope and in time.

Owns the collection ``_runtime.api_keys``, the URLs ``/users/me/api_keys`` and
``/admin/users/{username}/api_keys``.
"""
