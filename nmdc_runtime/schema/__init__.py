"""nmdc-schema as data: classes, collections, typecodes, references; and the checks they imply.

Owns no URL and no collection. A pure library: ``load`` reads the registry of the installed
nmdc-schema from a cache that ships with this package (``derive`` makes it, with LinkML, once for
each schema version); ``validator``, ``references`` and ``names`` say what is wrong with documents,
as values; ``body`` runs the three over the bytes of a request without building all of it in memory.
"""
