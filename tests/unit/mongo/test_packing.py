"""The files of a dump: what is packed comes out again, and what is cut is noticed."""

import gzip
import zlib

import bson
import pytest

from nmdc_runtime.mongo.packing import Content, count_documents, documents_of, packed, unpacked

DOCUMENTS = [{"_id": number, "text": "x" * number} for number in range(50)]
BATCHES = [b"".join(bson.encode(each) for each in DOCUMENTS[at : at + 20]) for at in (0, 20, 40)]
FILE = b"".join(packed(BATCHES))


def test_a_packed_file_is_gzip_and_the_same_documents_give_the_same_file():
    assert gzip.decompress(FILE) == b"".join(BATCHES)
    assert b"".join(packed(BATCHES)) == FILE
    assert b"".join(unpacked(packed([]))) == b""


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_documents_come_out_wherever_the_parts_are_cut(size):
    parts = [FILE[at : at + size] for at in range(0, len(FILE), size)]

    assert [bson.decode(each.raw) for each in documents_of(unpacked(parts))] == DOCUMENTS


def test_what_unpacks_to_far_more_comes_in_bites():
    whole = b"\0" * 50_000_000
    bites = list(unpacked([gzip.compress(whole)]))

    assert sum(len(each) for each in bites) == len(whole)
    assert max(len(each) for each in bites) <= 1 << 20


def test_content_is_counted_and_digested_as_it_passes_by_however_it_is_batched():
    one, other = Content(), Content()

    assert b"".join(one.passing(BATCHES)) == b"".join(BATCHES)
    list(other.passing([b"".join(BATCHES)]))

    assert (one.documents, one.sha256) == (other.documents, other.sha256)
    assert one.documents == len(DOCUMENTS) == count_documents(b"".join(BATCHES))


def test_a_file_that_ends_in_the_middle_or_was_written_over_is_noticed():
    with pytest.raises(EOFError):
        list(unpacked([FILE[:-9]]))
    with pytest.raises(zlib.error):
        list(unpacked([FILE[:40] + b"\xff\xff\xff" + FILE[43:]]))
    with pytest.raises(ValueError, match="in the middle"):
        list(documents_of([BATCHES[0][:-1]]))
    with pytest.raises(ValueError, match="no documents"):
        list(documents_of([b"\0" * 20]))
