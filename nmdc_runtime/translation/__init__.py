"""Translators: from the records of another system to documents of nmdc-schema.

Owns no URL and no collection. A pure library: no network, database, clock or minting. A translator
works in three phases. It plans: joins, groups, looks everything up and builds the whole graph with
temporary labels (``planning``), gathering what is wrong as ``problems`` instead of stopping at the
first. Then ids are minted, one call a class with the exact number (``minting``; the minter is
passed in, and labels whose ids are known from an earlier run keep them). Then labels are replaced
by ids. Whatever happened is told by a ``report``: rows read, used and skipped, values that could
not be read, documents made, ids new and reused.

``tables`` reads delimited text and gives columns their declared types, ``values`` makes the small
objects of the schema, ``vocabulary`` asks the schema for its enumerations and typecodes. One
package for each source: ``neon``, ``gold``, ``portal``; ``updater`` compares what NMDC has with
GOLD. One goes the other way, from documents to another system: ``ncbi``.
"""
