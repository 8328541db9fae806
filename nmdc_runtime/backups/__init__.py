"""Backups: dumps of the database in object storage, how long they stay, whether they can be read.

A process slice without routes. Owns the keys below ``nmdcdb-backup/`` of its bucket, the
collection ``_runtime.backups`` (who is at work), and the scratch databases
``<database>_drill_<id>``. A dump counts once its manifest is there, which is written last and
removed first. What backups and drills found is kept with the other reports (`checks`).
"""
