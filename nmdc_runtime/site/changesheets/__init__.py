"""For programs that write changesheets: rows, the file, and what a hub says of it.

Owns no route and no collection. The published place of what `nmdc_runtime.clients.changesheets`
has. GOLD, which such programs often compare with, is asked by ``gold_client``.
"""

from nmdc_runtime.clients.changesheets import Changesheet, ChangesheetLineItem
from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.config import Settings

__all__ = ["Changesheet", "ChangesheetLineItem", "gold_client"]


def gold_client() -> GoldClient:
    """Return a client of GOLD with the settings of this process: GOLD_API_*."""
    settings = Settings()
    return GoldClient(
        settings.gold_api_base_url,
        settings.gold_api_username,
        settings.gold_api_password.get_secret_value(),
    )
