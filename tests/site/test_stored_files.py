"""What ops read of stored objects, on a real S3 service."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.objects.errors import StoredFileNotFound
from nmdc_runtime.objects.models import DrsObjectIn, StoredFile
from nmdc_runtime.site.stored_files import stored_file
from nmdc_runtime.wiring import Services
from tests.support.object_records import a_blob
from tests.support.object_storage import with_storage
from tests.support.servers import S3Endpoint, shared_s3

MOST_BYTES = 1_000


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, Path(tmp_path_factory.getbasetemp())) as endpoint:
        yield endpoint


@pytest.fixture
def settings(settings: Settings, s3_endpoint: S3Endpoint) -> Settings:
    hub = settings.hub.model_copy(update={"max_body_bytes": MOST_BYTES})
    return with_storage(settings, s3_endpoint).model_copy(update={"hub": hub})


def uploaded(services: Services, object_id: str, content: bytes, **told: Any) -> str:
    """Put bytes into the bucket as a site does, and register them."""
    services.objects.storage.upload(f"do/{object_id}", [content], content_type="text/csv")
    access = [{"access_id": f"nmdc-runtime:{object_id}"}]
    record = DrsObjectIn.model_validate(a_blob(content, access_methods=access, **told))
    return services.drs.register(record, site_id="nmdc-runtime").id


def test_an_uploaded_object_is_read_from_the_bucket_if_it_is_what_its_record_says(
    services: Services,
) -> None:
    good = uploaded(services, "sys0good", b"id,action\n", name="s.csv", mime_type="text/csv")
    forged = uploaded(
        services,
        "sys0forged",
        b"something else",
        checksums=[{"type": "sha256", "checksum": sha256(b"as promised").hexdigest()}],
    )

    assert stored_file(services, good) == StoredFile("s.csv", "text/csv", b"id,action\n")
    with pytest.raises(dg.Failure, match="sha256") as refused:
        stored_file(services, forged)
    assert refused.value.allow_retries is False


def test_an_address_that_somebody_registered_is_not_fetched(services: Services) -> None:
    there = [{"access_url": {"url": "http://127.0.0.1:1/internal"}}]
    record = DrsObjectIn.model_validate(a_blob(b"x", access_methods=there))
    elsewhere = services.drs.register(record, site_id="lanl").id

    with pytest.raises(StoredFileNotFound):
        stored_file(services, elsewhere)


def test_an_object_that_is_too_large_is_refused_before_it_is_read_whole(
    services: Services,
) -> None:
    large = uploaded(services, "sys0large", b"x" * (MOST_BYTES + 1))

    with pytest.raises(dg.Failure, match="larger"):
        stored_file(services, large)
