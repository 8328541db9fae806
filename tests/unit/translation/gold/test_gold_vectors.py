"""The parts of GOLD's translator, against the vectors of the fixtures."""

import copy
from typing import Any

import pytest

from nmdc_runtime.schema.load import installed_schema
from nmdc_runtime.translation.gold.biosamples import Biosamples, site_name_of
from nmdc_runtime.translation.gold.fields import BIOSAMPLE, FURTHER, biosample_fields, samp_name_of
from nmdc_runtime.translation.gold.instruments import (
    SequencingMethods,
)
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.people import principal_investigator
from nmdc_runtime.translation.gold.reading import Reading, with_prefix
from nmdc_runtime.translation.gold.selection import (
    Selection,
    bare,
)
from nmdc_runtime.translation.gold.sequencing import Sequencings
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.quantities import QuantityRefused, parse_quantity
from nmdc_runtime.translation.values import controlled_term, text_value
from tests.support.gold import observed_cases, read_yaml

VECTORS = read_yaml("unit_vectors.yaml")
GOOD = observed_cases()["base"]["input"]["biosamples"][0]
JGI = "DOE Joint Genome Institute (JGI)"


def reading(record: dict[str, Any]) -> tuple[Reading, Problems]:
    problems = Problems()
    return Reading(record, problems, table="biosamples", natural_id="Gb1"), problems


def slot(name: str, record: dict[str, Any], *, further: bool = False) -> tuple[Any, frozenset[str]]:
    read, problems = reading(record)
    field = next(each for each in biosample_fields(further=further) if each.slot == name)
    return field.value(read), problems.codes()


def biosample_of(
    selection: Selection, gold_id: str, options: GoldOptions | None = None, **values: Any
) -> dict[str, Any]:
    maker = Biosamples(
        selection, options or GoldOptions(), Problems(), study_id="nmdc:sty-11-a", site_key="Gs1"
    )
    document = maker.document(gold_id, GOOD | values)
    assert document is not None
    return document


@pytest.mark.parametrize("number", range(len(VECTORS["pi_from_contacts"])))
def test_the_pi_is_the_first_contact_of_that_role(number: int) -> None:
    vector = VECTORS["pi_from_contacts"][number]
    wanted = vector["expected"]

    found = principal_investigator(reading(vector["input"])[0])

    assert found == (wanted and wanted | {"has_raw_value": wanted["name"]})


@pytest.mark.parametrize(
    ("contacts", "codes"),
    [
        ([{"name": "a"}, {"roles": None}, "b", {"roles": ["pi"]}], {"bad_value"}),
        ([{"name": " ", "email": "e", "roles": ["PI"]}], {"bad_value"}),
        ([{"name": 5, "email": "e", "roles": ["PI"]}], {"bad_value"}),
        ({"name": "a", "email": "e", "roles": ["PI"]}, {"bad_value"}),
        (None, set()),
    ],
    ids=["odd members", "blank name", "a number for a name", "no list", "null"],
)
def test_odd_contacts_are_no_pi_and_no_failure(contacts: Any, codes: set[str]) -> None:
    read, problems = reading({"contacts": contacts})

    assert principal_investigator(read) is None
    assert problems.codes() == codes


@pytest.mark.parametrize("email", [None, "", " ", 5])
def test_a_pi_whose_email_is_blank_is_named_without_it(email: Any) -> None:
    read, problems = reading({"contacts": [{"name": " Ada ", "email": email, "roles": ["PI"]}]})

    assert principal_investigator(read) == {
        "type": "nmdc:PersonValue",
        "has_raw_value": "Ada",
        "name": "Ada",
    }
    assert problems.listed == []


def test_accessions_of_a_biosample_come_from_its_projects_in_their_order() -> None:
    vector = VECTORS["insdc_biosample_identifiers"]
    selection = Selection(projects={each["projectGoldId"]: each for each in vector["projects"]})

    for case in vector["cases"]:
        found = biosample_of(selection, case["biosample"])
        assert found.get("insdc_biosample_identifiers", []) == case["expected"]


def test_taxa_of_img_are_sorted_and_come_once() -> None:
    vector = VECTORS["img_identifiers"]
    analyses = [
        *vector["analysis_projects"],
        {"apGoldId": "Ga3", "projects": ["gold:Gp0000003"], "imgTaxonOid": 3300000001},
        {"apGoldId": "Ga4", "projects": ["Gp0000003"], "imgTaxonOid": None},
        {"apGoldId": "Ga5", "projects": ["Gp0000003"], "imgTaxonOid": 0},
    ]
    selection = Selection(
        projects={each["projectGoldId"]: each for each in vector["projects"]},
        analysis_projects=analyses,
    )

    found = biosample_of(selection, vector["biosample"])

    assert found["img_identifiers"] == vector["expected_contains"]


