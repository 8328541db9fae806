"""Login: credentials become access tokens, and access tokens become callers.

Owns the URLs ``/token``, ``/token:revoke`` and ``/orcid_login``, ``/orcid_code``, ``/orcid_jwt``,
``/orcid_logout``, and the collections ``invalidated_tokens`` and ``_runtime.login_failures``; uses
users, sites and API keys with their secrets, and asks ORCID who somebody is.
"""
