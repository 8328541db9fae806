"""What identifiers refuse."""

from nmdc_runtime.kernel.errors import NmdcError


class BladeInvalid(NmdcError):
    """A text is no blade: its digits are not of the alphabet, or its check digits do not fit."""

    title = "Identifier invalid"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r} is not the blade of an identifier: {reason}", blade=text)
