"""The whole way: from NEON's portal to documents, with nothing but the hub left out."""

from pathlib import Path

import pytest

from nmdc_runtime.clients.neon import NeonClient
from nmdc_runtime.clients.neon_files import NeonProduct
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.benthic import TABLES, plan_benthic
from nmdc_runtime.translation.neon.mappings import read_instrument_mapping
from nmdc_runtime.translation.neon.reading import read_neon_tables
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import DATA, canonical, expected
from tests.support.neon_api import neon_server

INPUT = DATA / "benthic" / "input"
INSTRUMENTS = DATA / "mappings" / "neon_sequencingMethod_to_nmdc_instrument_set.tsv"
PUBLISHED = {
    "product_id": "DP1.20279.001",
    "product_tables": "mms_benthicMetagenomeSequencing, mms_benthicMetagenomeDnaExtraction, "
    "mms_benthicRawDataFiles, amb_fieldParent, mms_mms_benthicRawDataFiles",
}


def test_the_published_configuration_of_benthic_leads_to_the_recorded_documents(
    tmp_path: Path,
) -> None:
    with neon_server() as portal, NeonClient(portal.api) as client:
        portal.put_product(
            "DP1.20279.001",
            "WLOU",
            "2018-07",
            {name: (INPUT / f"{name}.csv").read_bytes() for name in TABLES},
        )
        portal.files["/instruments.tsv"] = INSTRUMENTS.read_bytes() + b"\nbroken\tno id"

        fetched = client.fetch_tables(NeonProduct.from_config(PUBLISHED), tmp_path)
        mapping = client.fetch_reference(f"{portal.url}/instruments.tsv")
        site_names = client.fetch_site_names()

    assert fetched.missing == ()
    problems = Problems()
    paths = {name: [file.path for file in files] for name, files in fetched.files.items()}
    plan, report = plan_benthic(
        read_neon_tables(paths, problems),
        NeonReferences(
            site_names=site_names, instruments=read_instrument_mapping(mapping.content, problems)
        ),
        found=problems,
    )
    database = plan.emit(mint_all(plan, placeholder_minter()))

    assert canonical(database) == canonical(expected("benthic", "database.single_run.target.json"))
    assert report.problems.codes() == {"bad_mapping_row"}
    assert "row 4" in report.problems.listed[0].message


def test_a_table_without_files_is_one_that_lacks_its_columns(tmp_path: Path) -> None:
    with neon_server() as portal, NeonClient(portal.api) as client:
        there = [name for name in TABLES if name != "amb_fieldParent"]
        contents = {name: (INPUT / f"{name}.csv").read_bytes() for name in there}
        portal.put_product("DP1.20279.001", "WLOU", "2018-07", contents)
        fetched = client.fetch_tables(NeonProduct.from_config(PUBLISHED), tmp_path)

    assert fetched.missing == ("amb_fieldParent",)
    paths = {name: [file.path for file in files] for name, files in fetched.files.items()}
    with pytest.raises(TranslationFailed, match="amb_fieldParent lacks the columns"):
        plan_benthic(read_neon_tables(paths), NeonReferences())
