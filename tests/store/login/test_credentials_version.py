"""A new password or secret ends the tokens made before (api-write D-7)."""

from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from pymongo.database import Database

from nmdc_runtime.api_keys.models import ApiKeyIn
from nmdc_runtime.login.errors import TokenInvalid, TokenInvalidated, TokenNotOfSite, UserInactive
from nmdc_runtime.login.models import Credentials
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.users.models import UserIn, UserUpdate
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.wiring import Services

OLD, NEW = "the old password", "the new password"


@pytest.fixture
def ada(services: Services) -> Caller:
    services.users.create(UserIn(username="ada", password=OLD))
    return Caller(username="ada")


def log_in(services: Services, password: str) -> str:
    sent = Credentials(grant_type="password", username="ada", password=password)
    return services.login.log_in(sent).access_token


def of_an_older_runtime(services: Services, now: datetime, **claims: Any) -> str:
    key = services.settings.jwt_secret_key.get_secret_value()
    content = {"sub": "user:ada", "exp": (now + timedelta(hours=1)).timestamp()} | claims
    return jwt.encode(content, key, "HS256")


@pytest.mark.usefixtures("ada")
def test_a_new_password_ends_the_tokens_made_with_the_old_one(
    services: Services, now: datetime
) -> None:
    tokens = [log_in(services, OLD), of_an_older_runtime(services, now)]
    for token in tokens:
        assert services.login.authenticate(token).username == "ada"

    services.users.update(UserUpdate(username="ada", password=NEW))

    for token in tokens:
        with pytest.raises(TokenInvalidated):
            services.login.authenticate(token)
    assert services.login.authenticate(log_in(services, NEW)).username == "ada"


@pytest.mark.usefixtures("ada")
def test_other_changes_of_a_user_end_no_token(services: Services) -> None:
    token = log_in(services, OLD)
    services.users.update(UserUpdate(username="ada", email="ada@example.org"))
    assert services.login.authenticate(token).username == "ada"


@pytest.mark.usefixtures("ada")
def test_disabling_a_user_ends_their_tokens_for_good(services: Services) -> None:
    token = log_in(services, OLD)
    services.users.update(UserUpdate(username="ada", disabled=True))
    with pytest.raises(UserInactive):
        services.login.authenticate(token)
    services.users.update(UserUpdate(username="ada", disabled=False))
    with pytest.raises(TokenInvalidated):
        services.login.authenticate(token)


def test_the_token_of_a_site_client_ends_with_its_credentials(
    services: Services, database: Database[Document]
) -> None:
    sent = Credentials(client_id="own-client", client_secret="own-client-secret")
    token = services.login.log_in(sent).access_token
    assert services.login.authenticate_site(token).site_id == "nmdc-runtime"

    database["_runtime.site_clients"].update_one(
        {"id": "own-client"}, {"$inc": {"credentials_version": 1}}
    )

    for authenticate in (services.login.authenticate, services.login.authenticate_site):
        with pytest.raises(TokenInvalidated):
            authenticate(token)
    again = services.login.log_in(sent).access_token
    assert services.login.authenticate_site(again).site_id == "nmdc-runtime"


@pytest.mark.parametrize(
    "grant",
    [{"site_admin": ["nmdc-runtime-useradmin"]}, {}],
    ids=["as older Runtimes said it", "by a permission"],
)
def test_an_administrator_is_one_by_their_sites_or_by_a_permission(
    services: Services, database: Database[Document], ada: Caller, grant: dict[str, Any]
) -> None:
    token = log_in(services, OLD)
    assert not services.login.authenticate(token).is_admin

    if grant:
        database["users"].update_one({"username": "ada"}, {"$set": grant})
    else:
        database["_runtime.api.allow"].insert_one({"username": "ada", "action": "/admin/users"})

    assert services.login.authenticate(token).is_admin


class TestApiKeys:
    """A key stands for its owner, as far as its scopes go."""

    def a_key(self, services: Services, caller: Caller, *scopes: str) -> str:
        wanted = ApiKeyIn(name="script", scopes=list(scopes))
        return services.api_keys.create(wanted, caller=caller).key

    def test_a_key_stands_for_its_owner(self, services: Services, ada: Caller) -> None:
        caller = services.login.authenticate(self.a_key(services, ada))
        assert caller.username == "ada"
        assert caller.api_key_id
        assert caller.scopes == frozenset()
        assert caller.expires_at == services.clock() + timedelta(days=90)
        assert not caller.is_admin

    def test_the_key_of_an_administrator_administers_only_within_its_scopes(
        self, services: Services
    ) -> None:
        admin = Caller(username="admin")
        assert not services.login.authenticate(self.a_key(services, admin)).is_admin
        key = self.a_key(services, admin, "/admin/users")
        assert services.login.authenticate(key).is_admin

    @pytest.mark.usefixtures("ada")
    @pytest.mark.parametrize("text", ["nmdck_", "nmdck_x_y", "nmdck_\0_\ud800"])
    def test_what_is_no_key_proves_nothing(self, services: Services, text: str) -> None:
        with pytest.raises(TokenInvalid):
            services.login.authenticate(text)

    def test_a_key_ends_with_its_owner(
        self, services: Services, database: Database[Document], ada: Caller
    ) -> None:
        key = self.a_key(services, ada)
        services.users.update(UserUpdate(username="ada", disabled=True))
        with pytest.raises(UserInactive):
            services.login.authenticate(key)
        database["users"].delete_one({"username": "ada"})
        with pytest.raises(TokenInvalid):
            services.login.authenticate(key)

    def test_a_key_is_none_of_a_site(self, services: Services, ada: Caller) -> None:
        with pytest.raises(TokenNotOfSite):
            services.login.authenticate_site(self.a_key(services, ada))
