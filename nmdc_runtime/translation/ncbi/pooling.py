"""Pools: which biosamples were mixed, and what their mixture can be said to be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from nmdc_runtime.translation.ncbi.models import Document
from nmdc_runtime.translation.ncbi.remarks import Remarks

#: Lengths in metres: UCUM's codes, and what people write.
_METRES: Final[Mapping[str, Decimal]] = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), Decimal(1)),
    **dict.fromkeys(
        ("cm", "centimeter", "centimeters", "centimetre", "centimetres"), Decimal("0.01")
    ),
    **dict.fromkeys(
        ("mm", "millimeter", "millimeters", "millimetre", "millimetres"), Decimal("0.001")
    ),
    **dict.fromkeys(("um", "µm", "micrometer", "micrometre"), Decimal("0.000001")),
    **dict.fromkeys(("km", "kilometer", "kilometre"), Decimal(1000)),
    **dict.fromkeys(("[ft_i]", "ft", "foot", "feet"), Decimal("0.3048")),
    **dict.fromkeys(("[in_i]", "in", "inch", "inches"), Decimal("0.0254")),
}


def pooling_info(
    biosamples: Sequence[Document],
    poolings: Iterable[Document],
    *,
    is_processed_sample: Callable[[str], bool],
    remarks: Remarks,
) -> dict[str, dict[str, Any]]:
    """Return for each biosample of the study what it is pooled into, or ``{}``.

    Parameters
    ----------
    poolings
        Documents of ``nmdc:Pooling``; a biosample in two of them belongs to the later one.

    Returns
    -------
    dict
        ``processed_sample_id`` (or None), ``pooling_process_id``, ``pooled_biosample_ids`` (also of
        other studies), ``aggregated_collection_date`` (``first/last``, the only one, or None),
        ``aggregated_depth`` (``min-max m``, ``x m`` or None). Members share one object.
    """
    by_id = {each["id"]: each for each in biosamples}
    info: dict[str, dict[str, Any]] = {id_: {} for id_ in by_id}
    for pooling in poolings:
        inputs = list(pooling.get("has_input") or [])
        members = [by_id[each] for each in dict.fromkeys(inputs) if each in by_id]
        shared = {
            "processed_sample_id": next(
                (each for each in pooling.get("has_output") or [] if is_processed_sample(each)),
                None,
            ),
            "pooling_process_id": pooling["id"],
            "pooled_biosample_ids": inputs,
            "aggregated_collection_date": aggregated_date(members),
            "aggregated_depth": aggregated_depth(members, remarks),
        }
        for member in members:
            if before := info[member["id"]]:
                remarks.warn(
                    "in_two_pools",
                    member["id"],
                    f"it is in {before['pooling_process_id']} and in {pooling['id']}: "
                    "the latter counts",
                )
            info[member["id"]] = shared
    return info


def aggregated_date(members: Iterable[Document]) -> str | None:
    """Return the first and the last day on which members were collected."""
    dates = list(dict.fromkeys(filter(None, map(_date, members))))
    moments = {each: _moment(each) for each in dates}
    # One that nobody can read makes the order of texts the only one there is.
    if all(moments.values()):
        dates.sort(key=lambda each: (moments[each] or datetime.max.replace(tzinfo=UTC), each))
    else:
        dates.sort()
    if not dates:
        return None
    return dates[0] if len(dates) == 1 else f"{dates[0]}/{dates[-1]}"


def aggregated_depth(members: Iterable[Document], remarks: Remarks) -> str | None:
    """Return from where to where members were taken, in m."""
    found: dict[Decimal, str] = {}
    for member in members:
        depth = member.get("depth")
        numbers, unit = _numbers(depth), "m"
        if isinstance(depth, dict):
            unit = str(depth.get("has_unit") or "m").strip()
        if numbers and unit not in _METRES:
            remarks.warn(
                "depth_unit_unknown",
                member["id"],
                f"its depth is in {unit!r}: it does not count for the depth of its pool",
            )
            continue
        for number in numbers:
            metres = Decimal(str(number)) * _METRES[unit]
            # What needs no conversion stays as it is written.
            found.setdefault(
                metres, str(number) if _METRES[unit] == 1 else f"{metres.normalize():f}"
            )
    if not found:
        return None
    low, high = min(found), max(found)
    return f"{found[low]} m" if low == high else f"{found[low]}-{found[high]} m"


def _date(member: Document) -> str | None:
    date = member.get("collection_date")
    said = date.get("has_raw_value") if isinstance(date, dict) else date
    return said if isinstance(said, str) and said else None


def _moment(text: str) -> datetime | None:
    """Return the first moment of a date of any precision."""
    padded = text if len(text) > len("2017-06") else (text + "-01-01")[: len("2017-06-01")]
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _numbers(depth: Any) -> list[int | float]:  # noqa: ANN401 (any JSON value)
    if isinstance(depth, dict):
        if depth.get("has_numeric_value") is not None:
            said = [depth["has_numeric_value"]]
        else:
            ends = ("has_minimum_numeric_value", "has_maximum_numeric_value")
            said = [depth[each] for each in ends if depth.get(each) is not None]
            said = said if len(said) == len(ends) else []
    else:
        said = [depth]
    return [
        each
        for each in said
        if isinstance(each, int | float) and not isinstance(each, bool) and isfinite(each)
    ]
