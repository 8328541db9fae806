"""Ingests: brings what translators plan to ids, and says what of it is new to the database.

Owns no URL and no collection. A thing of a source that was translated before keeps its ids
(``ids.sourced``); what somebody else has stored of it is found by what the source calls it, by its
files and by what made them (``matching``). Documents that are stored already are left alone, so
that nothing that was corrected since is lost; only new ones are handed on, to be submitted through
the hub or to be looked at. A dry run mints nothing: it gets the ids that are known, and
placeholders.
"""
