"""The Dagster workspace, which is the Runtime's own site: what it runs, and with what.

An entry point like the hub and the command line: ops are thin shells around the services that
the hub's routes call. Importing it opens no connection and reads no environment variable; what
depends on the deployment is decided when Dagster asks for a definition.

``repository`` has the published names and is what the code server loads; each pipeline has a
module of its own.
"""
