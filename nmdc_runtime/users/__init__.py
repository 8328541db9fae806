"""Users: the people who may log in.

Owns the collection ``users`` and the URL ``/users/me``. Site clients act as users whose name is
their client id, but are no records of this slice.
"""
