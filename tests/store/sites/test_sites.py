import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import bcrypt
import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.sites.errors import SiteNotFound
from nmdc_runtime.sites.models import HashedSecret, SiteClient
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.sites.store import INDEXES, SiteStore
from nmdc_runtime.web.secrets import SecretHasher

RESERVED = ("nmdc-runtime-useradmin",)


def bootstrap(*, client_id: str = "own", secret: str = "own-secret") -> BootstrapSettings:
    return BootstrapSettings(
        admin_username="admin",
        admin_password=SecretStr("admin"),
        site_id="nmdc-runtime",
        site_client_id=client_id,
        site_client_secret=SecretStr(secret),
    )


@pytest.fixture
def sites(
    database: Database[Document], mongo_client: MongoClient[Document], now: datetime
) -> SiteService:
    ensure_indexes(database, INDEXES)
    return SiteService(
        sites=SiteStore(database),
        secrets=SecretHasher(),
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=lambda: now),
        clock=lambda: now,
    )


def clients_of(database: Database[Document], site_id: str) -> dict[str, Document]:
    found = database["_runtime.site_clients"].find({"site_id": site_id}, {"_id": 0})
    return {client["id"]: client for client in found}


def test_boot_creates_the_own_site_with_its_client_and_the_reserved_site(
    sites: SiteService, database: Database[Document]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sites.boot(bootstrap(), reserved_ids=RESERVED), range(8)))

    own, reserved = database["sites"].find({}, {"_id": 0}).sort("id")
    assert own == {"id": "nmdc-runtime", "capability_ids": [], "clients": []}
    (client,) = clients_of(database, "nmdc-runtime").values()
    assert client.keys() == {"id", "site_id", "hashed_secrets", "created_at"}
    assert client["id"] == "own"
    assert reserved == {"id": "nmdc-runtime-useradmin", "capability_ids": [], "clients": []}
    assert sites.list_ids() == ["nmdc-runtime", "nmdc-runtime-useradmin"]
    verified = sites.find_verified_client("own", "own-secret")
    assert verified is not None
    assert verified.site_id == "nmdc-runtime"


@pytest.mark.parametrize("incomplete", [bootstrap(client_id=""), bootstrap(secret="")])
def test_without_id_or_secret_the_own_site_has_no_client_and_boot_says_so(
    sites: SiteService,
    database: Database[Document],
    caplog: pytest.LogCaptureFixture,
    incomplete: BootstrapSettings,
) -> None:
    with caplog.at_level(logging.WARNING):
        sites.boot(incomplete, reserved_ids=RESERVED)
    assert "API_SITE_CLIENT_SECRET" in caplog.text
    assert clients_of(database, "nmdc-runtime") == {}
    assert sites.find_client("") is None


def test_a_client_that_is_configured_later_is_added_and_others_stay(
    sites: SiteService, database: Database[Document]
) -> None:
    database["sites"].insert_one(
        {"id": "nmdc-runtime", "capability_ids": ["x"], "clients": [{"id": "a"}]}
    )
    sites.boot(bootstrap(), reserved_ids=RESERVED)
    sites.boot(bootstrap(secret="another"), reserved_ids=RESERVED)

    stored = database["sites"].find_one({"id": "nmdc-runtime"})
    assert (stored["clients"], stored["capability_ids"]) == ([], ["x"])
    assert clients_of(database, "nmdc-runtime").keys() == {"a", "own"}
    assert sites.find_verified_client("own", "own-secret") is not None


def test_a_configured_client_that_another_site_has_is_reported(
    sites: SiteService, database: Database[Document], caplog: pytest.LogCaptureFixture
) -> None:
    database["sites"].insert_one({"id": "NERSC", "clients": [{"id": "own"}]})
    sites.boot(bootstrap(), reserved_ids=RESERVED)
    assert "another site" in caplog.text
    assert clients_of(database, "nmdc-runtime") == {}
    assert clients_of(database, "NERSC").keys() == {"own"}


def test_a_client_id_is_given_once_among_all_sites(
    sites: SiteService, database: Database[Document]
) -> None:
    store = SiteStore(database)
    for site_id in ("a", "b", "c"):  # sites without clients do not clash
        assert store.add_unless_known(site_id)
    assert not store.add_unless_known("a")
    client = SiteClient(id="sys0pf75", site_id="a", secrets=(HashedSecret(hash="h"),))
    assert store.add_client(client)
    assert not store.add_client(client)
    assert not store.add_client(SiteClient(id="sys0pf75", site_id="b"))
    database["sites"].insert_one({"id": "d", "clients": [{"id": "sys0zz36"}]})
    with pytest.raises(DuplicateKeyError):
        database["sites"].insert_one({"id": "e", "clients": [{"id": "sys0zz36"}]})


def test_a_secret_is_right_for_its_client_only(sites: SiteService) -> None:
    sites.boot(bootstrap(), reserved_ids=RESERVED)
    assert sites.find_verified_client("own", "other") is None
    assert sites.find_verified_client("other", "own-secret") is None


def test_a_hash_of_an_older_runtime_is_replaced_at_login_for_its_client_only(
    sites: SiteService, database: Database[Document]
) -> None:
    old = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
    database["sites"].insert_one(
        {
            "id": "NERSC",
            "capability_ids": [],
            "clients": [{"id": "a", "hashed_secret": old}, {"id": "b", "hashed_secret": old}],
        }
    )
    assert sites.find_verified_client("b", "pass") is not None

    found = clients_of(database, "NERSC")
    assert found["a"]["hashed_secrets"] == [{"hash": old}]
    assert found["b"]["hashed_secrets"][0]["hash"].startswith("$argon2id$")
    assert not sites.sites.replace_hash("b", old=old, new="x")


def test_a_site_is_shown_without_its_clients(sites: SiteService) -> None:
    sites.boot(bootstrap(), reserved_ids=RESERVED)
    assert sites.get("nmdc-runtime").model_dump() == {"id": "nmdc-runtime", "capability_ids": []}
    assert "argon2" not in repr(sites.find_client("own"))


def test_an_unknown_site_is_not_found(sites: SiteService) -> None:
    with pytest.raises(SiteNotFound, match="no site with ID 'potato'"):
        sites.get("potato")
