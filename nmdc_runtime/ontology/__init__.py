"""Ontologies: the terms of ENVO, UBERON, PO and their like, and how they relate.

Owns the collections ``ontology_class_set``, ``ontology_relation_set`` and
``_runtime.ontologies``. Other programs read the first two directly, so a document holds nothing
but its published fields; what was loaded, and when, stands in the third. A load writes only what
differs: it may run again at any time, also after it was killed.
"""
