"""Sites: the places that run jobs, and the credentials of their clients.

Owns the collection ``sites``. Its URLs, ``/sites`` and ``/admin/site_clients``, come with site
management.
"""
