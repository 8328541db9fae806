"""NEON: from the tables of the National Ecological Observatory Network to documents.

Owns no URL and no collection. Three translators (``soil``, ``benthic``, ``surface_water``) that
supply joins and the origins of columns; all else is shared: constants of the products, lookups,
pairing of raw files, and the builders of processes, samples, data objects and manifests.
"""
