"""What sites refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class SiteNotFound(NmdcError):
    """No site has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Site not found"

    def __init__(self, site_id: str) -> None:
        super().__init__(f"no site with ID '{site_id}'", site_id=site_id)