@pytest.mark.parametrize("number", range(len(VECTORS["samp_taxon_id"])))
def test_a_taxon_needs_name_and_number(number: int) -> None:
    vector = VECTORS["samp_taxon_id"][number]

    found, codes = slot("samp_taxon_id", vector["input"])

    assert (found or {}).get("has_raw_value") == vector.get("expected_has_raw_value")
    assert codes == frozenset()


def test_names_of_samples_and_sites() -> None:
    for vector in VECTORS["samp_name"]:
        assert samp_name_of(vector["biosampleName"]) == vector["expected"]
    for vector in VECTORS["field_site_name"]:
        assert site_name_of(samp_name_of(vector["biosampleName"])) == vector["expected"]
    assert site_name_of("Mackenzie  2004-4") == "Mackenzie"


def test_dates_texts_and_terms_keep_what_was_written() -> None:
    for vector in VECTORS["collection_date"]:
        found, _ = slot("collection_date", vector["input"])
        assert (found or {}).get("has_raw_value") == vector.get("expected_has_raw_value")
    for vector in VECTORS["text_value"]:
        found = text_value(vector["input"]["arbitraryField"])
        assert (found or {}).get("has_raw_value") == vector.get("expected_has_raw_value")
    for vector in VECTORS["controlled_term_value"]:
        assert controlled_term(vector["input"]["arbitraryField"]) == vector["expected"]
    for vector in VECTORS["env_term_value"]:
        found, _ = slot("env_medium", {"envoMedium": vector["input"]["arbitraryField"]})
        wanted = copy.deepcopy(vector["expected"])
        if wanted:
            wanted["type"] = "nmdc:ControlledIdentifiedTermValue"
            wanted["term"] = {k: v for k, v in wanted["term"].items() if v is not None}
        assert found == wanted


@pytest.mark.parametrize("number", range(len(VECTORS["quantity_value"])))
def test_quantities_have_a_unit_and_keep_what_was_written(number: int) -> None:
    vector = VECTORS["quantity_value"][number]
    fields, unit = vector["field"], vector["unit"]
    if isinstance(fields, list):
        record = dict(
            zip(("depthInMeters", "depthInMeters2"), vector["input"].values(), strict=True)
        )
        found, _ = slot("depth", record)
        assert found == {k: v for k, v in vector["expected"].items() if v is not None}
        return
    value = vector["input"][fields]
    text = None if value is None else str(value)
    if "expected_error" in vector:
        with pytest.raises(QuantityRefused, match=vector["expected_error"]):
            parse_quantity(text, unit)
        assert slot("temp", {"sampleCollectionTemperature": value}) == (None, {"missing_unit"})
        return
    assert parse_quantity(text, unit) == vector["expected"]
    if unit == "m":
        assert slot("alt", {"altitudeInMeters": value})[0] == vector["expected"]


@pytest.mark.parametrize("number", range(len(VECTORS["lat_lon"])))
def test_a_place_needs_both_coordinates(number: int) -> None:
    vector = VECTORS["lat_lon"][number]

    assert slot("lat_lon", vector["input"]) == (vector["expected"], frozenset())


@pytest.mark.parametrize(
    ("name", "field", "value", "wanted"),
    [
        ("alt", "altitudeInMeters", "30 cm", {"has_numeric_value": 0.3, "has_unit": "m"}),
        ("depth", "depthInMeters", "30 cm", {"has_numeric_value": 0.3, "has_unit": "m"}),
        ("temp", "sampleCollectionTemperature", "50 [degF]", {"has_numeric_value": 10}),
        ("elev", "elevationInMeters", "1200 cm", 12.0),
    ],
)
def test_a_foreign_unit_is_converted_and_never_relabelled(name, field, value, wanted) -> None:
    found, codes = slot(name, {field: value})

    assert codes == frozenset()
    if isinstance(wanted, dict):
        assert found.items() >= (wanted | {"has_raw_value": value}).items()
    else:
        assert found == wanted


