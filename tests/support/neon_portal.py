"""NEON's portal with the golden data of a product, as a run of Dagster's asks for them."""

import json
import re
from typing import Any, Final

from nmdc_runtime.site.neon_ingest import MAPPING_FILES
from nmdc_runtime.translation.neon import benthic, soil_tables, surface_water
from tests.support.neon import DATA
from tests.support.neon_api import NeonServer

SITES: Final = {"soil": "BLAN", "benthic": "WLOU", "surface_water": "CRAM"}
PRODUCTS: Final = {
    "soil": (
        ("DP1.10107.001", soil_tables.MMS_TABLES),
        ("DP1.10086.001", soil_tables.SLS_TABLES),
    ),
    "benthic": (("DP1.20279.001", benthic.TABLES),),
    "surface_water": (("DP1.20281.001", surface_water.TABLES),),
}
#: What the golden data become.
RECORDED: Final = {
    "soil": "database.single_run.json",
    "benthic": "database.single_run.target.json",
    "surface_water": "database.target.json",
}
FILES: Final = (
    "neon_envo_mappings.tsv",
    "neon_raw_data_file_mappings.tsv",
    "neon_nmdc_instrument_map.tsv",
)


def put_product(portal: NeonServer, word: str) -> None:
    """Have the portal serve the golden data of a product, with its mapping files and sites."""
    folder = DATA / word / "input"
    for product_id, tables in PRODUCTS[word]:
        contents = {name: (folder / f"{name}.csv").read_bytes() for name in tables}
        portal.put_product(product_id, SITES[word], "2020-07", contents)
    for path in folder.glob("*.tsv"):
        portal.files[f"/{path.name}"] = path.read_bytes()
    sites = []
    for code, name in json.loads((folder / "site_code_mapping.json").read_bytes()).items():
        state, site = re.fullmatch(r"USA: (.*?), (.*)", name).groups()  # type: ignore[union-attr]
        sites.append({"siteCode": code, "stateName": state, "siteName": f"{site} NEON"})
    portal.put_json("/api/v0/sites/", {"data": sites})


def mapping_files(portal: NeonServer) -> dict[str, Any]:
    """Return the part of a run config that names the portal's mapping files."""
    addresses = (f"{portal.url}/{name}" for name in FILES)
    inputs = dict(zip(MAPPING_FILES, addresses, strict=True))
    return {"get_neon_pipeline_inputs": {"inputs": inputs}}
