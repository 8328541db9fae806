"""GOLD: studies, biosamples and sequencing projects of JGI's Genomes OnLine Database.

Owns no URL and no collection. ``selection`` says which records are translated, ``fields`` and
``sequencing_fields`` which field goes to which slot, ``study`` makes the plan of a whole study, and
``translator`` has the published class. The database updater uses the same parts for records that a
study in NMDC lacks.
"""
