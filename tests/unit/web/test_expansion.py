"""Compressed bodies: what was compressed comes back, and a bomb goes off in nobody's memory."""

import gzip
import random
import resource
import zlib

import pytest
import zstandard

from nmdc_runtime.schema.reader import BodyUnreadable
from nmdc_runtime.web.expansion import EncodingUnknown, ExpandsTooFar, expand

TEXT = b"".join(b'{"id":"nmdc:bsm-11-%d"}\n' % number for number in range(100_000))
NOISE = random.Random(1).randbytes(300_000)


def _raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


COMPRESSED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", COMPRESSED)
@pytest.mark.parametrize("data", [b"", b"x", TEXT, NOISE], ids=["nothing", "x", "text", "noise"])
def test_what_was_compressed_comes_back(encoding: str, data: bytes) -> None:
    assert expand(COMPRESSED[encoding](data), encoding, limit_bytes=len(data)) == data


def test_deflate_without_a_header_is_understood_too() -> None:
    assert expand(_raw_deflate(TEXT), "deflate", limit_bytes=len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_pieces_that_were_compressed_one_by_one_are_one_body(encoding: str) -> None:
    pieces = b"".join(COMPRESSED[encoding](each) for each in (TEXT, b"", NOISE))

    assert expand(pieces, encoding, limit_bytes=10**7) == TEXT + NOISE


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_compressed_stays_as_it_is(encoding: str) -> None:
    assert expand(b"{}", encoding, limit_bytes=1) == b"{}"


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip", "gzip,zstd", "x" * 5_000])
def test_other_encodings_are_refused_with_those_that_are_known(encoding: str) -> None:
    with pytest.raises(EncodingUnknown, match="gzip, zstd or deflate") as raised:
        expand(b"", encoding, limit_bytes=1)

    assert raised.value.status == 415
    assert raised.value.headers["Accept-Encoding"] == "gzip, zstd, deflate"
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_what_is_cut_off_or_no_such_thing_is_unreadable(encoding: str) -> None:
    whole = COMPRESSED[encoding](TEXT)

    for data in (whole[:-1], whole[: len(whole) // 2], b"plain text", whole + b"?"):
        with pytest.raises(BodyUnreadable, match=encoding):
            expand(data, encoding, limit_bytes=len(TEXT))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_wrong_checksum_is_noticed(encoding: str) -> None:
    whole = COMPRESSED[encoding](TEXT)

    with pytest.raises(BodyUnreadable, match=encoding):
        expand(whole[:-1] + bytes([whole[-1] ^ 1]), encoding, limit_bytes=len(TEXT))


def _bomb(encoding: str, size: int) -> bytes:
    part = bytes(1024 * 1024)
    if encoding == "zstd":
        stream = zstandard.ZstdCompressor().compressobj()
        return b"".join(stream.compress(part) for _ in range(size // len(part))) + stream.flush()
    zipper = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    return b"".join(zipper.compress(part) for _ in range(size // len(part))) + zipper.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    bomb = _bomb(encoding, 256 * 1024**2)
    assert len(bomb) < 500_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(ExpandsTooFar):
        expand(bomb, encoding, limit_bytes=10_000_000)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # KiB


def test_one_byte_over_the_limit_is_too_far() -> None:
    with pytest.raises(ExpandsTooFar):
        expand(gzip.compress(TEXT), "gzip", limit_bytes=len(TEXT) - 1)


def test_a_zstd_frame_that_wants_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = stream.compress(TEXT) + stream.flush()

    with pytest.raises(BodyUnreadable):
        expand(frame, "zstd", limit_bytes=10**9)
