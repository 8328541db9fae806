"""Outbound calls, one module per system, each behind a Protocol; no module keeps state of ours.

``dagster`` says what the hub asks of the system that runs its jobs (`Orchestrator`) and asks
Dagster's web server for it; ``runtime_api`` speaks to a hub as a user or as a site;
``neon`` fetches tables of data products from the NEON portal and keeps them for some hours.
"""
