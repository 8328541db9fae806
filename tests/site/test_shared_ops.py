"""Ops that jobs share, run as jobs run them, on a real database."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.clients.downloads import AddressRefused
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.database_files import (
    export_json_to_drs,
    nmdc_schema_database_export_filename,
    nmdc_schema_object_to_dict,
    render_text,
)
from nmdc_runtime.site.hello_mongo import hello_mongo
from nmdc_runtime.site.lookups import get_instrument_ids_by_model, get_operation
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.submitting import log_database_ids
from nmdc_runtime.site.tables_from_urls import get_csv_rows_from_url, get_df_from_url, table_at
from nmdc_runtime.translation.database import Database as TranslatedDatabase
from nmdc_runtime.translation.tables import Table
from nmdc_runtime.wiring import Services
from tests.support.text_server import serving_texts


@dg.op
def made() -> Any:
    """Return what a translator makes."""
    study = {"id": "nmdc:sty-11-a", "name": "Große Studie"}
    return TranslatedDatabase({"study_set": [study]})


@dg.op
def study() -> dict[str, Any]:
    """Return the study that it is about."""
    return {"studyGoldId": "Gs0149396"}


@dg.graph
def exported() -> list[str]:
    database = made()
    log_database_ids(database)
    paths: list[str] = export_json_to_drs(
        nmdc_schema_object_to_dict(database), nmdc_schema_database_export_filename(study())
    )
    return paths


EXPORT = {"ops": {"export_json_to_drs": {"config": {"username": "ada"}}}}


def export_large(size: int) -> dg.JobDefinition:
    """Return a job that exports so many characters."""

    @dg.op
    def large() -> dict[str, Any]:
        return {"text": "ü" * size}

    @dg.op
    def name() -> str:
        return "large.json"

    @dg.graph
    def large_export() -> None:
        export_json_to_drs(large(), name())

    return preset_dev.job(large_export, name="large_export")


def test_a_database_is_exported_once_under_its_true_checksum(
    services: Services, database: Database[Document], deployed: None
) -> None:
    job = preset_dev.job(exported, name="exported")

    first, again = job.execute_in_process(EXPORT), job.execute_in_process(EXPORT)

    (path,) = first.output_value()
    assert again.output_value() == [path]
    object_id = path.removeprefix("/objects/")
    record = services.objects.get(object_id)
    content = services.objects.content(object_id).content
    digests = {each["type"]: each["checksum"] for each in record["checksums"]}
    assert digests["sha256"] == sha256(content).hexdigest()
    assert json.loads(content) == {"study_set": [{"id": "nmdc:sty-11-a", "name": "Große Studie"}]}
    assert (record["name"], record["mime_type"]) == (
        "database_from_Gs0149396.json",
        "application/json",
    )
    assert "by/for ada" in record["description"]
    assert database["objects"].count_documents({"name": record["name"]}) == 1
    events = first.asset_materializations_for_node("export_json_to_drs")
    event = next(each for each in events if "drs_object_id" in each.metadata)
    assert event.asset_key.path == ["database_from_Gs0149396.json"]
    assert event.metadata["drs_object_id"].value == object_id
    assert event.metadata["json"].value == json.loads(content)
    assert str(event.metadata["link"].value).endswith(f"/ga4gh/drs/v1/objects/{object_id}")
    assert database["_runtime.audit"].count_documents({"action": "export_json"}) == 1


def test_of_a_large_export_only_the_beginning_is_in_the_event(
    services: Services, deployed: None
) -> None:
    done = export_large(200_000).execute_in_process(EXPORT)

    events = done.asset_materializations_for_node("export_json_to_drs")
    event = next(each for each in events if "json" in each.metadata)
    shown = str(event.metadata["json"].value)
    assert len(shown.encode()) <= 64 * 1024
    assert shown.startswith('{"text":"üü')
    assert "cut" in shown
    object_id = str(event.metadata["drs_object_id"].value)
    assert services.objects.get(object_id)["size"] == 400_000 + len('{"text":""}')


@pytest.mark.parametrize(
    ("text", "subject", "key", "extension"),
    [
        ("plain words, more than twenty", "", "rendered_text_52fabcb6", "txt"),
        ([{"update": "biosample_set"}], "nmdc:sty-11-a", "rendered_text_nmdc_sty_11_a", "json"),
    ],
)
def test_a_text_is_shown_kept_as_a_file_and_stored(  # noqa: PLR0917 (of four of them a case)
    services: Services, deployed: None, text: Any, subject: str, key: str, extension: str
) -> None:
    @dg.op
    def rendered() -> Any:
        return text

    @dg.graph
    def shown() -> Any:
        return render_text(rendered())

    with dg.DagsterInstance.ephemeral() as instance:
        done = preset_dev.job(shown, name="shown").execute_in_process(
            {"ops": {"render_text": {"inputs": {"subject": {"value": subject}}}}},
            instance=instance,
        )
        (event,) = done.asset_materializations_for_node("render_text")
        path = Path(str(event.metadata["file_path"].value))
        written = path.read_text()

    assert done.output_value() == text
    assert event.asset_key.path == [key]
    assert path.name == f"rendered_text_{done.run_id}.{extension}"
    assert written == (text if extension == "txt" else json.dumps(text, indent=2))
    assert event.metadata["content"].value == written
    object_id = str(event.metadata["drs_object_id"].value)
    assert services.objects.content(object_id).content.decode() == written


def test_what_is_looked_up_comes_back_and_what_is_missing_is_named(
    services: Services, database: Database[Document], deployed: None
) -> None:
    database["instrument_set"].insert_many(
        [
            {"id": "nmdc:inst-14-b", "model": "nextseq_550"},
            {"id": "nmdc:inst-14-a", "model": "nextseq_550"},
            {"id": "nmdc:inst-14-c", "model": "hiseq"},
            {"id": "nmdc:inst-14-d"},
        ]
    )

    @dg.graph
    def looked_up() -> dict[str, str]:
        get_operation()
        found: dict[str, str] = get_instrument_ids_by_model()
        return found

    config = {"ops": {"get_operation": {"config": {"operation_id": "nmdc:sys0none"}}}}
    done = preset_dev.job(looked_up, name="looked_up").execute_in_process(
        config, raise_on_error=False
    )

    assert done.output_for_node("get_instrument_ids_by_model") == {
        "nextseq_550": "nmdc:inst-14-b",
        "hiseq": "nmdc:inst-14-c",
    }
    (failure,) = done.get_step_failure_events()
    assert "nmdc:sys0none" in str(failure.event_specific_data)
    hello = preset_dev.job(hello_mongo, name="hello_mongo").execute_in_process()
    assert "instrument_set" in hello.output_value()
    assert hello.output_value() == sorted(hello.output_value())


def test_tables_are_fetched_once_and_a_missing_one_is_an_http_error(deployed: None) -> None:
    texts = {
        "/rows.csv": '\ufeffa,b,c\n1,hello,"apple, banana"\n2,,"two\nlines"\n\n,,\n',
        "/map.tsv": "GOLD seqMethod\tNMDC instrument_set id\nIllumina\tnmdc:inst-14-a\nNA\t\n",
        "/wide.csv": "a,b\n1,2,3\n4\n",
        "/wide.tsv": "a\tb\n1\t2\t3\n",
        "/page.tsv": "\n<html>\n\t<body>maintenance</body>\n</html>\n",
        "/half.tsv": 'a\tb\n1\t"2\n',
    }
    context = dg.build_op_context()
    with serving_texts(texts) as (url, asked):
        rows = get_csv_rows_from_url(context, f"{url}/rows.csv")
        frame = get_df_from_url(context, f"{url}/map.tsv")
        with pytest.raises(requests.HTTPError) as missing:
            get_csv_rows_from_url(context, f"{url}/gone.csv")
        wide_rows = get_csv_rows_from_url(context, f"{url}/wide.csv")
        wide = get_df_from_url(context, f"{url}/wide.tsv")
        for get in (get_csv_rows_from_url, get_df_from_url):
            with pytest.raises(ValueError, match=r"page\.tsv is a page and no table"):
                get(context, f"{url}/page.tsv")
        gone = f"{url}/gone.tsv"

        @dg.op
        def copied(context: dg.OpExecutionContext) -> Table:
            return table_at(context, gone, copied={gone})

        # An empty table: whoever wants it takes the copy.
        assert copied(context).columns == ()
        with pytest.raises(requests.HTTPError):
            get_df_from_url(context, gone)
        with pytest.raises(ValueError, match=r"half\.tsv cannot be read"):
            get_df_from_url(context, f"{url}/half.tsv")

    assert rows == [
        {"a": "1", "b": "hello", "c": "apple, banana"},
        {"a": "2", "c": "two\nlines"},
    ]
    assert frame.columns == ("GOLD seqMethod", "NMDC instrument_set id")
    assert [tuple(row.values()) for row in frame.rows] == [
        ("Illumina", "nmdc:inst-14-a"),
        ("NA", None),
    ]
    assert missing.value.response.status_code == 404
    assert wide.rows == [{"a": "1", "b": "2"}]
    assert [(each.code, each.row) for each in wide.problems] == [("bad_row", 1)]
    assert wide_rows == [{"a": "1", "b": "2"}, {"a": "4"}]
    assert [(each.code, each.row) for each in wide_rows.problems] == [
        ("bad_row", 1),
        ("bad_row", 2),
    ]
    assert asked[:4] == ["/rows.csv", "/map.tsv", "/gone.csv", "/wide.csv"]
    for nothing in (None, ""):
        assert get_csv_rows_from_url(context, nothing) == []
        assert get_df_from_url(context, nothing).rows == []


def test_tables_come_from_public_hosts_and_from_those_that_the_settings_list(
    deployed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = dg.build_op_context()
    with serving_texts({"/map.tsv": "a\tb\n1\t2\n"}) as (url, asked):
        assert get_df_from_url(context, f"{url}/map.tsv").rows == [{"a": "1", "b": "2"}]
        elsewhere = "https://example.org/map.tsv"
        with pytest.raises(AddressRefused, match=r"not among 127\.0\.0\.1 \(NMDC_INGESTS__TABLE"):
            get_df_from_url(context, elsewhere)
        monkeypatch.delenv("NMDC_INGESTS__TABLE_HOSTS")
        for private in (f"{url}/map.tsv", "http://169.254.169.254/latest/meta-data"):
            with pytest.raises(AddressRefused, match="not a public address"):
                get_csv_rows_from_url(context, private)
        monkeypatch.setenv("API_HOST", url)
        assert get_df_from_url(context, f"{url}/map.tsv").columns == ("a", "b")

    assert asked == ["/map.tsv", "/map.tsv"]
