import pytest

from nmdc_runtime.api_keys.models import PREFIX
from nmdc_runtime.api_keys.rules import hash_of, new_parts, read, write


def test_a_key_is_read_as_it_was_written_and_never_made_twice() -> None:
    made = [new_parts() for _ in range(200)]
    assert len({key_id for key_id, _ in made}) == len({secret for _, secret in made}) == 200
    for key_id, secret in made:
        text = write(key_id, secret)
        assert text.startswith(PREFIX)
        assert read(text) == (key_id, secret)
        assert len(secret) >= 43  # 256 bits


@pytest.mark.parametrize(
    "text",
    [
        *("", PREFIX, f"{PREFIX}_", "nmdck_0123456789abcdef", "nmdck_0123456789abcdef_short"),
        "nmdck_0123456789ABCDEF_" + "x" * 43,
        "other_0123456789abcdef_" + "x" * 43,
        "nmdck_0123456789abcdef_" + "x" * 43 + "\n",
        "nmdck_0123456789abcdef_" + "ä" * 43,
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert read(text) is None


def test_a_hash_tells_nothing_of_the_secret() -> None:
    assert hash_of("a") != hash_of("b")
    assert len(hash_of("a")) == 64
