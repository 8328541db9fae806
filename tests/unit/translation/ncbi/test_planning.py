"""What is submitted of a study, and who answers for it."""

from typing import Any

import pytest

from nmdc_runtime.translation.ncbi.errors import StudyIncomplete
from nmdc_runtime.translation.ncbi.mapping import AttributeMapping, MappedSlot
from nmdc_runtime.translation.ncbi.models import NcbiSubmission, Records, Wishes
from nmdc_runtime.translation.ncbi.planning import header_of, plan_submission
from nmdc_runtime.translation.ncbi.remarks import Remarks

WISHES = Wishes(organization="NMDC", organism="soil metagenome")
STUDY = {
    "id": "nmdc:sty-11-s",
    "insdc_bioproject_identifiers": ["bioproject:PRJNA1"],
    "principal_investigator": {"name": "Ada Lovelace", "email": "ada@example.org"},
}
ILLUMINA = {"i": {"id": "i", "vendor": "illumina", "model": "miseq"}}


def mapping_of(**slots: str) -> AttributeMapping:
    return AttributeMapping(
        "m.tsv", {slot: MappedSlot(attribute=name, range="default") for slot, name in slots.items()}
    )


def planned(*biosamples: dict[str, Any], **more: Any) -> tuple[NcbiSubmission, Remarks]:
    remarks = Remarks()
    wishes = more.pop("wishes", WISHES)
    mapping = more.pop("mapping", mapping_of(name="name", depth="depth", soil_horizon="horizon"))
    records = Records(study=STUDY, biosamples=biosamples, **more)
    return plan_submission(records, mapping, wishes, remarks), remarks


def told(remarks: Remarks) -> list[tuple[str, str]]:
    return [(each.kind, each.id) for each in (*remarks.left_out, *remarks.warnings)]


def a_run(id_: str, *outputs: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "has_output": list(outputs),
        "analyte_category": "metagenome",
        "instrument_used": ["i"],
        **more,
    }


def reads(id_: str, name: str | None = None) -> dict[str, Any]:
    return {"id": id_, "url": f"https://example.org/{name or id_}.fastq"}


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ("Ada", "Lovelace", "ada@example.org")),
        ({"principal_investigator": {"name": "A B C", "email": "e@x"}}, ("A", "C", "e@x")),
        (  # as newer versions of the schema have it
            {
                "principal_investigator": None,
                "has_credit_associations": [
                    {"applied_roles": ["Methodology"], "applies_to_agent": {"name": "No One"}},
                    {
                        "applied_roles": ["Principal Investigator"],
                        "applies_to_agent": {"name": "Eve Newer", "email": "eve@x"},
                    },
                ],
            },
            ("Eve", "Newer", "eve@x"),
        ),
        (  # as older ones: and the e-mail address stands elsewhere
            {
                "has_credit_associations": [
                    {
                        "applied_roles": ["Principal Investigator"],
                        "applies_to_person": {"name": "Eve Older", "email": None},
                    }
                ],
            },
            ("Eve", "Older", "ada@example.org"),
        ),
    ],
)
def test_the_contact_is_the_principal_investigator(
    changed: dict[str, Any], names: tuple[str, str, str]
) -> None:
    header = header_of(STUDY | changed, WISHES, Remarks())

    assert (header.first_name, header.last_name, header.email) == names
    assert header.bioproject == "PRJNA1"


def test_who_submits_may_name_the_contact() -> None:
    wishes = Wishes(contact_first="Bo", contact_last="Li", contact_email="bo@x")
    remarks = Remarks()

    header = header_of(STUDY | {"principal_investigator": None}, wishes, remarks)

    assert (header.first_name, header.last_name, header.email) == ("Bo", "Li", "bo@x")
    assert [kind for kind, _ in told(remarks)] == ["no_organization", "no_organism"]


def test_a_study_that_lacks_what_ncbi_needs_is_refused_with_all_of_it() -> None:
    with pytest.raises(StudyIncomplete) as refused:
        header_of({"id": "s", "principal_investigator": {"name": "Cher"}}, WISHES, Remarks())

    bioproject, names, email = refused.value.facts["faults"]
    assert "insdc_bioproject_identifiers" in bioproject
    assert "contact_first" in names
    assert "contact_email" in email


