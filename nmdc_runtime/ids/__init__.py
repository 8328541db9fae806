"""Identifiers: internal ids of the Runtime's own records, and the tables of the public minter.

Owns the collections ``ids_<naa>_<shoulder>`` and ``minter.*``. Its URLs, ``/pids/*``, come with
the public minter.
"""
