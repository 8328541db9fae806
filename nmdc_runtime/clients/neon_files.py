"""Which files of a NEON data product are wanted; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.clients.neon_errors import NeonProductInvalid, NeonUnavailable

#: The package whose files are read; the basic one lacks columns.
PACKAGE: Final = "expanded"
SUFFIX: Final = ".csv"
MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
MD5: Final = re.compile(r"[0-9a-f]{32}")
#: Named in published configurations, and by NEON nowhere.
NOWHERE: Final = frozenset({"mms_mms_benthicRawDataFiles"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonProduct:
    """What a configuration asks of a data product.

    Parameters
    ----------
    product_id
        E.g. ``DP1.10086.001``.
    tables
        In the order in which they are asked for.
    optional
        Those of them whose absence is no problem.
    sites
        Codes, e.g. ``BLAN``; empty: all.
    start_month, end_month
        First and last month, e.g. ``2020-07``, both included; None: no limit.
    """

    product_id: str
    tables: tuple[str, ...]
    optional: frozenset[str] = NOWHERE
    sites: tuple[str, ...] = ()
    start_month: str | None = None
    end_month: str | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "NeonProduct":
        """Read the free dictionary of a run configuration.

        Parameters
        ----------
        config
            ``product_id`` and ``product_tables`` (names with commas between), as published. May
            have ``optional_tables`` and ``sites`` (the same, or lists), ``start_month`` and
            ``end_month``.

        Raises
        ------
        NeonProductInvalid
            A key is missing, unknown, or has no usable value; the message names it.
        """
        known = {
            *("product_id", "product_tables", "optional_tables"),
            *("sites", "start_month", "end_month"),
        }
        unknown = sorted(config.keys() - known)
        missing = sorted({"product_id", "product_tables"} - config.keys())
        if unknown or missing:
            raise NeonProductInvalid(
                f"a data product has the keys {sorted(known)}; missing: {missing}, "
                f"unknown: {unknown}"
            )
        product_id = config["product_id"]
        if not isinstance(product_id, str) or not re.fullmatch(r"[A-Za-z0-9.]+", product_id):
            raise NeonProductInvalid(f"{product_id!r} is no product_id: write e.g. DP1.10086.001")
        tables = _names(config, "product_tables")
        if not tables:
            raise NeonProductInvalid(f"product_tables of {product_id} names no table")
        first, last = _month(config, "start_month"), _month(config, "end_month")
        if first is not None and last is not None and first > last:
            raise NeonProductInvalid(f"start_month {first} is after end_month {last}")
        return cls(
            product_id=product_id,
            tables=tables,
            optional=frozenset(_names(config, "optional_tables")) | NOWHERE,
            sites=_names(config, "sites"),
            start_month=first,
            end_month=last,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMonth:
    """What NEON has of a product for one site and month: the address of a list of files."""

    site: str
    month: str | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A wanted file, as NEON lists it."""

    table: str
    name: str
    url: str
    md5: str | None = None
    listed_at: SiteMonth = field(compare=False)

    @property
    def key(self) -> str:
        """What it is kept under: its checksum tells more than an address, which may be signed."""
        return f"{self.md5} {self.name}" if self.md5 else self.url


