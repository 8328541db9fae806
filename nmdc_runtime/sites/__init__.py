"""Sites: the places that run jobs, and the credentials of their clients.

Owns the collections ``sites`` and ``_runtime.site_clients``, the URLs under ``/sites`` (but for
``POST /sites`` and the verbs on objects) and ``/admin/site_clients``.
"""
