import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from tests.support.generated import fill, generated


@pytest.fixture
def generate(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)

    def run(*arguments: str):
        where = ["--mongo", "--dir", str(tmp_path)]
        return CliRunner().invoke(cli, ["demo", "generate", *arguments, *where])

    return run


def test_generated_documents_are_written_into_the_stacks_database(generate, database, settings):
    answer = generate("20", "--annotations", "10")

    assert answer.exit_code == 0, answer.output
    host = settings.mongo_host.partition("@")[2].partition("/")[0]
    assert f"Written into {database.name} at {host}." in answer.stderr
    for name, documents in generated(20, annotations=10).items():
        assert database[name].count_documents({}) == len(documents)
        assert list(database[name].find({}, {"_id": 0}).sort("_id")) == documents


def test_a_database_with_documents_is_left_alone_unless_adding_is_asked_for(generate, database):
    before = fill(database, 3, seed=0)

    refused = generate("3", "--seed", "1")
    assert refused.exit_code == 1
    assert "has documents in biosample_set" in refused.output
    assert database["biosample_set"].count_documents({}) == before["biosample_set"]

    again = generate("5", "--seed", "0", "--add")
    assert again.exit_code == 1
    assert "documents of seed 0 are there already: give another --seed" in again.output
    assert database["biosample_set"].count_documents({}) == before["biosample_set"]

    added = generate("3", "--seed", "1", "--add")
    assert added.exit_code == 0, added.output
    assert database["biosample_set"].count_documents({}) == 6


def test_the_address_may_come_from_the_stacks_folder(database, settings, tmp_path, monkeypatch):
    monkeypatch.delenv("MONGO_HOST", raising=False)
    monkeypatch.delenv("MONGO_DBNAME", raising=False)
    (tmp_path / "env").write_text(
        f"MONGO_HOST='{settings.mongo_host}'\nMONGO_DBNAME='{database.name}'\n"
    )

    answer = CliRunner().invoke(cli, ["demo", "generate", "2", "--mongo", "--dir", str(tmp_path)])

    assert answer.exit_code == 0, answer.output
    assert database["biosample_set"].count_documents({}) == 2
