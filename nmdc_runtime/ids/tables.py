"""The built-in rows of the minter's tables, as published; the schema adds its own."""

from typing import Final

SERVICE_ID: Final = "nmdc:minter_service_11"
SHOULDERS: Final = ({"id": "nmdc:minter_shoulder_11", "assigned_to": SERVICE_ID, "name": "11"},)
SERVICES: Final = ({"id": SERVICE_ID, "name": "central minting service"},)
