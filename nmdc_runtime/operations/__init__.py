"""Operations: records of promised work, its expiry and its result.

Owns the collection ``operations`` and the routes under ``/operations`` that read it; what sites
report there goes through ``jobs``, whose claims it may end.
"""
