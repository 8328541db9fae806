"""Generated databases: as many biosamples as wanted, with all that is made of them.

Documents are valid by nmdc-schema, their references lead somewhere, and the same seed gives the
same documents. Ids have the shoulder ``99``, which nobody mints, and then the seed, so that
databases of two seeds fit into one MongoDB. For demonstrations, measures and tests; the hub never
imports this.
"""
