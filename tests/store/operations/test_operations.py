from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.operations.errors import OperationNotFound
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.store import OperationStore

EXPIRES = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def operations(database, mongo_client) -> OperationStore:
    store = OperationStore(database)
    new = Operation(id="op1", expire_time=EXPIRES, metadata={"site_id": "lanl", "model": "m"})
    Transactions(mongo_client).run(lambda tx: store.add(new, tx=tx))
    return store


def close(store, client, code: str) -> bool:
    return Transactions(client).run(
        lambda tx: store.mark_done("op1", result={"code": code}, metadata={"done_at": "t"}, tx=tx)
    )


def test_an_operation_is_read_as_it_was_stored(operations):
    stored = operations.get("op1")

    assert (stored.done, stored.result, stored.expire_time) == (False, None, EXPIRES)


def test_an_unknown_operation_is_not_found(operations):
    with pytest.raises(OperationNotFound):
        operations.get("op2")


def test_closing_keeps_what_the_metadata_said_before(operations, mongo_client):
    assert close(operations, mongo_client, "A")

    stored = operations.get("op1")
    assert stored.done
    assert stored.metadata == {"site_id": "lanl", "model": "m", "done_at": "t"}


def test_of_many_who_close_at_once_one_does(operations, mongo_client):
    with ThreadPoolExecutor(8) as pool:
        closed = list(pool.map(lambda n: close(operations, mongo_client, str(n)), range(16)))

    assert sum(closed) == 1
    assert operations.get("op1").result == {"code": str(closed.index(True))}


def test_an_aborted_transaction_leaves_no_trace(operations, mongo_client):
    def work(tx) -> None:
        operations.mark_done("op1", result={}, metadata={}, tx=tx)
        raise RuntimeError("after the write")

    with pytest.raises(RuntimeError):
        Transactions(mongo_client).run(work)

    assert operations.get("op1").done is False
