"""Submissions, as the cases have them: what upstream writes, or what was derived by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.ncbi.mapping import read_mapping
from nmdc_runtime.translation.ncbi.models import NcbiSubmission, Records, Wishes
from nmdc_runtime.translation.ncbi.planning import plan_submission
from nmdc_runtime.translation.ncbi.pooling import pooling_info
from nmdc_runtime.translation.ncbi.remarks import Remarks
from nmdc_runtime.translation.ncbi.xml import bioproject_action, element, serialised, submission_xml
from tests.support.ncbi_rules import broken_rules

DATA = Path(__file__).parents[3] / "data" / "ncbi"
CASES = sorted(each.parent.name for each in DATA.glob("*/mapping.tsv"))
#: Its biosample has every slot, and a text for a package that no package is called.
NO_PACKAGE = "17-full-mapping-exhaustive-biosample"
#: JGI has sequenced all it has.
NOTHING_LEFT = "03-any-jgi-sequencing-excludes"


def expected(case: str) -> str:
    """Return the mended answer of a case whose own one is a defect; a derivation is beside it."""
    mended = DATA / case / "expected-mended.xml"
    file = mended if mended.exists() else DATA / case / "expected.xml"
    return file.read_text(encoding="utf-8")


def planned(case: str) -> tuple[NcbiSubmission, Remarks]:
    given: dict[str, Any] = json.loads((DATA / case / "input.json").read_text(encoding="utf-8"))
    remarks = Remarks()
    submission = plan_submission(
        Records(
            study=given["study"],
            biosamples=given["biosamples"],
            sequencing=given["nucleotide_sequencing"],
            data_objects=given["data_objects"],
            library_preparations=given["library_preparation"],
            instruments=given["instruments_by_id"],
            pooling=given["pooled_biosamples"],
        ),
        read_mapping((DATA / case / "mapping.tsv").read_bytes(), name="mapping.tsv"),
        Wishes(
            organization=given["config"]["ncbi_submission_metadata"]["organization"],
            organism=given["config"]["ncbi_biosample_metadata"]["organism_name"],
        ),
        remarks,
    )
    return submission, remarks


@pytest.mark.parametrize("case", CASES)
def test_a_case_becomes_the_submission_that_it_should_and_keeps_the_rules_of_ncbi(
    case: str,
) -> None:
    submission, _ = planned(case)

    text = submission_xml(submission, release_date=date(2025, 1, 31))

    assert text == expected(case)
    broken = broken_rules(text)
    if case == NO_PACKAGE:
        assert [rule for rule, _ in broken] == ["package_name"]
    elif case == NOTHING_LEFT:
        assert [rule for rule, _ in broken] == ["no_action"]
    elif case == "08-pooled-sra-paired":  # it has no biosamples, but files of them
        assert [rule for rule, _ in broken] == ["sample_of_run"]
    else:
        assert broken == []


def test_the_builder_of_projects_writes_the_published_one() -> None:
    given = json.loads((DATA / "15-bioproject-fragment" / "input.json").read_text(encoding="utf-8"))
    given["organization"] = given.pop("org")

    text = serialised(element("Submission", None, None, bioproject_action(**given)))

    assert text == (DATA / "15-bioproject-fragment" / "expected.xml").read_text(encoding="utf-8")
    assert etree.fromstring(text.encode()).findtext(".//Description/p") == given["description"]


def test_pools_are_detected_as_published_but_depths_are_converted() -> None:
    folder = DATA / "20-pooling-detection"
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    registry = load_registry()

    found = pooling_info(
        given["biosamples"],
        [each for each in given["material_processing_set"] if each["type"] == "nmdc:Pooling"],
        is_processed_sample=lambda id_: (
            registry.collections_for_typecode(id_.partition(":")[2].partition("-")[0])
            == ("processed_sample_set",)
        ),
        remarks=Remarks(),
    )

    assert found == json.loads((folder / "expected-mended.json").read_text(encoding="utf-8"))


def test_what_a_case_leaves_out_is_told_with_the_reason() -> None:
    kinds = {case: planned(case)[1].counts()["left_out"] for case in CASES}

    assert kinds["01-individual-metagenome"] == {}
    assert kinds["02-jgi-biosample-excluded"] == {"sequenced_at_jgi": 1}
    assert kinds["03-any-jgi-sequencing-excludes"] == {"sequenced_at_jgi": 1}
    assert kinds["05-pooled-biosamples"] == {"no_reads": 1}
    assert kinds["07-fastq-extension-filter"] == {"file_without_url": 1, "not_reads": 2}
    assert kinds["12-no-sequencing-record"] == {"no_reads": 1}
    _, remarks = planned("02-jgi-biosample-excluded")
    assert [(each.id, each.kind) for each in remarks.left_out] == [
        ("nmdc:bsm-12-jgitest", "sequenced_at_jgi")
    ]


def test_the_builder_of_elements_sets_tag_text_attributes_and_children_as_given() -> None:
    made = element("Name", 'a < b & "c"', {"label": "<&>"}, element("Inner"))

    assert etree.tostring(made, encoding="unicode") == (
        '<Name label="&lt;&amp;&gt;">a &lt; b &amp; "c"<Inner/></Name>'
    )
