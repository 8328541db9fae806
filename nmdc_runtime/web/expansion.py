"""Bodies compressed by ``Content-Encoding``: expanded bit by bit, never beyond a limit."""

import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import ClassVar, Final

from zstandard import ZstdDecompressor, ZstdError

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.schema.reader import BodyUnreadable

#: Bytes that zlib gives out at a time.
STEP: Final = 1024 * 1024
#: Bytes that zstd is given at a time: it makes at most some ten megabytes of so many.
BITE: Final = 1024
#: No more memory than this for what a zstd frame may look back at: what a browser allows.
MOST_ZSTD_WINDOW: Final = 8 * 1024 * 1024

_GZIP_WINDOW: Final = 31
_ZLIB_WINDOW: Final = 15
_RAW_WINDOW: Final = -15
_ZLIB_METHOD: Final = 8


class EncodingUnknown(NmdcError):
    """A body is compressed in a way that this hub does not know."""

    title = "Content encoding unknown"
    status: ClassVar[int] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    headers: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip, zstd, deflate"}

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"this hub does not read the Content-Encoding {encoding[:100]!r}: send the body as it "
            "is, or compressed once with gzip, zstd or deflate",
            accepted=list(_EXPANDERS),
        )


class ExpandsTooFar(ValueError):
    """The body would be larger than the limit."""


def expand(data: bytes, encoding: str, *, limit_bytes: int) -> bytes:
    """Return what the body is when it is not compressed.

    Raises
    ------
    EncodingUnknown
        The encoding is none that we read, or several.
    BodyUnreadable
        The bytes are not in this encoding, or some of them are missing.
    ExpandsTooFar
        What comes out is larger than the limit; no more than a little of it was ever in memory.
    """
    name = encoding.strip().lower().removeprefix("x-")
    if name in {"", "identity"}:
        return data
    if name not in _EXPANDERS:
        raise EncodingUnknown(encoding)
    expanded = bytearray()
    try:
        for part in _EXPANDERS[name](data):
            if len(expanded) + len(part) > limit_bytes:
                raise ExpandsTooFar
            expanded += part
    except (zlib.error, ZstdError) as error:
        raise BodyUnreadable(f"the body is not {name}, as its Content-Encoding says") from error
    return bytes(expanded)


def _zlib(data: bytes, window: int, name: str) -> Iterator[bytes]:
    rest = data
    while rest:  # several compressed pieces, one after another, are one file
        stream = zlib.decompressobj(window)
        while not stream.eof:
            part = stream.decompress(rest, STEP)
            if not part and not stream.eof:
                raise _cut_off(name)
            rest = stream.unconsumed_tail
            yield part
        rest = stream.unused_data


def _gzip(data: bytes) -> Iterator[bytes]:
    return _zlib(data, _GZIP_WINDOW, "gzip")


def _deflate(data: bytes) -> Iterator[bytes]:
    """Expand what the name stands for, and what some programs take it for: no header at all."""
    has_header = (
        len(data) > 1 and data[0] & 15 == _ZLIB_METHOD and not (data[0] * 256 + data[1]) % 31
    )
    return _zlib(data, _ZLIB_WINDOW if has_header else _RAW_WINDOW, "deflate")


def _zstd(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        stream = ZstdDecompressor(max_window_size=MOST_ZSTD_WINDOW).decompressobj()
        while not stream.eof:
            if at >= len(data):
                raise _cut_off("zstd")
            part = stream.decompress(data[at : at + BITE])
            at += BITE
            yield part
        at = min(at, len(data)) - len(stream.unused_data)


def _cut_off(name: str) -> BodyUnreadable:
    return BodyUnreadable(f"the body is {name}, but its end is missing")


_EXPANDERS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "zstd": _zstd,
    "deflate": _deflate,
}