def test_a_sample_without_a_name_has_the_long_title_and_no_empty_attributes() -> None:
    submission, remarks = planned({"id": "b", "depth": " ", "name": [], "soil_horizon": "O"})

    (sample,) = submission.samples
    assert sample.title == "NMDC Biosample b from soil metagenome, part of nmdc:sty-11-s study"
    assert [name for name, _ in sample.attributes] == ["horizon", "broker name"]
    assert sample.package == ""
    assert told(remarks) == [("no_reads", "b")]


def test_values_that_ncbi_or_nobody_can_read_are_left_out_and_told() -> None:
    mapping = mapping_of(
        soil_horizon="soil_horizon", elev="elev", host_taxid="host_taxid", lat_lon="lat_lon"
    )
    submission, remarks = planned(
        {
            "id": "b",
            "soil_horizon": "M horizon",
            "elev": "high",
            "host_taxid": {"has_raw_value": "man"},
            "lat_lon": {"latitude": 1, "longitude": -2},
        },
        mapping=mapping,
        wishes=Wishes(organization="NMDC", organism="x", has_hemispheres=True),
    )

    assert submission.samples[0].attributes[:-1] == (("lat_lon", "1 N 2 W"),)
    assert told(remarks)[:3] == [
        ("value_refused", "b"),
        ("value_unreadable", "b"),
        ("value_unreadable", "b"),
    ]


def test_two_slots_of_one_attribute_are_told() -> None:
    submission, remarks = planned(
        {"id": "b", "name": "one", "depth": "two"}, mapping=mapping_of(name="n", depth="n")
    )

    assert submission.samples[0].attributes[0] == ("n", "two")
    assert ("attribute_twice", "b") in told(remarks)


def test_of_a_pool_the_first_member_speaks_but_for_some_slots_the_last() -> None:
    pool = {"pooling_process_id": "p", "processed_sample_id": "s"}
    submission, _ = planned(
        {"id": "a", "elev": 1, "env_medium": ["x", "y"], "lat_lon": "here", "env_package": "soil"},
        {"id": "b", "elev": 2, "env_medium": "z", "lat_lon": "there", "geo_loc_name": "B"},
        {"id": "c", "geo_loc_name": ["C"], "env_package": {"has_raw_value": "water"}},
        mapping=mapping_of(
            elev="elev", env_medium="env_medium", lat_lon="lat_lon", geo_loc_name="geo_loc_name"
        ),
        pooling=dict.fromkeys("abc", pool),
    )

    (sample,) = submission.samples
    assert dict(sample.attributes[:-1]) == {
        "elev": "2.0 m",
        "env_medium": "x",
        "geo_loc_name": "B",
        "lat_lon": "here",
    }
    assert (sample.package, sample.title) == ("MIMS.me.water.6.0", "Pooled sample s")


def test_a_pool_with_a_member_that_is_at_ncbi_is_left_out_but_not_its_run() -> None:
    pool = {"pooling_process_id": "p", "processed_sample_id": "s", "processed_sample_name": "tube"}
    submission, remarks = planned(
        {"id": "a"},
        {"id": "b", "insdc_biosample_identifiers": ["biosample:SAMN1"]},
        pooling={"a": pool, "b": pool},
        sequencing=[{"a": [a_run("r", "f")], "b": [a_run("r", "f")]}],
        data_objects=[{"a": [reads("f")]}, {"b": [reads("f")]}],
        instruments=ILLUMINA,
    )

    assert submission.samples == ()
    (run,) = submission.experiments
    assert (run.sample_id, run.files, dict(run.attributes)["library_name"]) == (
        "s",
        ("f.fastq",),
        "tube",
    )
    assert told(remarks) == [("has_accession", "s")]


def test_what_two_poolings_gave_is_one_sample_with_one_run_and_that_is_told() -> None:
    first, second = (
        {"pooling_process_id": p, "processed_sample_id": "s", "pooled_biosample_ids": [member]}
        for p, member in (("p", "a"), ("q", "b"))
    )
    submission, remarks = planned(
        {"id": "a"},
        {"id": "b"},
        pooling={"a": first, "b": second},
        sequencing=[{"a": [a_run("r", "f")]}, {"b": [a_run("r", "f")]}],
        data_objects=[{"a": [reads("f")]}, {"b": [reads("f")]}],
        instruments=ILLUMINA,
    )

    assert [(each.id, each.links) for each in submission.samples] == [("s", ("s", "p", "a"))]
    assert [(each.id, each.sample_id) for each in submission.experiments] == [("r", "s")]
    assert told(remarks) == [("pooled_twice", "s")]


