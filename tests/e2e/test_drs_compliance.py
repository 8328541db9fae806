"""GA4GH's own compliance suite for DRS, run against a real hub with a real S3 service."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nmdc_runtime.config import Settings
from tests.support.drs_examples import DrsExamples, put_examples, token_of
from tests.support.servers import S3Endpoint, shared_s3
from tests.support.uvicorn_hub import running_hub

ROOT = Path(__file__).parents[2]
SUITE = ROOT / ".drs-venv" / "bin" / "drs-compliance-suite"
#: Cases of the suite for service-info, five objects and one way of access.
FEWEST_PASSES = 31


@pytest.fixture(scope="module")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def hub_url(settings: Settings, s3_endpoint: S3Endpoint) -> Iterator[str]:
    storage = {
        "DO_ENDPOINT_URL": s3_endpoint.url,
        "DO_REGION_NAME": s3_endpoint.region,
        "DO_SPACES_KEY": s3_endpoint.key,
        "DO_SPACES_SECRET": s3_endpoint.secret,
        "NMDC_DRS__SPEC_VERSION": "1.2.0",
    }
    with running_hub(settings, **storage) as (url, _):
        yield url


@pytest.fixture
def examples(hub_url: str, settings: Settings, database) -> DrsExamples:
    secret = settings.api_site_client_secret.get_secret_value()
    headers = token_of(hub_url, settings.api_site_client_id, secret)
    return put_examples(hub_url, headers, database, site_id=settings.api_site_id)


def run_suite(hub_url: str, examples: DrsExamples, folder: Path) -> dict[str, Any]:
    """Run the suite, and return its report."""
    open_to_all = {"auth_type": "none", "auth_token": ""}
    config = {
        "service_info": open_to_all,
        "drs_object_info": [
            {"drs_id": drs_id, "is_bundle": is_bundle, **open_to_all}
            for ids, is_bundle in ((examples.blobs, False), (examples.bundles, True))
            for drs_id in ids
        ],
        "drs_object_access": [{"drs_id": examples.stored_blob, **open_to_all}],
    }
    (folder / "config.json").write_text(json.dumps(config))
    # A module that the package imports and does not contain.
    (folder / "supported_drs_versions.py").write_text('SUPPORTED_DRS_VERSIONS = ["1.2.0"]\n')
    report = folder / "report.json"
    finished = subprocess.run(
        [
            *(SUITE, "--server_base_url", f"{hub_url}/ga4gh/drs/v1"),
            *("--platform_name", "NMDC Runtime", "--platform_description", "under test"),
            *("--drs_version", "1.2.0", "--config_file", folder / "config.json"),
            *("--report_path", report),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert report.exists(), finished.stdout[-2000:] + finished.stderr[-4000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def cases_of(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the status, name and message of each case."""
    return [
        (case["status"], f"{test['test_name']}: {case['case_name']}", case["message"])
        for phase in report["phases"]
        for test in phase["tests"]
        for case in test["cases"]
    ]


def test_the_official_suite_finds_nothing_wrong(hub_url, examples, tmp_path):
    subprocess.run(["make", "drs-compliance-suite"], cwd=ROOT, check=True, capture_output=True)

    report = run_suite(hub_url, examples, tmp_path)

    cases = cases_of(report)
    wrong = [case for case in cases if case[0] not in {"PASS", "SKIP"}]
    assert wrong == []
    assert Counter(status for status, _, _ in cases)["PASS"] >= FEWEST_PASSES
    assert report["summary"]["failed"] == 0
    assert report["summary"]["unknown"] == 0
