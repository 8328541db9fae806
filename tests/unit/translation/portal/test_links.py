"""Samples made from samples: links in any order, chains, isolates, and links that lead nowhere."""

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.portal.translator import SubmissionPortalTranslator
from tests.support.neon import dangling
from tests.support.portal import failure, names, soil, submission, translated

READS = "metagenome_sequencing_interleaved_data"


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ({"b": "Extraction:zz"}, {"unknown_sample_link": 1}),
        ({"b": "Extraction:b"}, {"bad_sample_link": 1}),
        ({"b": "Extraction:a,"}, {"bad_sample_link": 1}),
        ({"b": "Pooling:a,a"}, {"bad_sample_link": 1}),
        ({"b": "Pooling:a"}, {"bad_sample_link": 1}),
        ({"b": "Isolation:a"}, {"bad_sample_link": 1}),
        ({"b": "Culturing:a"}, {"bad_sample_link": 1}),
        ({"b": "Extraction:c", "c": "Extraction:b"}, {"bad_sample_link": 2}),
        ({"b": "Extraction:c", "c": "Extraction:d", "d": "Extraction:c"}, {"bad_sample_link": 3}),
        ({"b": ["Extraction:a", "Pooling:a"]}, {"bad_sample_link": 1}),
        ({"b": 5}, {"bad_sample_link": 1}),
    ],
    ids=str,
)
def test_a_link_that_leads_nowhere_is_an_error_and_a_lenient_run_goes_on(links, expected) -> None:
    rows = [soil("a"), *(soil(name, sample_link=link) for name, link in links.items())]
    assert failure(submission(soil_data=rows)) == expected
    database, report = translated(submission(soil_data=rows))
    assert names(database, "biosample_set") == ["a"]
    assert "material_processing_set" not in database
    assert dict(report.problems.by_code) == expected


def test_chains_of_processes_are_followed_in_any_order_of_rows() -> None:
    rows = [
        soil("library", sample_link="LibraryPreparation: extract"),
        soil("extract", sample_link="Extraction:pool"),
        soil("pool", sample_link="Pooling: a ,b"),
        soil("a"),
        soil("b"),
    ]
    isolate = {"samp_name": "i", "sample_link": "pool"}
    grown = {"samp_name": "j", "sample_link": "Culturing:i"}
    run = {"samp_name": "library", "interleaved_url": "http://x/1"}
    calls: list[tuple[str, int]] = []
    mint = placeholder_minter()

    def minter(class_uri: str, how_many: int) -> list[str]:
        calls.append((class_uri, how_many))
        return mint(class_uri, how_many)

    envelope = submission(soil_data=rows, isolate_data=[isolate, grown], **{READS: [run]})
    database = dict(
        SubmissionPortalTranslator(
            envelope, id_minter=minter, study_category="research_study"
        ).get_database()
    )

    assert dangling(database, external=set()) == set()
    assert load_validator().validate_documents(database).problems == ()
    ids = {
        each["name"]: each["id"]
        for collection in ("biosample_set", "processed_sample_set", "organism_sample_set")
        for each in database[collection]
    }
    made = {
        (each["type"], *each["has_input"]): each["has_output"]
        for each in database["material_processing_set"]
    }
    assert made == {
        ("nmdc:Pooling", ids["a"], ids["b"]): [ids["pool"]],
        ("nmdc:Extraction", ids["pool"]): [ids["extract"]],
        ("nmdc:LibraryPreparation", ids["extract"]): [ids["library"]],
        ("nmdc:Isolation", ids["pool"]): [ids["i"]],
        ("nmdc:Culturing", ids["i"]): [ids["j"]],
    }
    assert database["data_generation_set"][0]["has_input"] == [ids["library"]]
    assert dict(calls)["nmdc:Biosample"] == 2  # D2: none is minted for processed samples


def test_a_chain_of_thousands_of_samples_is_no_matter() -> None:
    rows = [soil("s0")]
    rows += [soil(f"s{n}", sample_link=f"Extraction:s{n - 1}") for n in range(1, 1500)]
    database, _ = translated(submission(soil_data=rows))
    assert len(database["processed_sample_set"]) == 1499


def test_facility_columns_of_a_processed_sample_reach_it() -> None:
    rows = [soil("a"), soil("x", sample_link="Extraction:a")]
    facility = [{"samp_name": "x", "dna_concentration": 12.5, "dna_absorb1": "2.0", "volume": 3}]
    database, report = translated(submission(soil_data=rows, jgi_mg_data=facility))
    (made,) = database["processed_sample_set"]
    assert (made["dna_concentration"], made["dna_absorb1"]) == (12.5, 2.0)
    assert report.unplaced["jgi_mg_data"] == {"volume": {"1": 3}}


def test_an_isolate_of_the_name_of_a_sample_is_made_from_it() -> None:
    tabs = {"soil_data": [soil("a")], "isolate_data": [{"samp_name": "a", "sample_link": "a"}]}
    database, _ = translated(submission(**tabs))
    (made,) = database["material_processing_set"]
    assert made["has_input"] == [database["biosample_set"][0]["id"]]
    assert made["has_output"] == [database["organism_sample_set"][0]["id"]]


def test_runs_keep_their_labels_when_rows_change_places_also_two_of_one_file() -> None:
    rows = [{"samp_name": "a", "interleaved_url": f"http://x/{name}"} for name in ("1", "2", "2")]
    rows += [{"samp_name": "a"}]
    rows[2]["description"] = "another run"

    def label_of_file(order: list[dict[str, str]]) -> dict[str, str]:
        envelope = submission(soil_data=[soil("a")], **{READS: order})
        translator = SubmissionPortalTranslator(envelope, study_category="research_study")
        translator.plan.check()
        return {
            file["url"]: file["was_generated_by"].key
            for file in reversed(translator.plan.documents["data_object_set"])
        }

    assert label_of_file(rows) == label_of_file(rows[::-1])