def test_each_run_has_its_own_files_instrument_and_protocol() -> None:
    submission, remarks = planned(
        {"id": "a", "name": "A"},
        sequencing=[
            {
                "a": [
                    a_run("r1", "f1", has_input=["l1"]),
                    a_run("r2", "f2", instrument_used=["?"], analyte_category="other"),
                    a_run("r3", "f9"),
                ]
            }
        ],
        data_objects=[{"a": [reads("f1"), reads("f2"), reads("f3")]}],
        library_preparations=[
            {"a": {"id": "p1", "has_output": ["l1"], "protocol_link": {"name": "one"}}},
            {"a": {"id": "p2", "has_output": ["l2"], "protocol_link": {"name": "two"}}},
        ],
        instruments=ILLUMINA,
    )

    first, second = submission.experiments
    assert (first.id, first.files) == ("r1", ("f1.fastq",))
    assert dict(first.attributes) == {
        "platform": "ILLUMINA",
        "instrument_model": "Illumina MiSeq",
        "library_strategy": "WGS",
        "library_source": "METAGENOMIC",
        "library_selection": "RANDOM",
        "library_layout": "single",
        "library_name": "A",
        "library_construction_protocol": "one",
    }
    assert dict(second.attributes) == {"library_layout": "single", "library_name": "A"}
    assert sorted(told(remarks)) == [
        ("category_unknown", "r2"),
        ("file_of_no_sequencing", "f3"),
        ("instrument_unknown", "r2"),
        ("sequencing_without_files", "r3"),
        ("several_preparations", "r2"),
    ]


def test_a_family_of_instruments_is_unspecified_and_told() -> None:
    submission, remarks = planned(
        {"id": "a"},
        sequencing=[{"a": [a_run("r", "f")]}],
        data_objects=[{"a": [reads("f")]}],
        instruments={"i": {"id": "i", "vendor": "illumina", "model": "hiseq"}},
    )

    assert dict(submission.experiments[0].attributes)["instrument_model"] == "unspecified"
    assert told(remarks) == [("instrument_unknown", "r")]


def test_characters_that_xml_cannot_carry_are_left_out_and_told_wherever_they_stand() -> None:
    submission, remarks = planned(
        {"id": "a", "name": "x\x00y", "depth": "\x1b"},
        wishes=Wishes(organization="N\x08MDC", organism="o\ufffe"),
        sequencing=[{"a": [a_run("r", "f")]}],
        data_objects=[{"a": [reads("f", "\x01f")]}],
        instruments=ILLUMINA,
    )

    assert (submission.header.organization, submission.header.organism) == ("NMDC", "o")
    assert submission.samples[0].title == "xy"
    assert [name for name, _ in submission.samples[0].attributes] == ["name", "broker name"]
    assert submission.experiments[0].files == ("f.fastq",)
    assert {kind for kind, _ in told(remarks)} == {"not_xml"}
    assert "U+0000" in " ".join(each.reason for each in remarks.warnings)


def test_an_address_that_is_none_is_no_file() -> None:
    submission, remarks = planned(
        {"id": "a"},
        sequencing=[{"a": [a_run("r", "f")]}],
        data_objects=[{"a": [{"id": "f", "url": "http://[x.fastq"}]}],
    )

    assert submission.experiments == ()
    assert told(remarks) == [("not_reads", "f"), ("no_reads", "a")]


def test_files_that_are_named_alike_are_told_and_nothing_is_said_twice() -> None:
    log = {"id": "log", "url": "https://example.org/log.txt"}
    submission, remarks = planned(
        {"id": "a"},
        {"id": "b"},
        sequencing=[{"a": [a_run("r1", "f1")]}, {"b": [a_run("r2", "f2")]}],
        data_objects=[{"a": [reads("f1", "x"), log]}, {"b": [reads("f2", "x"), log]}],
        instruments=ILLUMINA,
    )

    assert [each.files for each in submission.experiments] == [("x.fastq",), ("x.fastq",)]
    assert told(remarks) == [("not_reads", "log"), ("file_named_alike", "r2")]