def site_months(answer: Any, product: NeonProduct, url: str) -> list[SiteMonth]:  # noqa: ANN401 (JSON)
    """Return what there is for the wanted sites and months, in NEON's order, each address once.

    Parameters
    ----------
    answer
        NEON's description of the product: ``data.siteCodes[]`` with ``siteCode`` and
        ``availableDataUrls[]``, which end in the month.
    url
        Where the answer came from.

    Raises
    ------
    NeonProductInvalid
        The product has nothing for a wanted site, or nothing at all for the wanted months.
    NeonUnavailable
        The answer is not what NEON documents.
    """
    found: dict[str, SiteMonth] = {}
    codes: list[str] = []
    for site in _list(_member(answer, "data", url), "siteCodes", url):
        code = _text(site, "siteCode", url)
        codes.append(code)
        if product.sites and code not in product.sites:
            continue
        for address in _list(site, "availableDataUrls", url):
            if not isinstance(address, str):
                raise NeonUnavailable(url, "availableDataUrls holds something else than text")
            month = address.rstrip("/").rpartition("/")[2]
            known_month = month if MONTH.fullmatch(month) else None
            if _is_within(known_month, product):
                found.setdefault(address, SiteMonth(site=code, month=known_month, url=address))
    absent = sorted(set(product.sites) - set(codes))
    if absent:
        raise NeonProductInvalid(
            f"{product.product_id} has no site {', '.join(absent)}; it has {', '.join(codes)}"
        )
    if not found:
        raise NeonProductInvalid(
            f"{product.product_id} has nothing for sites {list(product.sites) or 'all'} from "
            f"{product.start_month or 'the beginning'} to {product.end_month or 'now'}"
        )
    return list(found.values())


def wanted_files(answer: Any, tables: Iterable[str], listed_at: SiteMonth) -> list[ListedFile]:  # noqa: ANN401 (JSON)
    """Return the files of the expanded package that hold one of the tables, in NEON's order.

    A part of the file's name, between dots, equals the table's name: ``ntr_internalLab`` does not
    mean ``ntr_internalLabBlanks``.
    """
    wanted = set(tables)
    url = listed_at.url
    files = []
    for listed in _list(_member(answer, "data", url), "files", url):
        name = _text(listed, "name", url)
        parts = name.split(".")
        if PACKAGE not in parts or not name.endswith(SUFFIX):
            continue
        md5 = listed.get("md5")
        files += [
            ListedFile(
                table=table,
                name=name,
                url=_text(listed, "url", url),
                md5=md5.lower() if isinstance(md5, str) and MD5.fullmatch(md5.lower()) else None,
                listed_at=listed_at,
            )
            for table in sorted(wanted.intersection(parts))
        ]
    return files


def site_names(answer: Any, url: str) -> dict[str, str]:  # noqa: ANN401 (JSON)
    """Return the place name of each site code, e.g. ``USA: Virginia, Blandy Experimental Farm``."""
    return {
        _text(site, "siteCode", url): (
            f"USA: {_text(site, 'stateName', url)}, {_text(site, 'siteName', url)}"
        ).replace(" NEON", "")
        for site in _list(answer, "data", url)
    }


def _is_within(month: str | None, product: NeonProduct) -> bool:
    """Say whether a month is wanted; years with four digits sort as text."""
    if month is None:
        return True
    first, last = product.start_month or month, product.end_month or month
    return first <= month <= last


def _names(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = config.get(key) or ()
    names: Sequence[Any] = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise NeonProductInvalid(f"{key} is neither a text with commas nor a list of names")
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _month(config: Mapping[str, Any], key: str) -> str | None:
    given = config.get(key)
    if given is None or given == "":
        return None
    if not isinstance(given, str) or not MONTH.fullmatch(given):
        raise NeonProductInvalid(f"{key} is {given!r}: write a month as 2020-07")
    return given


def _member(answer: Any, key: str, url: str) -> Any:  # noqa: ANN401 (JSON)
    if not isinstance(answer, dict) or key not in answer:
        raise NeonUnavailable(url, f"the answer has no member {key!r}")
    return answer[key]


def _list(answer: Any, key: str, url: str) -> list[Any]:  # noqa: ANN401 (JSON)
    found = _member(answer, key, url)
    if not isinstance(found, list):
        raise NeonUnavailable(url, f"the member {key!r} is no list")
    return found


def _text(answer: Any, key: str, url: str) -> str:  # noqa: ANN401 (JSON)
    found = _member(answer, key, url)
    if not isinstance(found, str):
        raise NeonUnavailable(url, f"the member {key!r} is no text")
    return found
