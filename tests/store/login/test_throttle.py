"""Who guesses has to wait; who knows the secret never does."""

from datetime import datetime, timedelta

import pytest
from pymongo.database import Database

from nmdc_runtime.login.errors import TooManyFailures
from nmdc_runtime.login.store import FAILURES, LoginFailureStore
from nmdc_runtime.login.throttle import LoginThrottle
from nmdc_runtime.mongo.documents import Document

SECRET = "s3cret"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


class Door:
    """Somebody at the door of one name, at a moment that the test sets."""

    def __init__(self, database: Database[Document], now: datetime) -> None:
        self.now = now
        self.verified = 0
        self.throttle = self.fresh(database)

    def fresh(self, database: Database[Document]) -> LoginThrottle:
        return LoginThrottle(
            failures=LoginFailureStore(database),
            allowed=3,
            window=timedelta(minutes=5),
            clock=lambda: self.now,
        )

    def knock(self, secret: str, *, name: str = "user:ada", address: str = HERE) -> bool:
        def verify() -> str | None:
            self.verified += 1
            return "ada" if secret == SECRET else None

        return self.throttle.attempt(name, secret, address=address, verify=verify) is not None

    def retry_after(self, secret: str, **where: str) -> int:
        with pytest.raises(TooManyFailures) as refused:
            self.knock(secret, **where)
        seconds = refused.value.facts["retry_after_s"]
        assert refused.value.headers == {"Retry-After": str(seconds)}
        assert str(seconds) in str(refused.value)
        return int(seconds)


@pytest.fixture
def door(database: Database[Document], now: datetime) -> Door:
    return Door(database, now)


def test_after_some_failures_nothing_is_verified_until_the_first_is_old(door: Door) -> None:
    for minute in range(3):
        assert not door.knock("wrong")
        door.now += timedelta(minutes=1)
        assert minute < 3
    assert door.retry_after("wrong") == 120
    assert door.retry_after(SECRET) == 120
    assert door.verified == 3

    door.now += timedelta(seconds=119)
    assert door.retry_after(SECRET) == 1
    door.now += timedelta(seconds=1)
    assert door.knock(SECRET)


def test_refused_attempts_do_not_prolong_the_wait(door: Door) -> None:
    for _ in range(3):
        door.knock("wrong")
    door.now += timedelta(minutes=4)
    assert door.retry_after("wrong") == 60
    door.now += timedelta(minutes=1)
    assert not door.knock("wrong")


def test_a_secret_that_was_right_lately_passes_while_somebody_beside_it_guesses(
    door: Door,
) -> None:
    assert door.knock(SECRET)
    for _ in range(3):
        door.knock("wrong")
    door.retry_after("wrong")
    for _ in range(20):
        assert door.knock(SECRET)


def test_successes_never_count(door: Door, database: Database[Document]) -> None:
    for _ in range(20):
        assert door.knock(SECRET)
    assert database[FAILURES].count_documents({}) == 0


def test_other_addresses_and_other_names_are_not_touched(door: Door) -> None:
    for _ in range(3):
        door.knock("wrong")
    door.retry_after(SECRET)
    assert door.knock(SECRET, address=ELSEWHERE)
    assert door.knock(SECRET, name="client:ada")


def test_all_hubs_count_together(door: Door, database: Database[Document]) -> None:
    for _ in range(3):
        door.knock("wrong")
    door.throttle = door.fresh(database)
    door.retry_after(SECRET)


def test_a_secret_that_was_changed_is_no_longer_known(door: Door) -> None:
    door.throttle.remembered.remember("old", "user:ada")
    assert not door.knock("old")
    for _ in range(2):
        door.knock("old")
    door.retry_after("old")


def test_one_network_of_ipv6_is_one_address(door: Door) -> None:
    for host in range(3):
        door.knock("wrong", address=f"2001:db8:0:1::{host}")
    door.retry_after("wrong", address="2001:db8:0:1:ffff::9")
    assert door.knock(SECRET, address="2001:db8:0:2::1")
    for address in ("::ffff:198.51.100.7", HERE, "::ffff:198.51.100.7"):
        door.knock("wrong", address=address)
    door.retry_after("wrong")


def test_neither_names_nor_addresses_nor_secrets_are_kept(
    door: Door, database: Database[Document]
) -> None:
    door.knock("wrong")
    (kept,) = database[FAILURES].find()
    assert set(kept) == {"_id", "at", "expires_at"}
    assert not any(text in str(kept) for text in ("ada", HERE, "wrong"))
    assert kept["expires_at"] == door.now + timedelta(minutes=5)


def test_only_as_many_failures_are_kept_as_count_and_mongodb_forgets_them(
    door: Door, database: Database[Document]
) -> None:
    for _ in range(9):
        door.knock("wrong")
        door.now += timedelta(minutes=3)
    (kept,) = database[FAILURES].find()
    assert len(kept["at"]) == 3
    assert database[FAILURES].index_information()["expires_at_1"]["expireAfterSeconds"] == 0


@pytest.mark.parametrize("name", ["user:\ud800", "user:" + "x" * 100_000, "user:\0", "user:$x.y"])
def test_any_name_can_be_counted(door: Door, name: str) -> None:
    for _ in range(3):
        assert not door.knock("wrong\ud800", name=name)
    door.retry_after("wrong", name=name)
