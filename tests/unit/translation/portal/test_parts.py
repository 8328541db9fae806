"""Cells, terms, links, identifiers, study forms and files, against the fixtures' vectors."""

import csv

import pytest
import yaml

from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.portal.images import with_study_images
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.sequencing import instruments_by_model
from nmdc_runtime.translation.portal.slots import CellRefused, read_number, reader_of
from nmdc_runtime.translation.portal.study import identifier, study_document
from nmdc_runtime.translation.portal.tabs import Submission
from nmdc_runtime.translation.portal.texts import (
    clean_at,
    geolocation_text,
    ontology_term,
    parse_sample_link,
    process_names,
)
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.quantities import storage_units
from nmdc_runtime.translation.report import TranslationFailed
from nmdc_runtime.translation.tables import read_csv
from tests.support.portal import DATA, observed, soil, submission, translated

VECTORS = yaml.safe_load((DATA / "unit_vectors.yaml").read_bytes())
OBSERVED = observed("observed_parsers")


def study_of(forms: dict, options: PortalOptions | None = None) -> tuple[dict, Problems]:
    problems = Problems()
    made = study_document(
        Submission(id="s", study_id=None, forms=forms, samples={}),
        Label("nmdc:Study", "s"),
        options or PortalOptions(),
        problems,
    )
    return made, problems


