"""The public minter on MongoDB: as in memory, and with many at once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.idempotency.errors import IdempotencyKeyReused
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.idempotency.store import AnswerStore
from nmdc_runtime.ids.errors import IdInUse, IdNotDraft, IdUnknown
from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.models import Status
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.ids.store import InternalIdStore, MinterStore
from nmdc_runtime.ids.tables import SERVICE_ID
from nmdc_runtime.metadata.stored_ids import StoredIds
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.schema.load import load_registry
from tests.unit.ids.minter_behaviour import (
    BIOSAMPLE,
    MINE,
    MOMENT,
    OTHER,
    OWN,
    WORKFLOW,
    Documents,
    Minter,
    MinterBehaviour,
    booted,
    run_classes,
)

RECORDS = "minter.id_records"


@pytest.fixture
def documents() -> Documents:
    return Documents()


@pytest.fixture
def make_minter(
    database: Database[Document], mongo_client: MongoClient[Document], documents: Documents
) -> Minter:
    transactions = Transactions(mongo_client)
    return partial(
        MintingService,
        **{
            "ledger": MinterStore(database),
            "documents": documents,
            "transactions": transactions,
            "idempotency": IdempotencyService(
                answers=AnswerStore(database), transactions=transactions, clock=lambda: MOMENT
            ),
            "audit": AuditService(audit=AuditStore(database), clock=lambda: MOMENT),
            "clock": lambda: MOMENT,
            "service_id": SERVICE_ID,
            "own_site_id": OWN,
            "run_classes": run_classes(),
        },
    )


class TestOnMongo(MinterBehaviour):
    def test_every_change_leaves_one_audit_record_and_no_binding_in_it(self, minter, database):
        ids = minter.mint(class_id=BIOSAMPLE, how_many=5, site_id=MINE)
        minter.bind(ids[0], {"token": "very-secret"}, site_id=MINE)
        minter.delete(ids[0], site_id=MINE)

        minted, bound, deleted = database["_runtime.audit"].find().sort("_id")
        assert minted["action"] == "mint_ids"
        assert minted["details"]["how_many"] == 5
        assert minted["details"]["schema_class"] == BIOSAMPLE
        assert {minted["details"]["first_id"], minted["details"]["last_id"]} <= set(ids)
        assert (bound["action"], deleted["action"]) == ("bind_id", "delete_id")
        assert bound["targets"] == [f"{RECORDS}/{ids[0]}"]
        assert bound["before_hash"] != bound["after_hash"] == deleted["before_hash"]
        assert "very-secret" not in str([minted, bound, deleted])

    def test_a_key_with_another_request_is_refused(self, minter):
        minter.mint(class_id=BIOSAMPLE, how_many=1, site_id=MINE, key="a")

        with pytest.raises(IdempotencyKeyReused):
            minter.mint(class_id=BIOSAMPLE, how_many=2, site_id=MINE, key="a")

    def test_a_record_without_an_owner_may_be_changed_by_every_site_as_ever(self, minter, database):
        database[RECORDS].insert_one(
            {
                "id": "nmdc:bsm-11-abcd1234",
                "name": "nmdc:bsm-11-abcd1234",
                "typecode": {"id": "nmdc:Biosample_typecode"},
                "shoulder": {"id": "nmdc:minter_shoulder_11"},
                "status": "draft",
                "bindings": None,
            }
        )

        assert minter.bind("nmdc:bsm-11-abcd1234", {"x": 1}, site_id=OTHER).bindings == {"x": 1}
        minter.delete("nmdc:bsm-11-abcd1234", site_id=MINE)
        assert database[RECORDS].count_documents({}) == 0


def test_thirty_two_at_once_never_get_the_same_id_though_half_are_taken(make_minter, database):
    """Blades of 12 bits, so that callers clash all the time: the unique index decides."""
    minters = [booted(make_minter(random_bits=lambda _: secrets.randbits(12))) for _ in range(4)]

    def mint(at: int) -> list[str]:
        return minters[at % 4].mint(class_id=BIOSAMPLE, how_many=20, site_id=MINE)

    with ThreadPoolExecutor(32) as pool:
        minted = [each for batch in pool.map(mint, range(96)) for each in batch]

    assert len(minted) == len(set(minted)) == 1_920
    assert set(database[RECORDS].distinct("id")) == set(minted)
    assert database["_runtime.audit"].count_documents({"action": "mint_ids"}) == 96


def test_one_key_sent_by_many_at_once_mints_once(make_minter, database):
    minter = booted(make_minter())

    def mint(_: int) -> tuple[str, ...]:
        return tuple(minter.mint(class_id=BIOSAMPLE, how_many=3, site_id=MINE, key="k"))

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(mint, range(16)))

    assert len(answers) == 1
    assert database[RECORDS].count_documents({}) == 3


def test_a_batch_that_is_likely_to_clash_asks_first_and_still_mints_all(make_minter, database):
    """As when millions are issued: here by few bits, and a count that says so."""
    minter = booted(make_minter(random_bits=lambda _: secrets.randbits(11)))
    first = minter.mint(class_id=BIOSAMPLE, how_many=1_000, site_id=MINE)

    second = minter.mint(class_id=BIOSAMPLE, how_many=900, site_id=MINE)

    assert len({*first, *second}) == 1_900 == database[RECORDS].count_documents({})


def test_a_site_that_is_added_in_a_transaction_may_mint_only_if_it_is_committed(
    make_minter, database, mongo_client
):
    minter = booted(make_minter())
    ids = IdService(ids=InternalIdStore(database), minter=minter.ledger, clock=lambda: MOMENT)
    transactions = Transactions(mongo_client)

    def fail(tx):
        ids.add_requester("LANL", tx=tx)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (ours, two lines above)
        transactions.run(fail)
    assert not minter.ledger.has_requester("LANL")
    transactions.run(lambda tx: ids.add_requester("LANL", tx=tx))
    assert minter.mint(class_id=BIOSAMPLE, how_many=1, site_id="LANL")
    ids.add_requester("LANL")
    assert database["minter.requesters"].count_documents({"id": "LANL"}) == 1


@pytest.fixture
def with_real_documents(make_minter, database) -> MintingService:
    return booted(make_minter(documents=StoredIds(database, load_registry())))


def test_an_id_is_in_use_by_a_document_of_any_run_in_any_collection_of_its_typecode(
    with_real_documents, database
):
    minter = with_real_documents
    minted = minter.mint(class_id=WORKFLOW, how_many=3, site_id=MINE)
    database["workflow_execution_set"].insert_many(
        [{"id": f"{minted[0]}.2"}, {"id": f"{minted[1]}x.1"}, {"id": f"{minted[2]}"}]
    )

    for used in (minted[0], f"{minted[0]}.1", minted[2]):
        with pytest.raises(IdInUse):
            minter.delete(used, site_id=MINE)
    minter.delete(minted[1], site_id=MINE)
    assert minter.reconcile() == 2
    assert minter.resolve(minted[0]).status is Status.REGISTERED


def test_old_typecodes_are_looked_for_where_their_documents_lie(database):
    database["data_generation_set"].insert_one({"id": "nmdc:omprc-11-aaaa0098"})
    stored = StoredIds(database, load_registry())

    assert stored.find_used(["nmdc:omprc-11-aaaa0098", "nmdc:omprc-11-b", "junk", "x:y"]) == {
        "nmdc:omprc-11-aaaa0098"
    }


def test_a_document_stored_with_an_id_marks_it_in_the_same_transaction(
    with_real_documents, database, mongo_client
):
    minter = with_real_documents
    ids = IdService(ids=InternalIdStore(database), minter=minter.ledger, clock=lambda: MOMENT)
    (run,) = minter.mint(class_id=WORKFLOW, how_many=1, site_id=MINE, run_number=1)

    def store(tx):
        database["workflow_execution_set"].insert_one({"id": run}, session=tx.session)
        ids.mark_registered([run], tx=tx)

    Transactions(mongo_client).run(store)

    assert minter.resolve(run).status is Status.REGISTERED
    with pytest.raises(IdNotDraft):
        minter.delete(run, site_id=MINE)


def test_of_a_deletion_and_a_document_at_once_one_knows_of_the_other(
    with_real_documents, database, mongo_client
):
    minter = with_real_documents
    ids = IdService(ids=InternalIdStore(database), minter=minter.ledger, clock=lambda: MOMENT)
    drafts = minter.mint(class_id=BIOSAMPLE, how_many=40, site_id=MINE)

    def delete(draft: str) -> bool:
        try:
            minter.delete(draft, site_id=MINE)
        except (IdInUse, IdNotDraft, IdUnknown):
            return False
        return True

    def store(draft: str) -> None:
        def work(tx):
            record = minter.ledger.find(draft, tx=tx)
            if record is not None:
                database["biosample_set"].insert_one(
                    {"id": draft, "name": draft}, session=tx.session
                )
                ids.mark_registered([draft], tx=tx)

        Transactions(mongo_client).run(work)

    with ThreadPoolExecutor(8) as pool:
        deletions = [pool.submit(delete, draft) for draft in drafts]
        stored = [pool.submit(store, draft) for draft in drafts]
        deleted = {each for each, done in zip(drafts, deletions, strict=True) if done.result()}
        for each in stored:
            each.result()

    kept = set(database["biosample_set"].distinct("id"))
    assert kept | deleted == set(drafts)
    assert not kept & deleted


def test_processes_that_boot_at_once_write_the_tables_once(make_minter, database):
    minter = make_minter()

    def boot(_: int) -> None:
        minter.boot(typecodes=load_registry().typecodes(), site_ids=["nmdc-runtime", "NERSC"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(boot, range(8)))

    assert database["minter.typecodes"].count_documents({}) == 38
    assert database["minter.schema_classes"].count_documents({}) == 38
    assert list(database["minter.shoulders"].find({}, {"_id": 0})) == [
        {
            "id": "nmdc:minter_shoulder_11",
            "assigned_to": "nmdc:minter_service_11",
            "name": "11",
        }
    ]
    assert list(database["minter.services"].find({}, {"_id": 0})) == [
        {"id": "nmdc:minter_service_11", "name": "central minting service"}
    ]
    assert database["minter.requesters"].distinct("id") == ["NERSC", "nmdc-runtime"]
    assert database["minter.typecodes"].find_one({"name": "bsm"}, {"_id": 0}) == {
        "id": "nmdc:Biosample_typecode",
        "schema_class": "nmdc:Biosample",
        "name": "bsm",
    }
