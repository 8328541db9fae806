"""Identifiers: internal ids of the Runtime's own records, and public ids that sites mint.

Owns the collections ``ids_<naa>_<shoulder>``, ``minter.*`` and ``_runtime.source_ids``, and the
routes ``/pids/*``.

Both kinds are issued by inserting them: a unique index decides what is free, and no process asks
first. ``service`` has what other slices call; ``minting`` is the public minter, which runs on any
`nmdc_runtime.ids.ledger.MinterLedger`: on MongoDB (``store``), or in memory (``memory``).
``sourced`` gives things of a source the same ids whenever it is translated again.
"""
