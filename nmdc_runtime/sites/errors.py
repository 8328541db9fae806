"""What sites refuse; the sentences of the published routes are published."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class SiteNotFound(NmdcError):
    """No site has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Site not found"

    def __init__(self, site_id: str, message: str | None = None) -> None:
        super().__init__(message or f"no site with ID '{site_id}'", site_id=site_id)


class SiteAlreadyExists(NmdcError):
    """A site has this id already, or nobody may create one of this id."""

    kind = ErrorKind.CONFLICT
    title = "Site already exists"

    def __init__(self, site_id: str) -> None:
        super().__init__(f"site with supplied id {site_id} already exists", site_id=site_id)


class NotAdminOfSite(NmdcError):
    """The caller does not administer the site."""

    kind = ErrorKind.FORBIDDEN
    title = "Not an administrator of the site"

    def __init__(self, site_id: str) -> None:
        super().__init__(
            "You're not registered as an admin for this site",
            site_id=site_id,
            missing_permission=f"site_admin of {site_id}",
            granted_by="a user with the permission /admin/users, by PUT /users",
        )


class SiteClientNotFound(NmdcError):
    """No site, or not the site in the path, has a client of this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Site client not found"

    def __init__(self, client_id: str) -> None:
        super().__init__("The specified site client does not exist.", client_id=client_id)
