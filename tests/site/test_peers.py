"""Clients of other people's services, as runs get them."""

import json
from typing import Any

import dagster as dg
import pytest

from nmdc_runtime.site.hello import hello_graph
from nmdc_runtime.site.presets import PEER_VARIABLES, preset_dev
from nmdc_runtime.site.repository import preset_normal, resource_defs
from tests.support.text_server import serving_texts

PEERS = ("gold_api_client", "nmdc_portal_api_client", "neon_api_client")


@dg.op(required_resource_keys=set(PEERS))
def ask_peers(context: dg.OpExecutionContext) -> list[Any]:
    """Ask each of them for something."""
    resources = context.resources
    return [
        resources.gold_api_client.fetch_study("Gs1"),
        resources.neon_api_client.fetch_product_by_id("DP1.10086.001"),
        resources.nmdc_portal_api_client.base_url,
    ]


@dg.graph
def asked() -> list[Any]:
    found: list[Any] = ask_peers()
    return found


def test_a_job_that_names_peers_has_them_by_variables_or_by_the_config_of_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    job = preset_dev.job(asked, name="asked", peers=PEERS)
    product = {"data": {"productCode": "DP1.10086.001"}}
    texts = {
        "/studies?studyGoldId=Gs1": json.dumps([{"studyGoldId": "Gs1"}]),
        "/products/DP1.10086.001": json.dumps(product),
    }
    monkeypatch.setenv("NMDC_NEON__CACHE_FOLDER", str(tmp_path))
    with serving_texts(texts) as (url, paths):
        for variables in PEER_VARIABLES.values():
            for name, variable in variables.items():
                monkeypatch.setenv(variable, url if name == "base_url" else "secret")
        by_variables = job.execute_in_process().output_value()
        monkeypatch.setenv("GOLD_API_BASE_URL", "http://127.0.0.1:1")
        gold = {
            "base_url": f"{url}/",
            "username": {"env": "GOLD_API_USERNAME"},
            "password": "secret",
        }
        config = {"resources": {"gold_api_client": {"config": gold}}}
        by_config = job.execute_in_process(config).output_value()

    assert by_variables == by_config
    assert by_variables[0] == {"studyGoldId": "Gs1"}
    assert by_variables[2] == url
    assert paths.count("/studies?studyGoldId=Gs1") == 2


def test_jobs_that_need_no_peer_run_without_their_variables(
    monkeypatch: pytest.MonkeyPatch, deployed: None
) -> None:
    for variables in PEER_VARIABLES.values():
        for variable in variables.values():
            monkeypatch.delenv(variable, raising=False)

    assert set(resource_defs) >= {*PEERS, "mongo", "runtime_api_site_client"}
    job = hello_graph.to_job(name="mine", **preset_normal)
    assert job.execute_in_process().output_value() == "Hello, NMDC!"
