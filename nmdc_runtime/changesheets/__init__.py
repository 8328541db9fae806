"""Changesheets: tables of edits to documents, from bytes to the documents that they make.

Owns no URL and no collection. A pure library over the schema's registry: ``reading`` turns bytes
into rows, ``grouping`` rows into the edits of each document, ``interpreting`` edits into update
commands of MongoDB, and ``applying`` says what those commands do to a document, as MongoDB would.
What is wrong with a sheet is gathered, all of it, as ``problems`` that name line and column.
"""
