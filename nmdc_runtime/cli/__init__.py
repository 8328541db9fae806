"""The command line, `nmdc-runtime`: thin shells around the library, and the local stack.

Commands live one to a module; `main` registers them. Nothing here is imported by the hub or by
Dagster.
"""
