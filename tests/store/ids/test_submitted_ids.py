"""What becomes of an id when a document with it is submitted."""

import orjson
import pytest

from nmdc_runtime.ids.errors import IdNotDraft
from nmdc_runtime.ids.models import Status
from nmdc_runtime.metadata.errors import MetadataInvalid
from tests.support.documents import a_study, body_of

SITE = "nmdc-runtime"


def submit(services, orchestrator, documents):
    services.submissions.submit(body_of(documents), username="alice")
    run = orchestrator.runs[-1]
    services.submissions.apply(
        run.operation_id, orjson.loads(body_of(documents)), dagster_run_id=run.run_id
    )


@pytest.fixture
def minted(services) -> str:
    (minted,) = services.minting.mint(class_id="nmdc:Study", how_many=1, site_id=SITE)
    return minted


def test_an_id_is_registered_with_its_document_and_stays(services, orchestrator, minted):
    submit(services, orchestrator, {"study_set": [a_study() | {"id": minted}]})

    assert services.minting.resolve(minted).status is Status.REGISTERED
    with pytest.raises(IdNotDraft):
        services.minting.delete(minted, site_id=SITE)


def test_an_id_of_a_document_that_is_refused_stays_a_draft(services, orchestrator, minted):
    bad = {"study_set": [a_study() | {"id": minted}, a_study() | {"id": minted}]}

    with pytest.raises(MetadataInvalid):
        submit(services, orchestrator, bad)
    assert services.minting.resolve(minted).status is Status.DRAFT