def without_types(value):
    if isinstance(value, dict):
        return {k: without_types(v) for k, v in value.items() if k != "type" and v is not None}
    return [without_types(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", OBSERVED["ontology_class"], ids=lambda case: repr(case["raw"]))
def test_terms_are_read_as_recorded(case) -> None:
    assert ontology_term(case["raw"]) == case["result"]


@pytest.mark.parametrize("case", OBSERVED["geolocation"], ids=lambda case: repr(case["raw"]))
def test_places_are_read_as_recorded_but_a_number_is_no_place_instead_of_a_crash(case) -> None:
    assert geolocation_text(str(case["raw"])) == case.get("result")


@pytest.mark.parametrize("case", OBSERVED["sample_link"], ids=lambda case: repr(case["raw"]))
def test_links_are_read_as_recorded(case) -> None:
    link = parse_sample_link(case["raw"])
    assert (None if link is None else [link.process, list(link.inputs)]) == case["result"]


def test_the_processes_of_links_are_those_of_the_schema() -> None:
    assert sorted(process_names()) == sorted(OBSERVED["sample_link_process_names"])


@pytest.mark.parametrize("case", OBSERVED["float"], ids=lambda case: repr(case["raw"]))
def test_numbers_are_read_as_recorded(case) -> None:
    if case["result"] is None:
        with pytest.raises(CellRefused):
            read_number(case["raw"])
    else:
        assert read_number(case["raw"]) == case["result"]


@pytest.mark.parametrize(
    ("slot", "cases"),
    [
        ("env_medium", VECTORS["controlled_identified_term_value"]),
        ("growth_facil", VECTORS["controlled_term_value"]),
        ("lat_lon", VECTORS["geolocation_value"]),
    ],
    ids=["identified term", "term", "place"],
)
def test_the_vectors_of_values_hold(slot, cases) -> None:
    for case in cases:
        row = soil("a") | {slot: case["raw"]}
        database, _ = translated(submission(soil_data=[row]))
        made = database.get("biosample_set")
        found = without_types(made[0].get(slot)) if made else None
        assert found == without_types(case["expected"])


#: The recorded rule of a slot → our functions.
READERS = {
    "TextValue": {"_text_value"},
    "QuantityValue": {"quantity"},
    "ControlledIdentifiedTermValue": {"_identified_term"},
    "ControlledTermValue": {"_term"},
    "TimestampValue": {"_timestamp"},
    "GeolocationValue": {"_geolocation"},
    "NcbiTaxon": {"_taxon"},
    "float": {"read_number"},
    "string": {"_text"},
    "estimated_size rule": {"_megabases"},
    "as-is": {"_text", "_integer", "_boolean", "choice", "_object"},
}


def test_slots_are_read_by_the_rules_of_the_slot_table_though_ours_come_from_the_schema() -> None:
    lines = csv.DictReader((DATA / "slot_table.tsv").read_text().splitlines(), delimiter="\t")
    wrong = []
    held = 0
    for line in lines:
        held += 1
        reader = reader_of(line["class"], line["slot"])
        if (
            reader is None
            or reader.many != (line["multivalued"] == "True")
            or reader.one.__name__ not in READERS[line["handler"]]
            or (
                line["handler"] == "QuantityValue"
                and "|".join(storage_units(line["slot"])) != line["storage_units"]
            )
        ):
            wrong.append((line, reader))
    assert wrong == []
    assert held == 619


def test_values_at_a_path_are_trimmed_and_nothing_is_none() -> None:
    document = VECTORS["get_from"]["document"]
    assert clean_at(document, ["one"]) is document["one"]
    for case in VECTORS["get_from"]["cases"][1:]:
        assert clean_at(document, case["path"]) == case["expected"]


@pytest.mark.parametrize("case", VECTORS["principal_investigator"], ids=lambda case: str(case)[:50])
def test_the_principal_investigator_is_as_recorded(case) -> None:
    forms = {"studyForm": case["studyForm"]}
    options = PortalOptions(study_pi_image_url=case["study_pi_image_url"])
    study, _ = study_of(forms, options)
    assert without_types(study.get("principal_investigator")) == case["expected"]


@pytest.mark.parametrize("case", VECTORS["study_dois"], ids=["four", "none"])
def test_the_dois_are_as_recorded(case) -> None:
    study, problems = study_of(case["input"])
    assert without_types(study.get("associated_dois")) == without_types(case["expected"])
    assert problems.listed == []


def test_contributors_and_the_id_in_gold_are_as_recorded() -> None:
    (credit,) = VECTORS["credit_associations"]
    study, _ = study_of(credit["input"])
    assert without_types(study["has_credit_associations"]) == credit["expected"]
    assert {each["type"] for each in study["has_credit_associations"]} == {"prov:Association"}
    for case in VECTORS["gold_study_identifiers"]:
        assert study_of(case["input"])[0].get("gold_study_identifiers") == case["expected"]


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("Gs0149396", "gold", "gold:Gs0149396"),
        ("GOLD:Gs0149396", "gold", "gold:Gs0149396"),
        (" Gold:Gs1 ", "gold", "gold:Gs1"),
        ("https://gold.jgi.doe.gov/study?id=Gs1", "gold", "gold:study?id=Gs1"),  # refused later
        ("https://gold.jgi.doe.gov/studies/Gs1/", "gold", "gold:Gs1"),
        ("BioProject:PRJNA1", "bioproject", "bioproject:PRJNA1"),
        ("https://www.ncbi.nlm.nih.gov/bioproject/PRJNA1", "bioproject", "bioproject:PRJNA1"),
        ("123456", "jgi.proposal", "jgi.proposal:123456"),
        ("JGI.proposal:1", "jgi.proposal", "jgi.proposal:1"),
        ("10.1000/a:b", "doi", "doi:10.1000/a:b"),
        ("https://doi.org/10.1000/a", "doi", "doi:10.1000/a"),
        ("http://dx.doi.org/10.1000/a/b", "doi", "doi:10.1000/a/b"),
        ("doi.org/10.1000/a", "doi", "doi:10.1000/a"),
        ("DOI: 10.1000/a", "doi", "doi:10.1000/a"),
        ("other:1", "gold", "other:1"),  # not ours to rename; the schema refuses it
    ],
)
def test_identifiers_get_the_prefix_of_the_schema(text, prefix, expected) -> None:
    assert identifier(text, prefix=prefix) == expected


def test_identifiers_of_a_form_may_be_numbers_and_those_of_no_pattern_are_reported() -> None:
    forms = {
        "studyForm": {"studyName": "s", "GOLDStudyId": "Gb1"},
        "multiOmicsForm": {"JGIStudyId": 505, "studyNumber": 12},
    }
    database, report = translated(submission(forms))
    (study,) = database["study_set"]
    assert study["jgi_portal_study_identifiers"] == ["jgi.proposal:505"]
    assert {"gold_study_identifiers", "emsl_project_identifiers"}.isdisjoint(study)
    assert {each.column: each.value for each in report.problems} == {
        "GOLDStudyId": "gold:Gb1",
        "studyNumber": "emsl.project:12",
    }
    assert report.problems.by_code == {"refused_by_schema": 2}


