"""`nmdc-runtime validate --offline`: files of every form, and what is printed of them."""

import gzip
import json
from pathlib import Path

import orjson
import pytest
import zstandard
from click.testing import CliRunner, Result

from nmdc_runtime.cli.main import cli
from nmdc_runtime.cli.validate_steps import PATIENCE_S, Waiting
from tests.support.documents import a_study

GOOD = orjson.dumps({"study_set": [a_study("a"), a_study("b")]})
LINES = b"\n".join(orjson.dumps(a_study(name)) for name in "ab")
BAD = orjson.dumps({"study_set": [a_study("a"), a_study("b", descripton="x")]})


def validate(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["validate", "--offline", *map(str, arguments)], input=stdin)


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", GOOD),
        ("a.json.gz", gzip.compress(GOOD)),
        ("a.ndjson", LINES),
        ("a.txt", b"\n" + LINES + b"\n\n"),
        ("no-suffix", gzip.compress(LINES)),
        ("a.jsonl.zst", zstandard.ZstdCompressor().compress(LINES)),
        ("a.json", json.dumps(orjson.loads(GOOD), indent=4).encode()),
    ],
    # Compressed bytes have the time in them: workers would not agree on what there is to run.
    ids=["json", "json.gz", "ndjson", "txt", "gzip", "zstandard", "indented"],
)
def test_a_good_file_of_any_form_ends_with_0(tmp_path, name, content):
    result = validate(written(tmp_path, name, content))

    assert result.exit_code == 0
    assert result.output == f"{tmp_path / name}: good in 2 documents\n"


def test_one_line_alone_is_a_document(tmp_path):
    result = validate(written(tmp_path, "one.json", orjson.dumps(a_study())))

    assert result.output.endswith("good in 1 document\n")


@pytest.mark.parametrize(
    "content",
    [
        orjson.dumps([a_study("a"), a_study("b")]),
        json.dumps(a_study(), indent=2).encode(),
        orjson.dumps(a_study()),
        LINES,
    ],
    ids=["list", "document", "line", "lines"],
)
def test_bare_documents_are_read_as_those_of_a_collection(tmp_path, content):
    file = written(tmp_path, "bare.json", content)

    assert validate(file, "--collection", "study_set").exit_code == 0
    wrong = validate(file, "--collection", "biosample_set")
    assert wrong.exit_code == 1
    assert "nmdc:Study belongs in study_set" in wrong.output


def test_standard_input_is_a_file_too():
    assert validate("-", stdin=gzip.compress(LINES)).output == "-: good in 2 documents\n"
    assert validate("-", "-").exit_code == 2


def test_problems_are_told_with_place_and_hint_and_end_with_1(tmp_path):
    result = validate(written(tmp_path, "bad.json", BAD))

    assert result.exit_code == 1
    assert result.output == (
        f"{tmp_path / 'bad.json'}: 1 problem in 2 documents\n"
        "\n"
        "  /study_set/1  nmdc:sty-11-b\n"
        "    Additional properties are not allowed ('descripton' was unexpected)\n"
        "    hint: for 'descripton', did you mean 'description'?\n"
        "\n"
    )


def test_problems_of_lines_are_told_with_the_line(tmp_path):
    lines = b"\n\n".join((orjson.dumps(a_study("a", x=1)), b"{}"))

    output = validate(written(tmp_path, "bad.ndjson", lines)).output

    assert "\n  line 1  /study_set/0  nmdc:sty-11-a\n" in output
    assert "\n  line 3  \n    'type' is a required property\n" in output


def test_the_worst_of_several_files_decides_how_it_ends(tmp_path):
    good = written(tmp_path, "good.json", GOOD)
    bad = written(tmp_path, "bad.json", BAD)
    cut = written(tmp_path, "cut.json", GOOD[:-2])

    result = validate(good, cut, bad, tmp_path / "none.json", tmp_path)

    assert result.exit_code == 2
    assert f"{good}: good" in result.output
    assert f"{bad}: 1 problem" in result.output
    assert f"error: {cut}: expecting" in result.stderr
    assert f"error: {tmp_path / 'none.json'}: No such file" in result.stderr
    assert validate(good, bad).exit_code == 1


def test_programs_get_a_line_of_json_a_file(tmp_path):
    good, bad = written(tmp_path, "good.json", GOOD), written(tmp_path, "bad.json", BAD)

    alone = validate(good, "--format", "json")
    published = orjson.loads(validate(bad, "--format", "json").output)
    both = validate(good, bad, "--format", "problems").output.splitlines()

    assert alone.output == '{"result":"All Okay!"}\n'
    assert published["result"] == "errors"
    assert list(published["detail"]) == ["study_set"]
    first, second = map(orjson.loads, both)
    assert first == {
        "file": str(good),
        "valid": True,
        "total": 0,
        "truncated": False,
        "problems": [],
    }
    assert (second["file"], second["total"]) == (str(bad), 1)
    assert second["problems"][0]["pointer"] == "/study_set/1"


def test_more_problems_than_are_listed_are_counted(tmp_path):
    many = orjson.dumps({"study_set": [{}] * 2_000})

    output = validate(written(tmp_path, "many.json", many)).output

    assert "\n  ... and " in output
    assert len(output.splitlines()) < 5_000


def test_who_waits_is_told_on_standard_error(capsys):
    times = iter([0.0, 1.0, PATIENCE_S, PATIENCE_S + 0.5, PATIENCE_S + 1.5])
    waiting = Waiting("a.json", clock=lambda: next(times))

    for documents in (1_000, 2_000, 3_000, 4_000):
        waiting(documents)

    assert capsys.readouterr().err == (
        "a.json: 2,000 documents checked ...\na.json: 4,000 documents checked ...\n"
    )


def test_offline_and_a_hub_exclude_each_other(tmp_path):
    result = validate(written(tmp_path, "a.json", GOOD), "--api", "http://127.0.0.1:1")

    assert result.exit_code == 2
    assert "exclude each other" in result.output
