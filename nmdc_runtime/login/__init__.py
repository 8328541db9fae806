"""Login: credentials become access tokens, and access tokens become callers.

Owns the URL ``/token`` and the collection ``invalidated_tokens``; uses users, sites and their
secrets. Logging in with an ORCID id token comes with account management.
"""
