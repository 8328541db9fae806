from datetime import UTC, datetime, timedelta

from nmdc_runtime.sites.models import HashedSecret
from nmdc_runtime.sites.rules import SECRET_ALPHABET, new_secret, rotated

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_new_secret_has_the_published_form() -> None:
    secrets = {new_secret() for _ in range(500)}
    assert len(secrets) == 500
    for secret in secrets:
        assert len(secret) == 12
        assert set(secret) <= set(SECRET_ALPHABET)
        assert ":" not in secret  # HTTP Basic splits on it
        assert any(each.islower() for each in secret)
        assert any(each.isupper() for each in secret)
        assert sum(each.isdigit() for each in secret) >= 3


def test_the_current_secret_works_on_for_the_overlap_and_older_ones_go() -> None:
    new, current, older = (HashedSecret(hash=each) for each in "abc")
    first, second = rotated((current, older), new=new, now=NOW, overlap=DAY)
    assert first == new
    assert (second.hash, second.expires_at) == ("b", NOW + DAY)
    assert second.is_live(NOW)
    assert not second.is_live(NOW + DAY)
    assert first.is_live(NOW + DAY)


def test_without_overlap_or_without_a_secret_only_the_new_one_works() -> None:
    new, current = HashedSecret(hash="a"), HashedSecret(hash="b")
    assert rotated((current,), new=new, now=NOW, overlap=timedelta(0)) == (new,)
    assert rotated((), new=new, now=NOW, overlap=DAY) == (new,)


def test_a_hash_does_not_show_when_it_is_logged() -> None:
    assert "topsecret" not in repr(HashedSecret(hash="topsecret"))
