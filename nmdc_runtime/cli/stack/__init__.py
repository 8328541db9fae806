"""The stack on one machine without containers: real servers as processes, supervised.

Owns the folder given by ``--dir``: data, logs, generated credentials and the state of what runs.
"""
