"""In which format a list is wanted: ``Accept`` as RFC 9110 12.5.1 has it."""

from collections.abc import Iterator
from enum import StrEnum


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


def wanted_format(accept: str | None) -> Format:
    """Return the format that the client likes best; JSON unless it names another one.

    Wildcards mean JSON, and so does what nobody can have: lists were JSON for everybody once,
    whatever their clients said that they accept.

    Parameters
    ----------
    accept
        The header as it was sent.
    """
    ranges = list(_ranges(accept or ""))
    ranked = [(_match(ranges, each), each) for each in Format]
    (quality, _), best = max(ranked, key=lambda pair: pair[0])  # of equals, the first
    return best if quality > 0 else Format.JSON


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
    """Return the weight of the most exact range that means a format, and how exact that is."""
    wildcards = ("*/*", "application/*") if offered is Format.JSON else (None, None)
    names = (*wildcards, offered.value)
    covering = [(names.index(name), weight) for name, weight in ranges if name in names]
    exactness, weight = max(covering, default=(0, 0.0))
    return weight, exactness
