"""What allowances refuse."""

from nmdc_runtime.allowances.models import Allowance, AllowanceAction, Effect
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


class AllowanceAlreadyExists(NmdcError):
    """The list has this row already."""

    kind = ErrorKind.CONFLICT
    title = "Already exists"

    def __init__(self, effect: Effect, row: Allowance) -> None:
        super().__init__(
            f"{effect.noun.capitalize()} already exists for user '{row.username}' and action "
            f"'{row.action.value}'",
            username=row.username,
            action=row.action.value,
        )


class AllowanceNotFound(NmdcError):
    """The list has no such row."""

    kind = ErrorKind.NOT_FOUND
    title = "Not found"

    def __init__(self, effect: Effect, row: Allowance) -> None:
        super().__init__(
            f"No {effect.noun} found for user '{row.username}' and action '{row.action.value}'",
            username=row.username,
            action=row.action.value,
        )
