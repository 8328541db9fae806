"""The submission of a study on a real MongoDB: what is followed, in how many queries, kept how."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from nmdc_runtime.clients.downloads import AddressRefused
from nmdc_runtime.exports.ncbi_errors import MappingRefused, MappingUnreachable, NothingToSubmit
from nmdc_runtime.exports.ncbi_store import NcbiStore
from nmdc_runtime.exports.study_errors import StudyNotFound, StudyWithoutBiosamples
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.ncbi.errors import MappingInvalid, StudyIncomplete
from nmdc_runtime.translation.ncbi.models import Wishes
from tests.support.generated import fill
from tests.support.ncbi_rules import broken_rules
from tests.support.submitted_study import (
    BARE_STUDY_ID,
    JGI_STUDY_ID,
    STUDY_ID,
    put_submitted_study,
)
from tests.support.text_server import serving_texts

WALK = Path(__file__).parents[2] / "data" / "ncbi" / "21-provenance-walk"
WISHES = Wishes(organization="NMDC", organism="soil metagenome")


class Asked(CommandListener):
    """Counts the questions to the server."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event) -> None:
        self.count += event.command_name in {"find", "getMore", "aggregate"}

    def succeeded(self, event) -> None:
        """Say nothing."""

    def failed(self, event) -> None:
        """Say nothing."""


def exported(services, study_id=STUDY_ID):
    exports = services.ncbi_exports
    return exports.export(study_id, exports.mapping(""), WISHES)


def test_biosamples_are_followed_as_the_case_says_and_library_preparations_are_found(
    services, database
):
    given = json.loads((WALK / "input.json").read_text(encoding="utf-8"))
    expected = json.loads((WALK / "expected.json").read_text(encoding="utf-8"))
    for name in ("data_object_set", "data_generation_set", "material_processing_set"):
        database[name].insert_many(given[name])
    exports = services.ncbi_exports

    assert exports.data_objects(given["biosamples"]) == expected["data_objects"]
    assert exports.sequencing(given["biosamples"]) == expected["nucleotide_sequencing"]
    assert (
        exports.library_preparations(given["biosamples"])
        == expected["library_preparation_intended"]
    )


def test_a_study_becomes_one_experiment_a_run_and_all_that_is_left_out_is_told(services, database):
    put_submitted_study(database)

    made = exported(services)

    assert broken_rules(made.xml) == [("sample_of_run", "nmdc:dgns-11-d")]  # NCBI has its sample
    root = etree.fromstring(made.xml.encode())
    samples = {
        each.findtext("SampleId/SPUID"): {
            attribute.get("attribute_name"): attribute.text
            for attribute in each.iterfind("Attributes/Attribute")
        }
        for each in root.iter("BioSample")
    }
    assert list(samples) == [
        "nmdc:procsm-11-p",
        *(f"nmdc:bsm-11-{each}" for each in ("a", "f", "h", "i")),
    ]
    assert samples["nmdc:procsm-11-p"] == {
        "collection_date": "2020-06/2020-06-02",
        "depth": "0.1-0.5 m",
        "elev": "103.0 m",
        "geo_loc_name": "Iceland: Thingvellir",
        "lat_lon": "64.25 -21.125",
        "samp_pooling": "nmdc:bsm-11-b;nmdc:bsm-11-c;nmdc:bsm-11-z",
        "broker name": "National Microbiome Data Collaborative",
    }
    assert samples["nmdc:bsm-11-a"]["samp_sort_meth"] == "sieved| frozen"
    assert "type" not in samples["nmdc:bsm-11-a"]
    assert samples["nmdc:bsm-11-h"]["name"] == "fenh"
    runs = {
        each.findtext("Identifier/SPUID"): (
            each.findtext("AttributeRefId[@name='BioSample']/RefId/SPUID"),
            [file.get("file_path") for file in each.iterfind("File")],
            [attribute.text for attribute in each.iterfind("Attribute")],
        )
        for each in root.iter("AddFiles")
    }
    novaseq = ["ILLUMINA", "Illumina NovaSeq X", "WGS", "METAGENOMIC", "RANDOM"]
    assert runs == {
        "nmdc:dgns-11-p": (
            "nmdc:procsm-11-p",
            ["p_R1.fastq.gz", "p_R2.fastq.gz"],
            [*novaseq, "paired", "tube p", "protocol pool"],
        ),
        "nmdc:dgns-11-a1": (
            "nmdc:bsm-11-a",
            ["a1r1.fastq.gz", "a1r2.fastq.gz"],
            [*novaseq, "paired", "fen a", "protocol one"],
        ),
        "nmdc:dgns-11-a2": (
            "nmdc:bsm-11-a",
            ["a2.fastq"],
            [
                *("PACBIO_SMRT", "Revio", "RNA-Seq", "METATRANSCRIPTOMIC", "unspecified"),
                *("paired", "fen a", "protocol two"),
            ],
        ),
        "nmdc:dgns-11-d": (
            "nmdc:bsm-11-d",
            ["d.fastq.gz"],
            [*novaseq, "paired", "fen d"],
        ),
    }
    left_out = {(each["kind"], each["id"]) for each in made.report["left_out"]}
    assert left_out == {
        ("sequenced_at_jgi", "nmdc:bsm-11-e"),
        ("pool_without_sample", "nmdc:poolp-11-none"),
        ("has_accession", "nmdc:bsm-11-d"),
        ("sequencing_of_single_member", "nmdc:dgns-11-c"),
        ("sequencing_of_several_samples", "nmdc:dgns-11-hi"),
        ("not_reads", "nmdc:dobj-11-a1log"),
        ("file_without_url", "nmdc:dobj-11-raw"),
        ("file_of_no_sequencing", "nmdc:dobj-11-c"),
        ("no_reads", "nmdc:bsm-11-f"),
    }
    warned = {(each["kind"], each["id"]) for each in made.report["warnings"]}
    assert ("not_xml", "nmdc:bsm-11-h") in warned
    assert ("range_differs", "samp_sort_meth") in warned
    assert made.report["counts"]["biosamples"] == 9
    assert made.report["counts"]["biosample_actions"] == 5
    assert made.report["counts"]["sra_actions"] == 4
    assert database.list_collection_names(filter={"name": "alldocs"}) == []  # no graph is needed


