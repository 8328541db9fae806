"""Users: the people who may log in.

Owns the collection ``users``, the URLs under ``/users`` and ``/admin/users``. Site clients act as
users whose name is their client id, but are no records of this slice; neither are the API keys
under ``/users/me/api_keys`` and ``/admin/users/{username}/api_keys``.
"""
