import json
from itertools import islice

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.generated.database import TooManyAnnotations, generate_database
from nmdc_runtime.cli.generated.drafts import LARGEST_SEED
from nmdc_runtime.cli.main import cli
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.references import collect_references
from nmdc_runtime.schema.validator import load_validator
from tests.support.generated import generated

#: Classes of the collections that workflows fill row by row; only the aggregate is generated.
NOT_GENERATED = {"FunctionalAnnotation", "GenomeFeature"}


@pytest.fixture(scope="module")
def database():
    return generated(400, annotations=500)


def run(*arguments: str):
    return CliRunner().invoke(cli, ["demo", "generate", *arguments])


@pytest.mark.parametrize("n", [1, 2, 5, 41])
def test_a_small_database_is_valid_and_its_references_lead_somewhere(n):
    database = generated(n, annotations=30)

    assert load_validator().validate_documents(database).problems == ()
    assert collect_references(database, load_registry()).broken({}).problems == ()
    assert len(database["biosample_set"]) == n


def test_a_database_is_valid_and_has_every_class_and_about_eight_documents_a_biosample(database):
    registry = load_registry()

    assert load_validator().validate_documents(database).problems == ()
    assert collect_references(database, registry).broken({}).problems == ()
    stored = {name for each in registry.collections.values() for name in each.class_names}
    types = {document["type"] for documents in database.values() for document in documents}
    assert types == {registry.classes[name].class_uri for name in stored - NOT_GENERATED}
    assert len(database["functional_annotation_agg"]) == 500
    assert 7.5 < (sum(map(len, database.values())) - 500) / 400 < 9


def test_some_executions_are_superseded_and_some_processes_failed(database):
    executions = database["workflow_execution_set"]
    superseded = [each["id"] for each in executions if "superseded_by" in each]
    files = [each for each in database["data_object_set"] if "superseded_by" in each]

    assert superseded
    assert {each["was_generated_by"] for each in files} == set(superseded)
    for name in ("workflow_execution_set", "data_generation_set", "material_processing_set"):
        assert any(each.get("qc_status") == "fail" for each in database[name]), name


def test_no_id_comes_twice_and_none_of_another_seed_comes_at_all(database):
    def ids(documents):
        return [each["id"] for some in documents.values() for each in some if "id" in each]

    mine, others = ids(database), ids(generated(400, seed=LARGEST_SEED))

    assert len(mine) == len(set(mine))
    assert not set(mine) & set(others)


def test_no_function_is_counted_twice_for_an_execution(database):
    rows = database["functional_annotation_agg"]

    assert len({(each["was_generated_by"], each["gene_function_id"]) for each in rows}) == 500


def test_the_same_seed_gives_the_same_documents_whatever_the_batches():
    batches = list(generate_database(60, seed=7, annotations=40, batch_size=9))

    together: dict[str, list] = {}
    for name, documents in batches:
        assert 1 <= len(documents) <= 9
        together.setdefault(name, []).extend(documents)
    assert together == generated(60, seed=7, annotations=40)
    assert together != generated(60, seed=8, annotations=40)


def test_a_large_database_is_generated_while_it_is_read():
    first = list(islice(generate_database(10_000_000, annotations=1_000), 20))

    assert sum(len(documents) for _, documents in first) == 20 * 1_000


def test_one_study_has_a_third_of_the_biosamples():
    studies = [each["associated_studies"][0] for each in generated(3_000)["biosample_set"]]

    assert max(studies.count(each) for each in set(studies)) == 960
    assert len(set(studies)) == 11


def test_more_annotations_than_the_executions_can_have_are_refused_with_the_figures():
    with pytest.raises(TooManyAnnotations, match="1 biosamples can have 299997 annotation rows"):
        generate_database(1, annotations=300_000)

    answer = run("1", "--annotations", "300000", "--output", "-")
    assert answer.exit_code == 2
    assert "Invalid value for --annotations: 1 biosamples can have" in answer.output


def test_the_output_is_one_json_object_of_collections(tmp_path):
    answer = run("12", "--seed", "3", "--annotations", "8", "--output", str(tmp_path / "d.json"))

    assert answer.exit_code == 0, answer.output
    assert json.loads((tmp_path / "d.json").read_bytes()) == generated(12, seed=3, annotations=8)
    assert "functional_annotation_agg" in answer.stderr

    assert json.loads(run("2", "--output", "-").stdout) == generated(2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["0", "--output", "-"], "0 is not in the range x>=1"),
        (["many", "--output", "-"], "'many' is not a valid integer"),
        (["3"], "either --output FILE, or --mongo"),
        (["3", "--output", "-", "--mongo"], "either --output FILE, or --mongo"),
        (["3", "--output", "-", "--add"], "--add goes with --mongo"),
        (["3", "--seed", str(LARGEST_SEED + 1), "--output", "-"], "is not in the range"),
    ],
    ids=["none", "text", "nowhere", "both", "add", "seed"],
)
def test_what_cannot_be_generated_is_told_without_a_traceback(arguments, said):
    answer = run(*arguments)

    assert answer.exit_code == 2
    assert said in answer.output


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    answer = run("3", "--output", str(tmp_path / "none" / "database.json"))

    assert answer.exit_code == 1
    assert answer.output.endswith("No such file or directory\n")
    assert "Traceback" not in answer.output


def test_help_shows_examples():
    answer = run("--help")

    assert "nmdc-runtime demo generate 10000 --mongo" in answer.output
