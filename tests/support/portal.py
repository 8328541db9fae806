"""The Submission Portal's fixtures: submissions, what was recorded of them, comparing graphs."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.portal.options import SOURCE_SYSTEM, PortalOptions
from nmdc_runtime.translation.portal.translator import SubmissionPortalTranslator
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.values import provenance
from tests.support import neon

DATA = Path(__file__).parents[1] / "data" / "submission_portal"
GOLDEN = ("isolate_only", "isolate_soil", "isolate_soil_jgi", "nucleotide_sequencing_mapping")
GOLDEN += ("soil_sample_link",)
STRICT = PortalOptions(strict=True)
#: The conditions under which results were recorded.
INSTRUMENTS = {"hiseq_1500": "nmdc:inst-00-00000001", "nextseq": "nmdc:inst-00-00000002"}
TERMS = {
    "env_medium": "bulk soil [ENVO:00005802]",
    "env_broad_scale": "mixed forest biome [ENVO:01000198]",
    "env_local_scale": "area of evergreen forest [ENVO:01000843]",
}


def golden(case: str, part: str) -> Any:
    """Return the input or the expected database of a golden case."""
    return json.loads((DATA / "json" / f"{case}.{part}.json").read_bytes())


def observed(name: str) -> Any:
    """Return one of the files of recorded behaviour."""
    return json.loads((DATA / f"{name}.json").read_bytes())


def recorded_provenance(submission_id: str) -> dict[str, Any]:
    """Return the provenance of the recorded results."""
    moment = datetime(2023, 10, 17, 9, tzinfo=UTC)
    return provenance(
        moment, version="999.9.9", source_system=SOURCE_SYSTEM, submission_id=submission_id
    )


def submission(forms: Mapping[str, Any] | None = None, **tabs: list[Any]) -> dict[str, Any]:
    """Return the portal's answer for a submission with these tabs."""
    held = {"studyForm": {"studyName": "s", "piEmail": "e"}, **(forms or {})}
    return {"id": "sub1", "metadata_submission": {**held, "sampleData": {"data": tabs}}}


def soil(name: str, **columns: Any) -> dict[str, Any]:
    """Return a row of the soil tab with all that it must have."""
    return {"samp_name": name, **TERMS, **columns}


def translated(
    envelope: Mapping[str, Any] | None, *, options: PortalOptions | None = None, **arguments: Any
) -> tuple[dict[str, Any], TranslationReport]:
    """Return the database of a submission, with placeholder ids, and the report."""
    translator = SubmissionPortalTranslator(
        envelope,
        id_minter=placeholder_minter(),
        options=options or PortalOptions(),
        **({"study_category": "research_study"} | arguments),
    )
    return dict(translator.get_database()), translator.report


def canonical(database: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a database in a form that is equal for graphs equal up to their ids."""
    text = re.sub(r" for nmdc:dgns-[\w-]+", " for the run", json.dumps(database))
    return neon.canonical(json.loads(text))


def many_samples(how_many: int) -> dict[str, Any]:
    """Return a submission with so many rows of samples, of which each has a bad cell, and runs."""
    rows = [
        soil(
            f"s{number}",
            elev=number,
            analysis_type=["metagenomics"],
            annual_temp="50 [degF]",
            collection_date="2022-01-15",
            depth="10 - 20 cm",
            ecosystem="Environmental",
            geo_loc_name="USA: Nowhere, Oklahoma",
            growth_facil="greenhouse",
            host_taxid="x [NCBITaxon:1]",
            lat_lon="35.2 -98.4",
            org_carb="<5",
            ph="7.1",
            samp_size="5 g",
            samp_store_temp="-80 Cel",
            soil_horizon="A horizon",
            store_cond="frozen",
        )
        for number in range(how_many)
    ]
    runs = [
        {
            "samp_name": f"s{number}",
            "model": "nextseq",
            "read_1_url": f"http://example.org/{number}_1a.fq; http://example.org/{number}_1b.fq",
            "read_2_url": f"http://example.org/{number}_2.fq",
        }
        for number in range(how_many)
    ]
    return submission(soil_data=rows, metagenome_sequencing_non_interleaved_data=runs)


def failure(envelope: Any, *, options: PortalOptions = STRICT, **arguments: Any) -> dict[str, int]:
    """Return how many problems of each code a translation fails with; it must fail."""
    with pytest.raises(TranslationFailed) as failed:
        translated(envelope, options=options, **arguments)
    return dict(failed.value.report.problems.by_code)


def names(database: Mapping[str, Any], collection: str) -> list[str]:
    """Return the names of the documents of a collection."""
    return [document["name"] for document in database.get(collection, ())]
