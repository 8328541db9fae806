"""Entry point: the FastAPI hub."""