def test_a_generated_study_keeps_the_rules_and_questions_do_not_grow_with_it(
    services, database, mongo_url
):
    fill(database, 60)
    put_submitted_study(database)
    database["biosample_set"].update_many({}, {"$set": {"associated_studies": [STUDY_ID]}})
    made = exported(services)
    assert {rule for rule, _ in broken_rules(made.xml)} <= {"sample_of_run", "file_twice"}
    counts = made.report["counts"]
    assert counts["biosamples"] == 71
    assert made.xml.count("<BioSample ") == counts["biosample_actions"] > 30
    assert made.xml.count("<AddFiles ") == counts["sra_actions"] > 3

    ids = [each["id"] for each in database["biosample_set"].find({}, {"id": 1})]
    counts = []
    for some in (ids[:30], ids):
        asked = Asked()
        with MongoClient(mongo_url, event_listeners=[asked]) as client:
            store = NcbiStore(client[database.name], load_registry(), time_limit_ms=10_000)
            walked = store.provenance(some)
        counts.append(asked.count)

    assert sum(1 for id_ in ids for _ in walked.steps_from(id_)) > len(ids)
    assert counts[0] == counts[1] < len(ids) / 3  # a few for each step away from them


def test_what_was_noted_of_pools_is_in_the_report(services, database):
    put_submitted_study(database)
    database["biosample_set"].update_one(
        {"id": "nmdc:bsm-11-c"}, {"$set": {"depth.has_unit": "bar"}}
    )
    database["processed_sample_set"].update_one(
        {"id": "nmdc:procsm-11-p"}, {"$unset": {"name": ""}}
    )

    made = exported(services)

    assert ("depth_unit_unknown", "nmdc:bsm-11-c") in {
        (each["kind"], each["id"]) for each in made.report["warnings"]
    }
    assert '<Attribute attribute_name="depth">0.1 m</Attribute>' in made.xml
    assert "<Title>Pooled sample nmdc:procsm-11-p</Title>" in made.xml


def test_both_files_are_stored_as_objects_and_the_same_bytes_once(services, database):
    put_submitted_study(database)
    made = exported(services)

    xml, report = services.ncbi_exports.publish(made, label="run-1", username="ada")
    again, _ = services.ncbi_exports.publish(made, label="run-2", username="ada")

    assert xml.name == "ncbi_submission_nmdc_sty-11-fen_run-1.xml"
    assert report.name == "ncbi_submission_nmdc_sty-11-fen_run-1_report.json"
    assert services.objects.content(xml.object_id).content.decode() == made.xml
    assert json.loads(services.objects.content(report.object_id).content) == made.report
    assert (xml.is_new, again.is_new, again.object_id) == (True, False, xml.object_id)
    assert again.name == xml.name
    assert database["objects"].count_documents({}) == 2


def test_what_cannot_be_submitted_has_a_name(services, database):
    put_submitted_study(database)

    with pytest.raises(StudyNotFound):
        exported(services, "nmdc:sty-11-nowhere")
    with pytest.raises(StudyWithoutBiosamples):
        exported(services, BARE_STUDY_ID)
    with pytest.raises(NothingToSubmit, match=r"sequenced_at_jgi 1; for example nmdc:bsm-11-j"):
        exported(services, JGI_STUDY_ID)
    database["study_set"].update_one(
        {"id": STUDY_ID},
        {"$unset": {"insdc_bioproject_identifiers": "", "principal_investigator": ""}},
    )
    with pytest.raises(StudyIncomplete) as refused:
        exported(services)
    assert len(refused.value.facts["faults"]) == 3


def test_mappings_come_from_hosts_that_are_listed_and_are_looked_at(services):
    good = (
        "nmdc_schema_slot\tnmdc_schema_slot_range\tncbi_biosample_attribute_name\tignore\n"
        "depth\tQuantityValue\tsample depth\t\n"
    )
    texts = {"/good.tsv": good, "/bad.tsv": "slot\tname\n", "/csv.tsv": good.replace("\t", ",")}
    with serving_texts(texts) as (url, _):
        exports = services.ncbi_exports
        with pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is not among raw\.github"):
            exports.mapping(f"{url}/good.tsv")
        open_to = replace(exports.downloads, hosts=frozenset({"127.0.0.1"}), max_retries=0)
        listed = replace(exports, downloads=open_to)

        assert listed.mapping(f"{url}/good.tsv").slots["depth"].attribute == "sample depth"
        with pytest.raises(MappingInvalid, match="no column nmdc_schema_slot"):
            listed.mapping(f"{url}/bad.tsv")
        with pytest.raises(MappingInvalid, match="tab-separated"):
            listed.mapping(f"{url}/csv.tsv")
        with pytest.raises(MappingRefused, match="404"):
            listed.mapping(f"{url}/gone.tsv")
    with pytest.raises(MappingUnreachable):
        listed.mapping(f"{url}/good.tsv")


def test_a_submission_is_released_on_the_day_it_is_made(services, database, now):
    put_submitted_study(database)

    made = exported(services)

    assert f'<Hold release_date="{now.date().isoformat()}"/>' in made.xml