def test_pictures_are_added_in_order_and_once() -> None:
    case = VECTORS["set_study_images"]
    urls = (case["pi_image_url"], case["primary_study_image_url"], case["study_images_url"])
    study = with_study_images(case["study"], *urls)
    assert (
        without_types(study["principal_investigator"])
        == (case["expected"]["principal_investigator"])
    )
    assert without_types(study["study_image"]) == case["expected"]["study_image"]
    assert "study_image" not in case["study"]
    assert with_study_images(study, *urls) == study
    assert with_study_images({"id": "x"}, None, None, []) == {"id": "x"}
    kept = with_study_images({"principal_investigator": {"name": "n"}}, "http://p", None)
    assert kept["principal_investigator"]["name"] == "n"


@pytest.mark.parametrize("case", VECTORS["url_and_md5_lengths"]["cases"], ids=["one", "1+2", "two"])
def test_addresses_and_checksums_of_a_row_are_as_recorded(case) -> None:
    vectors = VECTORS["url_and_md5_lengths"]
    row = {k: v for k, v in vectors["base_row"].items() if not k.startswith("read_2")}
    tab = "metagenome_sequencing_non_interleaved_data"
    envelope = submission(soil_data=[soil("001")], **{tab: [row | case["overrides"]]})
    if "expected_error_mentions" in case:
        with pytest.raises(TranslationFailed, match=case["expected_error_mentions"]):
            translated(envelope, options=PortalOptions(strict=True))
        kept, report = translated(envelope)
        assert "data_generation_set" not in kept
        assert report.tables[tab].skipped == {"url_checksum_mismatch": 1}
        return
    database, _ = translated(envelope, illumina_instrument_mapping={"hiseq_1500": "nmdc:inst-11-a"})
    files = database["data_object_set"]
    assert len(files) == case["expected"]["data_objects"]
    manifests = database.get("manifest_set", [])
    assert bool(manifests) == case["expected"]["manifest"]
    assert all(each.get("in_manifest", []) == [m["id"] for m in manifests] for each in files)
    assert all("md5_checksum" in each for each in files)
    (run,) = database["data_generation_set"]
    assert {each["description"] for each in files} == {f"Metagenome Raw Read 1 for {run['id']}"}


def test_one_instrument_is_made_for_each_model_that_is_not_known() -> None:
    vectors = VECTORS["instruments"]
    known = dict(vectors["known_instruments"])
    envelope = vectors["metadata_submission"]
    tab = "metagenome_sequencing_interleaved_data"
    rows = envelope["metadata_submission"]["sampleData"]["data"][tab]
    rows.append(rows[0] | {"samp_name": "002"})
    database, _ = translated(envelope, illumina_instrument_mapping=known)
    (made,) = database["instrument_set"]
    assert without_types(made) == {"id": made["id"], "model": "hiseq_1500", "vendor": "illumina"}
    used = [run["instrument_used"] for run in database["data_generation_set"]]
    assert sorted(used) == sorted([[made["id"]], ["nmdc:inst-14-nn4b6k72"], [made["id"]]])
    assert known == vectors["known_instruments"]


def test_registered_instruments_are_known_by_model_and_odd_ones_reported() -> None:
    problems = Problems()
    instruments = [
        {"id": "nmdc:inst-11-a", "model": "nextseq"},
        {"id": "nmdc:inst-11-b"},
        {"id": "nmdc:inst-11-c", "model": "nextseq"},
    ]
    assert instruments_by_model(instruments, problems) == {"nextseq": "nmdc:inst-11-c"}
    assert problems.by_code == {"unmapped_instrument": 1, "ambiguous_instrument": 1}


def test_a_mapping_file_is_read_by_its_header_and_a_blank_cell_is_missing() -> None:
    case = VECTORS["csv_rows_from_url"][0]
    table = read_csv(case["body"].encode(), name="mapping")
    assert table.rows == case["expected"]
