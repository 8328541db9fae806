from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.ids.models import IssuedId
from nmdc_runtime.ids.rules import encode, local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.ids.store import ID_RECORDS, INDEXES, InternalIdStore, MinterStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes

MOMENT = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)


def an_id(number: int, *, length: int = 4) -> IssuedId:
    return IssuedId(
        number=number,
        blade=encode(number, length=length),
        shoulder="sys0",
        namespace="jobs",
        issued_at=MOMENT,
    )


def id_service(database: Database[Document]) -> IdService:
    return IdService(
        ids=InternalIdStore(database), minter=MinterStore(database), clock=lambda: MOMENT
    )


def test_an_issued_id_is_stored_as_always(database: Database[Document]) -> None:
    InternalIdStore(database).add([an_id(719)])

    assert list(database["ids_nmdc_sys0"].find()) == [
        {
            "@context": "https://n2t.net/e/n2t_apidoc.html#identifier-metadata",
            "_id": 719,
            "who": "_system",
            "what": "jobs/pf75",
            "when": "2026-11-23T12:00:00+00:00",
            "how": "sys0",
            "where": "nmdc:sys0pf75",
            "__as": "reserved",
            "__ao": "_system",
            "__ac": "2026-11-23T12:00:00+00:00",
        }
    ]


def test_taken_numbers_are_left_out_whatever_the_length_of_the_blade(
    database: Database[Document],
) -> None:
    store = InternalIdStore(database)
    store.add([an_id(719)])

    added = store.add([an_id(719, length=8), an_id(720), an_id(721)])

    assert [issued.number for issued in added] == [720, 721]
    assert database["ids_nmdc_sys0"].count_documents({}) == 3


def test_minted_ids_have_their_shoulder_and_a_ledger_for_each(
    database: Database[Document],
) -> None:
    ids = id_service(database)
    assert ids.mint_internal("jobs").startswith("nmdc:sys0")
    stored_file = ids.mint_internal("json-metadata-in", shoulder="gfs0")
    assert local_part(stored_file).startswith("gfs0")
    assert len(local_part(stored_file)) == len("gfs0pf75")
    assert database["ids_nmdc_gfs0"].count_documents({"where": stored_file}) == 1


def test_ids_minted_by_many_at_once_never_repeat(database: Database[Document]) -> None:
    services = [id_service(database) for _ in range(4)]  # four processes, each with its own count

    def mint(at: int) -> list[str]:
        return services[at % 4].mint_internal_many("op", 60)

    with ThreadPoolExecutor(8) as pool:
        minted = [one for batch in pool.map(mint, range(16)) for one in batch]

    assert len(set(minted)) == 960  # of 1,024 short blades: they clash all the time
    assert database["ids_nmdc_sys0"].count_documents({}) == 960


def test_bad_luck_makes_blades_longer_whatever_the_count_says(
    database: Database[Document],
) -> None:
    InternalIdStore(database).add([an_id(719)])

    ids = IdService(
        ids=InternalIdStore(database),
        minter=MinterStore(database),
        clock=lambda: MOMENT,
        random_bits=lambda bits: 719 if bits == 10 else 720,  # the short blade is always taken
    )
    assert ids.mint_internal("jobs") == "nmdc:sys0" + encode(720, length=6)


def test_a_full_shoulder_gets_longer_blades(database: Database[Document]) -> None:
    InternalIdStore(database).add([an_id(number) for number in range(1024)])
    assert len(id_service(database).mint_internal("jobs")) == len("nmdc:sys0") + 4 + 2


def test_many_ids_are_minted_in_a_batch(database: Database[Document]) -> None:
    assert len(set(id_service(database).mint_internal_many("op", 5_000))) == 5_000


def test_a_public_id_is_recorded_once(database: Database[Document]) -> None:
    ensure_indexes(database, INDEXES)
    database[ID_RECORDS].insert_one({"id": "nmdc:bsm-11-abcd1234"})
    with pytest.raises(DuplicateKeyError):
        database[ID_RECORDS].insert_one({"id": "nmdc:bsm-11-abcd1234"})
