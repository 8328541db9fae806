"""In which format a list is wanted: ``Accept`` as RFC 9110 12.5.1 has it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

from nmdc_runtime.kernel.errors import NmdcError


class Format(StrEnum):
    """What a list can be had in; in the order of preference where a client has none."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    TSV = "text/tab-separated-values"
    PARQUET = "application/vnd.apache.parquet"

    @property
    def suffix(self) -> str:
        """How the name of a file in this format ends."""
        return self.name.lower()


class NothingAcceptable(NmdcError):
    """A client accepts none of the formats there are."""

    title = "No such format"
    status: ClassVar[int | None] = 406

    def __init__(self, accept: str) -> None:
        super().__init__(
            f"none of what `Accept: {accept[:200]}` names can be had: there are "
            f"{', '.join(Format)}",
            formats=list(Format),
        )


def wanted_format(accept: str | None) -> Format:
    """Return the format that the client likes best, of several the one it names most exactly.

    Parameters
    ----------
    accept
        The header as it was sent. None, and what cannot be read as one, accepts anything.

    Raises
    ------
    NothingAcceptable
        It names other formats only, or refuses all of ours.
    """
    ranges = list(_ranges(accept or ""))
    if not ranges:
        return Format.JSON
    ranked = [(_match(ranges, each), each) for each in Format]
    (quality, _), best = max(ranked, key=lambda pair: pair[0])  # of equals, the first
    if quality <= 0:
        raise NothingAcceptable(str(accept))
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield media ranges with their weights; what cannot be read is left out."""
    for element in accept.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        if "/" not in name:
            continue
        weights = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            yield name, float(weights[0]) if weights else 1.0
        except ValueError:
            continue


def _match(ranges: list[tuple[str, float]], offered: Format) -> tuple[float, int]:
    """Return the weight of the most exact range that covers a format, and how exact that is."""
    names = ("*/*", f"{offered.partition('/')[0]}/*", offered.value)
    covering = [(names.index(name), weight) for name, weight in ranges if name in names]
    exactness, weight = max(covering, default=(0, 0.0))
    return weight, exactness
