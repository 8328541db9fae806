"""Random submissions: whatever is typed into cells, the result is sound or a report."""

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import dangling, used_and_skipped_add_up
from tests.support.portal import TERMS, submission, translated

READS = "metagenome_sequencing_interleaved_data"


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
CELLS |= st.lists(st.text(max_size=5) | st.none(), max_size=3)
CELLS |= st.dictionaries(st.text(max_size=3), st.integers(), max_size=1)
CELLS |= st.sampled_from(["5 m", "1 - 2 Cel", "a [ENVO:1]", "Pooling:a,b", "Extraction:a", "a|b"])
CELLS |= st.sampled_from(["1" * 5000 + " a b", "5 m" + "9" * 5000, ["soil"], [[["x"]]], "\ud800"])
#: Columns that are more than a slot of a sample, often.
COLUMNS = st.sampled_from(
    [
        *("sample_link", "model", "read_1_url", "read_1_md5_checksum", "protocol_link", "id", "x"),
        *("env_package", "misc_param"),
    ]
) | st.sampled_from(
    sorted(
        set(load_registry().slots_of("Biosample"))
        | set(load_registry().slots_of("Organism"))
        | set(load_registry().slots_of("DataObject"))
    )
)
ROWS = st.lists(
    st.builds(
        lambda name, cells: {**TERMS, **cells, "samp_name": name},
        st.sampled_from(["a", "b", "c", " a", None, 1]),
        st.dictionaries(COLUMNS, CELLS, max_size=5),
    ),
    max_size=4,
)
TABS = st.dictionaries(
    st.sampled_from(["soil_data", "water_data", "isolate_data", READS, "jgi_mg_data"]), ROWS
)


@settings(deadline=None)  # the first example compiles the schema
@given(tabs=TABS, strict=st.booleans())
def test_whatever_is_in_cells_gives_sound_documents_or_a_report(tabs, strict) -> None:
    envelope = submission(**tabs)
    try:
        database, report = translated(envelope, options=PortalOptions(strict=strict))
    except TranslationFailed as failed:
        report = failed.report
        assert strict
    else:
        assert load_validator().validate_documents(database).problems == ()
        named = {
            each
            for document in database.get("biosample_set", ())
            for slot in ("collected_from",)
            for each in [document.get(slot)]
        }
        named |= {
            each for run in database.get("data_generation_set", ()) for each in instruments(run)
        }
        assert dangling(database, external=named) == set()
    assert used_and_skipped_add_up(report)
    orjson.dumps(report.to_dict())
    json.dumps(report.to_dict(), allow_nan=False)


def instruments(run: dict[str, Any]) -> list[str]:
    return run.get("instrument_used", [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["value", "provider", "name", "orcid", "roles", "x"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)
FIELDS = st.sampled_from(
    [
        *("studyName", "description", "notes", "alternativeNames", "fundingSources", "dataDois"),
        *("linkOutWebpage", "GOLDStudyId", "NCBIBioProjectId", "publicationDois", "contributors"),
        *("piName", "piEmail", "piOrcid", "JGIStudyId", "studyNumber", "awardDois"),
    ]
)
FORM = st.dictionaries(FIELDS, JSON, max_size=5)


@settings(deadline=None)
@given(study=FORM, omics=FORM | JSON, compat=st.booleans())
def test_whatever_is_in_the_forms_gives_a_study_of_the_schema(study, omics, compat):
    forms = {"studyForm": study, "multiOmicsForm": omics}
    database, _ = translated(submission(forms), options=PortalOptions(compat=compat))
    assert len(database["study_set"]) == 1
    assert load_validator().validate_documents(database).problems == ()
