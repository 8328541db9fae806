"""What allowances refuse."""

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class ActionNotAllowed(NmdcError):
    """The caller lacks a permission. ``detail`` is published for each action; the facts help."""

    kind = ErrorKind.FORBIDDEN
    title = "Not allowed"

    def __init__(self, refusal: str, *, username: str, action: str) -> None:
        super().__init__(
            refusal,
            username=username,
            missing_permission=action,
            granted_by=f"a user with the permission {AllowanceAction.MANAGE_ALLOWANCES.value}",
        )
