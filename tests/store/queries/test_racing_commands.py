"""Commands at the same time: what one deletes no other comes to name."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.plans.errors import DocumentReferenced
from nmdc_runtime.queries.errors import ReferencesWouldBreak
from nmdc_runtime.queries.models import DeleteCommand, UpdateCommand
from tests.support.documents import a_study

A, B, C = (f"nmdc:sty-11-{name}" for name in ("aa0001", "bb0001", "cc0001"))
ROUNDS = 12


def delete_a() -> DeleteCommand:
    return DeleteCommand(delete="study_set", deletes=[{"q": {"id": A}, "limit": 0}])


def update(id_: str, **fields) -> UpdateCommand:
    return UpdateCommand(
        update="study_set", updates=[{"q": {"id": id_}, "u": {"$set": fields}, "multi": True}]
    )


@pytest.mark.parametrize("removal", [delete_a(), update(A, id=C)], ids=["deleted", "renamed"])
def test_a_document_goes_or_is_named_but_never_both(services, database, removal):
    """Each is right by what it sees: without the guard, rounds end with a reference to nothing."""
    naming = update(B, part_of=[A])
    refused: list[type[NmdcError]] = []

    def run(command, barrier):
        is_update = isinstance(command, UpdateCommand)
        work = services.queries.update if is_update else services.queries.delete
        barrier.wait()
        try:
            work(command, allow_broken_refs=False)
        except NmdcError as error:
            refused.append(type(error))

    for _ in range(ROUNDS):
        database["study_set"].delete_many({})
        database["study_set"].insert_many([a_study("aa0001"), a_study("bb0001")])
        barrier = threading.Barrier(2, timeout=20)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, (removal, naming), (barrier, barrier)))

        is_there = database["study_set"].count_documents({"id": A}) == 1
        is_named = database["study_set"].count_documents({"part_of": A}) == 1
        assert is_there == is_named
    assert len(refused) == ROUNDS
    assert set(refused) <= {DocumentReferenced, ReferencesWouldBreak}