@pytest.mark.parametrize(
    ("name", "field", "value", "code"),
    [
        ("subsurface_depth", "subsurfaceDepthInMeters", "3 mg/L", "unit_mismatch"),
        ("diss_oxygen", "oxygenConcentration", "<5 mg/L", "bad_quantity"),
        ("temp", "sampleCollectionTemperature", "12 C", "unknown_unit"),
        ("elev", "elevationInMeters", "high", "bad_quantity"),
        ("elev", "elevationInMeters", "1-2 m", "bad_number"),
        ("habitat", "habitat", ["soil"], "bad_value"),
        ("host_taxid", "hostNcbiTaxid", "human", "bad_identifier"),
        ("env_medium", "envoMedium", "ENVO_1", "bad_value"),
        ("ph", "ph", True, "bad_value"),
    ],
)
def test_what_cannot_be_read_is_absent_and_reported(name, field, value, code) -> None:
    assert slot(name, {field: value}) == (None, {code})


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_nothing_blank_reaches_a_slot(blank: str | None) -> None:
    for field in (*BIOSAMPLE, *FURTHER.values()):
        read, problems = reading(dict.fromkeys(field.sources, blank))
        if not field.slot.startswith("env_") or blank is None or field.slot == "env_package":
            assert field.value(read) is None
            assert problems.codes() == frozenset()


def test_the_site_in_a_body_counts_only_where_no_other_is_named() -> None:
    assert slot("sample_collection_site", {"sampleBodySite": "gut"})[0] == "gut"
    both = {"sampleCollectionSite": None, "sampleBodySite": "gut"}
    assert slot("sample_collection_site", both)[0] is None


@pytest.mark.parametrize(
    ("text", "prefix", "wanted"),
    [
        ("GOLD:Gb1", "gold", "gold:Gb1"),
        ("BioSample:SAMN1", "biosample", "biosample:SAMN1"),
        ("SAMN1", "biosample", "biosample:SAMN1"),
        ("other:1", "gold", "other:1"),
    ],
)
def test_a_prefix_is_written_as_the_schema_wants_it(text: str, prefix: str, wanted: str) -> None:
    assert with_prefix(text, prefix) == wanted
    assert bare("Gold:Gb1") == bare("Gb1") == "Gb1"


def test_further_slots_are_filled_if_they_are_asked_for() -> None:
    record = {
        "altitudeInMeters": 5,
        "altitudeInMeters2": "200 cm",
        "subsurfaceDepthInMeters2": 3,
        "salinityConcentration": "3 mg/L",
        "ecosystemPathId": 4512,
        "hostDiseases": ["a", "b"],
        "hostGender": "female",
        "mixsPackage": "water",
    }
    plain = biosample_of(Selection(), "Gb1", **record)
    rich = biosample_of(Selection(), "Gb1", GoldOptions(further_slots=True), **record)

    assert rich["alt"] == {
        "type": "nmdc:QuantityValue",
        "has_minimum_numeric_value": 2,
        "has_maximum_numeric_value": 5,
        "has_unit": "m",
    }
    assert rich["subsurface_depth"]["has_numeric_value"] == 3
    assert rich["salinity"]["has_unit"] == "mg/L"
    assert (rich["ecosystem_path_id"], rich["host_disease_stat"]) == (4512, "a; b")
    assert rich["env_package"]["has_raw_value"] == "water"
    assert set(rich) - set(plain) == set(FURTHER) - {"alt"}
    for odd in (4512.5, 1e300, "12 m"):
        path_id = slot("ecosystem_path_id", {"ecosystemPathId": odd}, further=True)
        assert path_id == (None, {"bad_number"})
    project = {"sequencingStrategy": "Metagenome", "sraExperimentIds": ["SRX123456", "x"]}
    problems = Problems()
    maker = Sequencings(
        SequencingMethods(None, problems),
        GoldOptions(further_slots=True),
        problems,
        study_id="nmdc:sty-11-a",
    )
    document = maker.document("Gp1", project, input_id="nmdc:bsm-11-a")
    assert document["insdc_experiment_identifiers"] == ["insdc.sra:SRX123456"]
    assert problems.codes() == {"bad_identifier"}


def test_quantities_go_where_the_mapping_of_the_schema_sends_them() -> None:
    lines = (installed_schema()[1] / "gold-to-mixs.sssom.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("gold.vocab:")]
    declared = {(row[1].replace("_", ""), row[4]) for row in rows}

    for name, target in (
        ("altitudeInMeters", "alt"),
        ("oxygenConcentration", "diss_oxygen"),
        ("nitrateConcentration", "nitrate"),
        ("salinityConcentration", "salinity"),
        ("ph", "ph"),
    ):
        assert (name.removesuffix("InMeters").lower(), target) in declared
        assert any(
            name in each.sources and each.slot == target for each in biosample_fields(further=True)
        )
