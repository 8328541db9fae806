"""The link graph over all schema documents: built, kept current, and walked.

Owns the collections ``alldocs`` and ``_runtime.graph``, the temporary ``_runtime.tmp.alldocs.*``,
and the routes that follow links. A full build (`building`) and the follower (`following`) may run
at once, and several of each may be started: leases let one of each work.
"""
