"""Database updater: what GOLD knows of a study that NMDC has already, and NMDC lacks.

Owns no URL and no collection, and writes nothing. Three operations, each a pure function over what
was fetched: ``data_generations`` plans records of sequencing projects, ``biosamples`` plans
biosamples, ``insdc`` makes update commands with identifiers. Each gives nothing if there is nothing
to do, so that a second run after the result was stored changes nothing. ``reads`` says what must be
fetched, from whom, and fetches it; ``updater`` joins the two.
"""
