"""Plans: every change of schema documents, as a value that is checked, applied and remembered.

A core slice over metadata and ids. Whoever changes schema documents (a submission, a changesheet,
a command, a deletion, a revert) says what is to be inserted, replaced and deleted, and with what
before images; this slice applies that in one transaction, or not at all, and keeps it, so that it
can be shown, told as the history of a document, and reverted. What is too much for one transaction
is applied step by step, by a journal, to the end or not at all. Owns the collections
``_runtime.plans``, ``_runtime.plan_changes``, ``_runtime.guards``, ``_runtime.write_locks``,
``_runtime.journals`` and ``_runtime.journal_steps``, and the databases of copies for people
(``nmdc_deleted``, ``nmdc_updated``).
"""
