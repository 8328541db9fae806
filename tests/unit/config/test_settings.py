from datetime import timedelta

import pytest
from pydantic import SecretStr

from nmdc_runtime.config import (
    Environment,
    Settings,
    SettingsInvalid,
    check_names,
    declared_names,
    is_placeholder,
    ready_for_hub,
)

GOOD = {
    "jwt_secret_key": SecretStr("a" * 64),
    "api_admin_pass": SecretStr("long and private"),
    "api_site_client_id": "client",
    "api_site_client_secret": SecretStr("also private"),
    "mongo_password": SecretStr("private too"),
}


def test_published_names_are_read(monkeypatch):
    monkeypatch.setenv("MONGO_HOST", "mongodb://somewhere:1")
    monkeypatch.setenv("MONGO_USERNAME", "u")
    monkeypatch.setenv("MONGO_PASSWORD", "p")

    mongo = Settings().mongo

    assert (mongo.url, mongo.username) == ("mongodb://somewhere:1", "u")
    assert mongo.password is not None
    assert mongo.password.get_secret_value() == "p"


def test_new_names_have_a_section(monkeypatch):
    monkeypatch.setenv("NMDC_HUB__TOKEN_LIFETIME", "PT2H")
    monkeypatch.setenv("NMDC_ENVIRONMENT", "test")

    settings = Settings()

    assert settings.hub.token_lifetime == timedelta(hours=2)
    assert settings.environment is Environment.TEST


def test_a_password_may_come_from_a_file(monkeypatch, tmp_path):
    file = tmp_path / "password"
    file.write_text("from file\n")
    monkeypatch.delenv("MONGO_PASSWORD", raising=False)
    monkeypatch.setenv("MONGO_PASSWORD_FILE", str(file))

    password = Settings().mongo.password

    assert password is not None
    assert password.get_secret_value() == "from file"


def test_a_password_from_two_places_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_PASSWORD", "one")
    monkeypatch.setenv("MONGO_PASSWORD_FILE", str(tmp_path / "two"))

    with pytest.raises(SettingsInvalid, match="not both"):
        _ = Settings().mongo


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("true", True), ("TRUE", True), ("false", False), ("1", False), ("yes", False), ("x", False)],
)
def test_only_the_word_true_is_true(monkeypatch, word, meaning):
    monkeypatch.setenv("IS_PROFILING_ENABLED", word)
    monkeypatch.setenv("IS_SCALAR_ENABLED", word)

    assert Settings().is_profiling_enabled is meaning
    assert Settings().is_scalar_enabled is meaning


def test_flags_that_are_not_set_take_their_defaults(monkeypatch):
    monkeypatch.delenv("IS_SCALAR_ENABLED", raising=False)
    monkeypatch.delenv("IS_PROFILING_ENABLED", raising=False)

    assert Settings().is_scalar_enabled is True
    assert Settings().is_profiling_enabled is False


def test_a_misspelt_name_is_named():
    with pytest.raises(SettingsInvalid, match="NMDC_HUB__TOKEN_LIFETIM"):
        check_names({"NMDC_HUB__TOKEN_LIFETIM": "P1D", "NMDC_TEST_MONGO_URL": "x", "HOME": "/"})


def test_every_declared_name_is_described():
    names = declared_names()

    assert {"MONGO_HOST", "NMDC_ENVIRONMENT", "NMDC_HUB__MAX_BODY_BYTES"} <= set(names)
    assert all(names.values())


def test_secrets_do_not_show():
    shown = repr(Settings(**GOOD)) + str(Settings(**GOOD).mongo)

    assert "private" not in shown
    assert "a" * 64 not in shown


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("weak", ["", "generateme", "replaceme", "root"])
def test_production_refuses_a_weak_secret_and_names_it(name, weak):
    value = weak if name == "api_site_client_id" else SecretStr(weak)
    settings = Settings(environment=Environment.PROD, **GOOD | {name: value})

    with pytest.raises(SettingsInvalid, match=name.upper()):
        ready_for_hub(settings)


def test_production_starts_with_good_secrets():
    settings = Settings(environment=Environment.PROD, **GOOD)

    assert ready_for_hub(settings) is settings


def test_a_placeholder_key_is_refused_outside_local_mode():
    settings = Settings(environment=Environment.TEST, jwt_secret_key=SecretStr("generateme"))

    with pytest.raises(SettingsInvalid, match="JWT_SECRET_KEY"):
        ready_for_hub(settings)


def test_in_local_mode_a_placeholder_key_becomes_one_of_this_process():
    settings = Settings(environment=Environment.DEV, jwt_secret_key=SecretStr("generateme"))

    keys = {ready_for_hub(settings).jwt_secret_key.get_secret_value() for _ in range(2)}

    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)


def test_placeholders_are_known_in_any_case():
    assert is_placeholder(" GenerateMe ")
    assert not is_placeholder("s3cret-enough")


def test_addresses_have_no_trailing_slash():
    assert Settings(api_host_external="https://x.org/").api_host_external == "https://x.org"
    assert Settings(api_host_external="https://x.org:81/").drs_host == "x.org:81"
