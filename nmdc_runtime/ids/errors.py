"""What identifiers refuse. Sentences in quotes of the contract stand here as published."""

from typing import Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: How many ids a refusal names at most.
MOST_NAMED: Final = 5


class BladeInvalid(NmdcError):
    """A text is no blade: its digits are not of the alphabet, or its check digits do not fit."""

    title = "Identifier invalid"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r} is not the blade of an identifier: {reason}", blade=text)


class IdNameInvalid(NmdcError):
    """A text does not have the form of a public identifier."""

    title = "Identifier invalid"

    def __init__(self) -> None:
        super().__init__("Invalid ID name", code="id_name_invalid")


class IdUnknown(NmdcError):
    """Nobody was issued this identifier by this minter."""

    kind = ErrorKind.NOT_FOUND
    title = "Identifier unknown"

    def __init__(self, id_name: str) -> None:
        super().__init__(f"ID {id_name} is unknown", code="id_unknown", id_name=id_name)


class IdNotResolved(NmdcError):
    """There is nothing to tell of this identifier."""

    kind = ErrorKind.NOT_FOUND
    title = "Identifier unknown"

    def __init__(self, id_name: str) -> None:
        super().__init__("Not found", code="id_unknown", id_name=id_name)


class IdNotDraft(NmdcError):
    """The identifier is in use, so it can no longer be changed or deleted."""

    kind = ErrorKind.FORBIDDEN
    title = "Identifier in use"

    def __init__(self, id_name: str, *, status: str, refusal: str) -> None:
        super().__init__(
            f"Status not 'draft'. {refusal}.",
            code="id_not_draft",
            id_name=id_name,
            id_status=status,
        )


class IdInUse(NmdcError):
    """A stored document has the identifier, so it cannot be deleted."""

    kind = ErrorKind.FORBIDDEN
    title = "Identifier in use"

    def __init__(self, id_name: str) -> None:
        super().__init__(
            f"A stored document has the ID {id_name}. Can't delete.",
            code="id_in_use",
            id_name=id_name,
        )


class IdOfAnotherSite(NmdcError):
    """Only the site that minted an identifier may change or delete it."""

    kind = ErrorKind.FORBIDDEN
    title = "Identifier of another site"

    def __init__(self, id_name: str, *, minted_by: str) -> None:
        super().__init__(
            f"ID {id_name} was minted by the site {minted_by}: only that site, or the Runtime's "
            "own, may change or delete it",
            code="id_of_another_site",
            id_name=id_name,
            minted_by=minted_by,
            missing_permission=f"a client of the site {minted_by}",
            granted_by=f"an administrator of the site {minted_by}",
        )


class MintingRefused(NmdcError):
    """The minter's tables do not admit the request."""

    title = "Minting refused"

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail, code=code)


class TooManyIds(NmdcError):
    """More identifiers were asked for than are minted at once."""

    title = "Too many identifiers"

    def __init__(self, how_many: int, *, most: int) -> None:
        super().__init__(
            f"how_many is {how_many}, but at most {most} identifiers are minted at once: ask "
            "several times",
            code="too_many_ids",
            most_at_once=most,
        )


class BindingsNotStorable(NmdcError):
    """A metadata record cannot be kept by the database."""

    title = "Metadata record refused"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the metadata_record cannot be stored: {reason}", code="bindings_not_storable"
        )


class CandidateTaken(Exception):
    """Some candidate was issued before: the transaction is void, and other ones must be tried."""
