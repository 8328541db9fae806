"""GA4GH DRS over stored objects and NMDC's data objects, and objects as sites register them.

Uses objects, operations, sites, catalogue and identifiers. Owns no collection; the routes under
``/ga4gh/drs/v1``, those under ``/objects`` that need more than objects, and
``/sites/{site_id}:putObject`` and ``:getObjectLink``.
"""
