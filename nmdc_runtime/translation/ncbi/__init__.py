"""Submissions to NCBI: a study's records become BioSample and SRA actions, and these XML; pure.

The only translator that goes the other way: from documents of nmdc-schema to another system.
``mapping`` says which slot is which BioSample attribute, ``values`` writes a slot's value as text,
``pooling`` sums up pools, ``platforms`` has SRA's words, ``planning`` decides what is submitted
(`samples` and `experiments` do its halves), ``xml`` writes it. Whatever is left out or doubtful is
in a `remarks.Remarks`. ``attribute_mappings.tsv`` is nmdc-schema's own table
(``assets/ncbi_mappings``, CC0), used when nobody names another.
"""
