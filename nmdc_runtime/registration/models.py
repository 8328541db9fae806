"""What is answered to who registers a site."""

from pydantic import Field

from nmdc_runtime.sites.models import Site


class RegisteredSite(Site):
    """A site that was just created; it has no clients yet, and none is ever shown here."""

    clients: list[str] = Field(default=[], max_length=0, description="Always empty.")
