"""Translating the fixtures of waters, with what holds for every result."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.benthic import plan_benthic
from nmdc_runtime.translation.neon.constants import BENTHIC, SURFACE_WATER
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.surface_water import plan_surface_water
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from tests.support.neon import Inputs, dangling, of_type, used_and_skipped_add_up

PLANS: dict[str, Callable[..., Any]] = {
    "benthic": plan_benthic,
    "surface_water": plan_surface_water,
}
STUDIES = {"benthic": BENTHIC.study_id, "surface_water": SURFACE_WATER.study_id}
INSTRUMENTS = {"nmdc:inst-14-xz5tb342", "nmdc:inst-14-79zxap02", "nmdc:inst-14-mr4r2w09"}


def translated(
    product: str,
    patches: Iterable[Mapping[str, Any]] = (),
    override: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[dict[str, Any], TranslationReport]:
    """Return the database of a varied fixture, and what was told about it."""
    inputs = Inputs(product).patch(patches)
    chosen = NeonOptions(library_sample_override=override or {}, **options)
    plan, report = PLANS[product](inputs.neon_tables, inputs.references, chosen)
    database = plan.emit(mint_all(plan, placeholder_minter()))
    external = {
        STUDIES[product],
        *INSTRUMENTS,
        *chosen.library_sample_override.values(),
        *chosen.existing_biosample_ids.values(),
    }
    assert dangling(database, external=external) == set()
    assert load_validator().validate_documents(database).problems == ()
    assert used_and_skipped_add_up(report)
    assert "NaN" not in json.dumps(database)
    return database, report


def the(database: Mapping[str, Any], collection: str, name: str) -> dict[str, Any]:
    """Return the document of that name."""
    (found,) = [each for each in database[collection] if each["name"] == name]
    return found


def extraction_of(database: Mapping[str, Any], sample: str) -> dict[str, Any]:
    """Return the extraction from the biosample of that name."""
    biosample_id = the(database, "biosample_set", sample)["id"]
    (found,) = [e for e in of_type(database, "Extraction") if e["has_input"] == [biosample_id]]
    return found


def change(table: str, where: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """Return the patch that writes values into rows."""
    return {"table": table, "op": "set", "where": where or {}, "values": values}


def copy(
    table: str, where: dict[str, Any], replaced: dict[str, Any] | None = None, **values: Any
) -> dict[str, Any]:
    """Return the patch that appends changed copies of rows."""
    return {
        "table": table,
        "op": "append_copy",
        "where": where,
        "values": values,
        "replace_text": replaced or {},
    }


def failed(
    product: str, patches: Iterable[Mapping[str, Any]] = (), **options: Any
) -> TranslationReport:
    """Return the report of a translation that must fail."""
    with pytest.raises(TranslationFailed) as failure:
        translated(product, patches, **options)
    assert used_and_skipped_add_up(failure.value.report)
    return failure.value.report


def messages(report: TranslationReport, code: str) -> list[str]:
    """Return what was told under a code."""
    return [each.message for each in report.problems if each.code == code]
