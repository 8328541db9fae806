"""Sweeps: what work that died has left behind, found, counted, and removed when somebody says so.

A process slice without routes. Owns the collection ``_runtime.leftovers``, the notes of when
temporary collections and databases were first seen: what has no date of its own must be seen twice,
a grace time apart. Files and chunks of GridFS that nothing leads to (`objects.orphans`) and
documents whose time is over go too. Reports are kept with the others (`checks`).
"""
