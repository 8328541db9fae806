"""Operations: records of promised work, its expiry and its result.

Owns the collection ``operations`` and the routes under ``/operations``.
"""
