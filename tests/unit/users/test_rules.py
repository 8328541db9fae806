import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.ids.rules import encode
from nmdc_runtime.users.errors import PasswordTooShort, UsernameRefused
from nmdc_runtime.users.models import UserUpdate
from nmdc_runtime.users.rules import changes_of, check_new_name, new_password_of


@given(number=st.integers(min_value=0, max_value=2**60))
def test_no_id_that_a_site_client_can_be_given_is_the_name_of_a_user(number: int) -> None:
    with pytest.raises(UsernameRefused):
        check_new_name(f"sys0{encode(number)}")


@pytest.mark.parametrize(
    "name", ["ada", "0000-0002-1825-0097", "ada@lbl.gov", "Ada Lovelace", "sys", "sysadmin", "Ådå"]
)
def test_names_that_people_have_are_fine(name: str) -> None:
    check_new_name(name)


@pytest.mark.parametrize("name", [" ada", "ada ", "a\tb", "a\x7f", "\u202eada"])
def test_names_that_deceive_the_eye_are_refused(name: str) -> None:
    with pytest.raises(UsernameRefused):
        check_new_name(name)


def test_only_what_was_sent_changes() -> None:
    assert changes_of(UserUpdate(username="ada")) == {}
    assert changes_of(UserUpdate(username="ada", email="a@b", password="x")) == {"email": "a@b"}


def test_null_clears() -> None:
    update = UserUpdate(username="a", email=None, full_name=None, site_admin=None, disabled=None)
    assert changes_of(update) == {
        "disabled": False,
        "email": None,
        "full_name": None,
        "site_admin": [],
    }


@pytest.mark.parametrize(("sent", "new"), [(None, None), ("", None), ("12345678", "12345678")])
def test_an_empty_password_is_none(sent: str | None, new: str | None) -> None:
    assert new_password_of(UserUpdate(username="ada", password=sent)) == new


def test_a_short_password_is_refused() -> None:
    with pytest.raises(PasswordTooShort) as refused:
        new_password_of(UserUpdate(username="ada", password="1234567"))
    assert "1234567" not in str(refused.value)
