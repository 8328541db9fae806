import time
from datetime import timedelta

import bcrypt
import pytest

from nmdc_runtime.web.secrets import RememberedSecrets, SecretCheck, SecretHasher


def old_hash(secret: str) -> str:
    return bcrypt.hashpw(secret.encode()[:72], bcrypt.gensalt(4)).decode()


def test_a_secret_matches_its_own_hash_only() -> None:
    hasher = SecretHasher()
    stored = hasher.hash("s3cret")
    assert stored.startswith("$argon2id$")
    assert hasher.hash("s3cret") != stored
    assert hasher.check("s3cret", stored) == SecretCheck(is_right=True)
    assert hasher.check("S3cret", stored) == SecretCheck(is_right=False)
    assert hasher.check("", stored) == SecretCheck(is_right=False)


def test_a_hash_of_an_older_runtime_matches_and_gets_a_better_one() -> None:
    hasher = SecretHasher()
    check = hasher.check("s3cret", old_hash("s3cret"))
    assert check.is_right
    assert check.new_hash is not None
    assert hasher.check("s3cret", check.new_hash) == SecretCheck(is_right=True)
    assert not hasher.check("other", old_hash("s3cret")).is_right


def test_a_secret_longer_than_bcrypt_reads_matches_as_before_and_keeps_its_hash() -> None:
    hasher = SecretHasher()
    assert hasher.check("x" * 100, old_hash("x" * 100)) == SecretCheck(is_right=True)


@pytest.mark.parametrize(
    "stored", [None, "", "junk", "$2b$99$" + "a" * 53, "$2b$12$short", "$argon2id$v=19$m=8,t=1,p=1"]
)
def test_nothing_matches_a_hash_that_is_missing_or_broken(stored: str | None) -> None:
    assert SecretHasher().check("anything", stored) == SecretCheck(is_right=False)


def test_an_unknown_name_takes_as_long_as_a_wrong_secret() -> None:
    hasher = SecretHasher()
    stored = hasher.hash("s3cret")
    hasher.check("x", None)  # makes the hash it compares with

    def fastest(stored_hash: str | None) -> float:
        durations = []
        for _ in range(5):
            started = time.process_time()
            hasher.check("wrong", stored_hash)
            durations.append(time.process_time() - started)
        return min(durations)

    assert fastest(None) > 0.5 * fastest(stored)


def test_a_right_secret_is_cheap_the_next_time_but_a_changed_one_is_noticed_at_once() -> None:
    hasher = SecretHasher()
    stored, changed = hasher.hash("s3cret"), hasher.hash("new one")
    assert hasher.check("s3cret", stored).is_right
    started = time.process_time()
    for _ in range(100):
        assert hasher.check("s3cret", stored).is_right
    assert time.process_time() - started < 0.1  # 100 hashes would take seconds
    assert not hasher.check("s3cret", changed).is_right


def is_cheap(hasher: SecretHasher, secret: str, stored: str) -> bool:
    started = time.process_time()
    assert hasher.check(secret, stored).is_right
    return time.process_time() - started < 0.005


def test_secrets_are_remembered_for_a_while_and_only_some_of_them() -> None:
    clock = [0.0]
    hasher = SecretHasher(
        remembered=RememberedSecrets(
            remember_for=timedelta(seconds=10), remember_most=2, seconds=lambda: clock[0]
        )
    )
    hashes = {secret: hasher.hash(secret) for secret in ("a", "b", "c")}
    for secret, stored in hashes.items():
        assert hasher.check(secret, stored).is_right
    assert is_cheap(hasher, "c", hashes["c"])
    assert is_cheap(hasher, "b", hashes["b"])
    assert not is_cheap(hasher, "a", hashes["a"])
    clock[0] = 10.0
    assert not is_cheap(hasher, "b", hashes["b"])


def test_a_secret_in_use_stays_remembered_and_one_found_wrong_does_not() -> None:
    clock = [0.0]
    remembered = RememberedSecrets(remember_for=timedelta(seconds=10), seconds=lambda: clock[0])
    remembered.remember("s3cret", "ada")
    for moment in (9.0, 18.0, 27.0):
        clock[0] = moment
        assert remembered.knows("s3cret", "ada")
    assert not remembered.knows("s3cret", "bob")
    assert not remembered.knows("as3cret", "ad")
    remembered.forget("s3cret", "ada")
    assert not remembered.knows("s3cret", "ada")
