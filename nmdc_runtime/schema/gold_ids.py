"""How ids of GOLD's are written in slots of nmdc-schema; pure."""

from typing import Final

PREFIX: Final = "gold:"


def normalize_gold_id(text: str) -> str:
    """Return an id of GOLD's as the schema writes it, e.g. ``gold:Gb0356158``.

    Its prefix may be missing, or be in other letters. What does not look like one stays as it is.
    """
    if text[: len(PREFIX)].lower() == PREFIX:
        return PREFIX + text[len(PREFIX) :]
    if text.startswith("G") and ":" not in text:
        return PREFIX + text
    return text
