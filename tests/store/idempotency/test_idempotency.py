"""A request under a key is done once, whoever else sends it, and whatever breaks in between."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pydantic import TypeAdapter

from nmdc_runtime.idempotency.errors import IdempotencyKeyReused
from nmdc_runtime.idempotency.store import ANSWERS

ANSWER = TypeAdapter(list[str])


@pytest.fixture
def once(services):
    """Return what adds a row and answers its name, once for each key."""

    def run(key, name="first", *, caller="alice", request="the same", broken=False):
        def work(tx):
            services.database["rows"].insert_one({"name": name}, session=tx.session)
            if broken:
                raise ConnectionResetError
            return [name]

        return services.idempotency.once(
            key, caller=caller, route="POST /rows", request=request, work=work, model=ANSWER
        )

    return run


def names(database):
    return sorted(row["name"] for row in database["rows"].find())


def test_a_repetition_gets_the_first_answer_and_does_nothing(once, database):
    assert once("key") == (["first"], False)
    assert once("key", "second") == (["first"], True)
    assert names(database) == ["first"]


def test_without_a_key_everything_is_done(once, database):
    assert once(None) == (["first"], False)
    assert once(None, "second") == (["second"], False)
    assert names(database) == ["first", "second"]


def test_a_key_belongs_to_its_caller(once, database):
    once("key")

    assert once("key", "second", caller="bob") == (["second"], False)
    assert names(database) == ["first", "second"]


def test_another_request_under_the_same_key_is_refused_and_changes_nothing(once, database):
    once("key")

    with pytest.raises(IdempotencyKeyReused, match="another request"):
        once("key", "second", request="another")

    assert names(database) == ["first"]


def test_work_that_breaks_leaves_nothing_and_may_be_sent_again(once, database):
    with pytest.raises(ConnectionResetError):
        once("key", broken=True)
    assert names(database) == []
    assert database[ANSWERS].count_documents({}) == 0

    assert once("key") == (["first"], False)


def test_sixteen_at_once_are_done_once_and_all_get_the_same_answer(once, database):
    together = Barrier(16)

    def send(number):
        together.wait()
        return once("key", f"from {number}")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))

    assert len({answer[0][0] for answer in answers}) == 1
    assert sum(not repeated for _, repeated in answers) == 1
    assert names(database) == answers[0][0]


def test_answers_end_by_an_index_on_their_expiry(once, database, now):
    once("key")

    (stored,) = database[ANSWERS].find()
    assert (stored["expires_at"] - now).total_seconds() == 24 * 3600
    assert database[ANSWERS].index_information()["expires_at_1"]["expireAfterSeconds"] == 0
