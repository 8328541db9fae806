"""Who may change documents just now, on a real replica set."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.plans.errors import DocumentsLocked, WritesLocked

#: So many that one of them always writes.
WRITERS = 8
MOST_ROUNDS = 60


def test_many_hold_the_guard_at_once(services):
    barrier = threading.Barrier(4, timeout=20)
    met = threading.Event()

    def work(tx):
        if not met.is_set():
            barrier.wait()  # only if all four are in their transactions at the same time
            met.set()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: services.plans.run(work), range(4)))

    assert met.is_set()


def test_who_needs_all_of_it_gets_its_turn_while_others_write_without_a_pause(services):
    begun, done, rounds = threading.Event(), threading.Event(), []

    def write(_):
        for _ in range(MOST_ROUNDS):
            if done.is_set():
                return
            services.plans.run(lambda tx: time.sleep(0.05))
            rounds.append(1)
            begun.set()

    def be_alone():
        begun.wait(timeout=20)
        services.plans.run(services.plans.guard.hold_all)
        done.set()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        alone = pool.submit(be_alone)
        list(pool.map(write, range(WRITERS)))
        alone.result()

    assert len(rounds) < WRITERS * MOST_ROUNDS, "it came before the others had ended"


def test_who_holds_all_of_it_sees_all_that_others_have_done(services):
    """Two that are each right by their snapshot would be wrong together: one begins again."""
    services.database["counters"].insert_one({"_id": "a"})
    seen = []

    def delete_unless_named(tx):
        names = services.database["counters"].count_documents({"of": "a"}, session=tx.session)
        seen.append(names)
        if len(seen) == 1:  # after the snapshot was taken, somebody names it
            services.plans.run(
                lambda other: services.database["counters"].insert_one(
                    {"of": "a"}, session=other.session
                )
            )
        services.plans.guard.hold_all(tx)
        if not names:
            services.database["counters"].delete_one({"_id": "a"}, session=tx.session)

    services.plans.transactions.run(delete_unless_named)

    assert seen == [0, 1]
    assert services.database["counters"].count_documents({"_id": "a"}) == 1


def test_locked_writes_are_refused_until_they_are_unlocked(services):
    guard = services.plans.guard
    guard.lock_writes("the schema is being upgraded")

    with pytest.raises(WritesLocked, match="the schema is being upgraded"):
        services.plans.run(lambda tx: None)
    assert guard.find_lock() == "the schema is being upgraded"

    guard.unlock_writes()
    services.plans.run(lambda tx: None)
    assert guard.find_lock() is None


def test_locking_waits_for_those_who_are_at_it(services):
    began, go_on = threading.Event(), threading.Event()

    def work(tx):
        services.database["done"].insert_one({}, session=tx.session)
        began.set()
        go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(services.plans.run, work)
        assert began.wait(20)
        locking = pool.submit(services.plans.guard.lock_writes, "maintenance")
        go_on.set()
        writing.result(timeout=60)
        locking.result(timeout=60)
        # Who was at it is done by now: either it was first, or it would have been refused.
        assert services.database["done"].count_documents({}) == 1

    services.plans.guard.unlock_writes()


def test_documents_that_a_plan_has_locked_are_not_for_others(services):
    guard, run = services.plans.guard, services.plans.run
    mine = [("study_set", "nmdc:sty-11-a"), ("study_set", "nmdc:sty-11-b")]
    run(lambda tx: guard.lock_documents("nmdc:sys0a", mine, tx=tx))

    run(lambda tx: guard.check_unlocked(mine, tx=tx, plan_id="nmdc:sys0a"))
    run(lambda tx: guard.check_unlocked([("study_set", "nmdc:sty-11-c")], tx=tx))
    with pytest.raises(DocumentsLocked, match="nmdc:sys0a"):
        run(lambda tx: guard.check_unlocked(mine[:1], tx=tx))
    with pytest.raises(DocumentsLocked):
        run(lambda tx: guard.lock_documents("nmdc:sys0b", mine[1:], tx=tx))
    with pytest.raises(DocumentsLocked):
        guard.lock_writes("maintenance")

    guard.unlock_documents("nmdc:sys0a")
    run(lambda tx: guard.check_unlocked(mine, tx=tx))
