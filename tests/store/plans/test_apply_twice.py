"""Applying a plan of documents twice is applying it once, whatever is stored before."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.plans.journal import Errand
from nmdc_runtime.plans.models import Cause, PlanKind
from tests.support.documents import a_study
from tests.support.plans import all_of, small_journal

TITLES = st.sampled_from(["one", "other"])
STUDIES = st.dictionaries(st.sampled_from("abcdefgh"), TITLES)
ROWS = st.lists(st.integers(1, 3), max_size=6)
WRITTEN = ("study_set", "functional_annotation_agg")


def documents_of(studies, counts):
    return {
        "study_set": [a_study(name, title=title) for name, title in studies.items()],
        "functional_annotation_agg": [
            {
                "type": "nmdc:FunctionalAnnotationAggMember",
                "was_generated_by": "nmdc:wfmgan-11-a.1",
                "gene_function_id": "KEGG.ORTHOLOGY:K00001",
                "count": count,
            }
            for count in counts
        ],
    }


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=st.tuples(STUDIES, ROWS), sent=st.tuples(STUDIES, ROWS), is_large=st.booleans())
def test_the_second_time_changes_nothing(*, services, database, before, sent, is_large):
    for name in (*WRITTEN, "workflow_execution_set"):
        database[name].delete_many({})
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})
    apply(services, documents_of(*before))
    documents = documents_of(*sent)

    apply(services, documents, is_large=is_large)
    once = all_of(database, *WRITTEN)
    applied = apply(services, documents, is_large=not is_large)

    assert all_of(database, *WRITTEN) == once
    assert all(each.inserted == each.replaced == 0 for each in applied.counts.values())
    stored = {each["name"]: each["title"] for each in once["study_set"]}
    assert {f"study {name}": title for name, title in sent[0].items()}.items() <= stored.items()
    rows = [each["count"] for each in once["functional_annotation_agg"]]
    assert all(rows.count(each) == max(sent[1].count(each), before[1].count(each)) for each in rows)


def apply(services, documents, *, is_large=False):
    """Apply documents in one transaction, or step by step."""
    plan_id = services.ids.mint_internal("plans")
    cause = Cause(plan_id=plan_id, kind=PlanKind.JSON, operation_id=plan_id)
    if is_large:
        done = []
        errand = Errand(is_done=lambda _: False, close=lambda applied, _: done.append(applied))
        small_journal(services).apply(documents, cause=cause, errand=errand)
        return done[0]
    return services.plans.run(
        lambda tx: services.plans.apply(
            services.plans.plan_documents(documents, tx=tx), cause=cause, tx=tx
        )
    )
