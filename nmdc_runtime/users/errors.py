"""What users refuse."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class UserNotFound(NmdcError):
    """No user has this name."""

    kind = ErrorKind.NOT_FOUND
    title = "User not found"

    def __init__(self, username: str) -> None:
        super().__init__(f"no user has the name {username!r}", username=username)


class UserAlreadyExists(NmdcError):
    """Somebody has this name already."""

    kind = ErrorKind.CONFLICT
    title = "User already exists"

    def __init__(self, username: str) -> None:
        super().__init__(f"a user named {username!r} exists already", username=username)


class UsernameTakenBySiteClient(NmdcError):
    """A site client has this id: its rights would be the user's."""

    kind = ErrorKind.CONFLICT
    title = "Name taken"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"{username!r} is the id of a site client: take another name", username=username
        )


class UsernameRefused(NmdcError):
    """The name cannot be that of a user."""

    title = "Name refused"

    def __init__(self, username: str, reason: str) -> None:
        super().__init__(
            f"no user can be named {username!r}: {reason}; take another name", username=username
        )


class PasswordTooShort(NmdcError):
    """The new password is too easily guessed."""

    title = "Password too short"

    def __init__(self, *, at_least: int) -> None:
        super().__init__(f"a password has at least {at_least} characters", at_least=at_least)


class CurrentPasswordIncorrect(NmdcError):
    """Who wants to change a password does not know the one that holds."""

    kind = ErrorKind.FORBIDDEN
    title = "Current password incorrect"

    def __init__(self) -> None:
        super().__init__("the current password is another one; nothing was changed")
