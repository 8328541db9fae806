import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.runs.errors import RunConfigUnusable, RunInputMissing, WorkflowNotRunnable
from nmdc_runtime.runs.workflows import METADATA_IN, RUNNABLE, completed, get_runnable

EXPORT = "export-study-biosamples-as-csv-1.0.0"
GOLD = "gold_study_to_database"
STUDY = "nmdc:sty-11-8fb6t785"
APPLY = {
    "ops": {
        "get_json_in": {"config": {"object_id": "gfs0a"}},
        "perform_mongo_updates": {"config": {"operation_id": "nmdc:sys0b"}},
    }
}


def complete(workflow_id, run_config, inputs=(STUDY,)):
    return completed(get_runnable(workflow_id), run_config, inputs, username="alice")


def test_the_three_published_workflows_run_in_their_published_jobs():
    assert {each.id: each.dagster_job for each in RUNNABLE.values()} == {
        METADATA_IN: "apply_metadata_in",
        EXPORT: "export_study_biosamples_metadata",
        GOLD: "gold_study_to_database",
    }


@pytest.mark.parametrize("workflow_id", ["apply-changesheet-1.0.0", "", "gold-translation-1.0.0"])
def test_any_other_workflow_is_not_found_and_the_known_ones_are_named(workflow_id):
    with pytest.raises(WorkflowNotRunnable) as caught:
        get_runnable(workflow_id)

    assert all(each in str(caught.value) for each in RUNNABLE)
    assert caught.value.facts["known_ids"] == sorted(RUNNABLE)


def test_an_export_is_told_its_study_and_who_asks():
    config, inputs = complete(EXPORT, {})

    asked = {"study_id": STUDY, "username": "alice"}
    assert config == {"ops": {"get_study_biosamples_metadata": {"config": asked}}}
    assert inputs == [f"/studies/{STUDY}"]


def test_an_import_keeps_what_the_caller_tells_other_ops():
    own = {"ops": {"get_gold_study_pipeline_inputs": {"config": {"study_type": "x"}}, "more": {}}}

    config, inputs = complete(GOLD, own)

    assert config["ops"]["get_gold_study_pipeline_inputs"]["config"] == {
        "study_type": "x",
        "study_id": STUDY,
    }
    assert config["ops"]["export_json_to_drs"] == {"config": {"username": "alice"}}
    assert config["ops"]["more"] == {}
    assert inputs == [f"/studies/{STUDY}"]
    assert "study_id" not in own["ops"]["get_gold_study_pipeline_inputs"]["config"]


def test_nobody_asks_in_the_name_of_another():
    forged = {"username": "admin", "study_id": "nmdc:sty-11-other"}

    config, _ = complete(EXPORT, {"ops": {"get_study_biosamples_metadata": {"config": forged}}})

    assert config["ops"]["get_study_biosamples_metadata"]["config"] == {
        "study_id": STUDY,
        "username": "alice",
    }


def test_metadata_in_runs_with_the_callers_config_and_reads_its_object():
    assert complete(METADATA_IN, APPLY, ()) == (APPLY, ["/objects/gfs0a"])


@pytest.mark.parametrize("workflow_id", [EXPORT, GOLD])
@pytest.mark.parametrize("inputs", [(), ("",), ("  ",)], ids=["none", "empty", "blank"])
def test_without_a_study_there_is_nothing_to_run(workflow_id, inputs):
    with pytest.raises(RunInputMissing, match="first of its `inputs`"):
        complete(workflow_id, {}, inputs)


@pytest.mark.parametrize(
    ("run_config", "place"),
    [
        ({}, "ops.get_json_in.config.object_id"),
        ({"ops": None}, "ops.get_json_in.config.object_id"),
        ({"ops": {"get_json_in": APPLY["ops"]["get_json_in"]}}, "perform_mongo_updates"),
        ({"ops": {**APPLY["ops"], "get_json_in": {"config": {"object_id": 5}}}}, "object_id"),
        ({"ops": {**APPLY["ops"], "get_json_in": []}}, "object_id"),
    ],
    ids=["nothing", "null", "half", "a number", "a list"],
)
def test_metadata_in_says_what_it_is_not_told(run_config, place):
    with pytest.raises(RunConfigUnusable, match=place):
        complete(METADATA_IN, run_config)


@pytest.mark.parametrize("level", ["ops", "op", "config"])
@pytest.mark.parametrize("value", [None, [], "text"], ids=repr)
def test_what_is_no_object_where_one_is_needed_is_named(level, value):
    op = "get_study_biosamples_metadata"
    shapes = {"ops": {"ops": value}, "op": {"ops": {op: value}}}
    shapes["config"] = {"ops": {op: {"config": value}}}

    with pytest.raises(RunConfigUnusable, match=r"ops.*an object is needed here"):
        complete(EXPORT, shapes[level])


@pytest.mark.parametrize("name", ["resources", "execution", "loggers", "solids"])
def test_only_ops_can_be_configured(name):
    config = {name: {"mongo": {"config": {"host": "mongodb://evil.example.org"}}}}

    with pytest.raises(RunConfigUnusable, match=f"{name}: only `ops`"):
        complete(METADATA_IN, APPLY | config)


@given(
    st.recursive(
        st.just({"env": "API_SITE_CLIENT_SECRET"}),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2),
            st.dictionaries(st.sampled_from(["a", "b", "config"]), inner, min_size=1),
        ),
        max_leaves=4,
    )
)
def test_a_run_config_never_reads_the_environment(value):
    with pytest.raises(RunConfigUnusable, match="environment"):
        complete(METADATA_IN, {"ops": {**APPLY["ops"], "more": {"config": {"key": value}}}})
