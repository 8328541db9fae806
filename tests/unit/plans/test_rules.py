"""How documents become a plan."""

from nmdc_runtime.plans import rules
from nmdc_runtime.plans.models import Change, ChangeKind, Counts, Plan
from nmdc_runtime.schema.load import load_registry
from tests.support.documents import a_study

NOW = "2026-11-23T12:00:00Z"
MEMBER = {
    "type": "nmdc:FunctionalAnnotationAggMember",
    "was_generated_by": "nmdc:wfmgan-11-a.1",
    "gene_function_id": "KEGG.ORTHOLOGY:K00001",
    "count": 3,
}


def stored(document, **more):
    return {"_id": "key", **document, **more}


def dated(**dates):
    return {"provenance_metadata": {"type": "nmdc:ProvenanceMetadata", **dates}}


def an_upsert(document, *, stored=None, now=NOW):
    return rules.plan_upserts(
        "study_set", [document], stored={document["id"]: stored} if stored else {}, now=now
    )


def test_a_document_that_is_not_stored_is_inserted_and_dated():
    ([change], unchanged) = an_upsert(a_study())

    assert (change.kind, change.before, unchanged) == (ChangeKind.INSERT, None, 0)
    assert change.after["provenance_metadata"]["add_date"] == NOW


def test_a_document_that_differs_replaces_the_stored_one_and_keeps_when_it_was_added():
    before = stored(a_study(name="old"), **dated(add_date="2020-01-01T00:00:00Z"))

    ([change], unchanged) = an_upsert(a_study(title="new"), stored=before)

    assert (change.kind, change.before, unchanged) == (ChangeKind.REPLACE, before, 0)
    assert change.after["provenance_metadata"] == {
        "type": "nmdc:ProvenanceMetadata",
        "add_date": "2020-01-01T00:00:00Z",
        "mod_date": NOW,
    }


def test_a_document_that_is_stored_just_so_stays_with_its_dates():
    dates = dated(add_date="2020-01-01T00:00:00Z", mod_date="2021-01-01T00:00:00Z")

    assert an_upsert(a_study(), stored=stored(a_study(), **dates)) == ([], 1)


def test_the_order_of_attributes_makes_no_difference_and_their_types_do():
    before = stored(dict(reversed(a_study(count=1).items())))

    assert an_upsert(a_study(count=1), stored=before, now=None) == ([], 1)
    assert an_upsert(a_study(count=True), stored=before, now=None)[0]
    assert an_upsert(a_study(count=1.0), stored=before, now=None)[0]


def test_documents_without_ids_are_inserted_as_often_as_they_are_missing():
    changes, unchanged = rules.plan_keyless(
        "functional_annotation_agg",
        [MEMBER, MEMBER, MEMBER | {"count": 4}],
        stored=[stored(MEMBER)],
    )

    assert [change.after["count"] for change in changes] == [3, 4]
    assert unchanged == 1


def test_a_digest_ignores_the_key_and_nothing_else():
    assert rules.digest_of(stored(a_study())) == rules.digest_of(a_study())
    assert rules.digest_of(a_study(count=1)) != rules.digest_of(a_study(count=2))


def test_counts_tell_what_becomes_of_each_collections_documents():
    plan = Plan(
        [
            Change(collection="study_set", id="a", kind=ChangeKind.INSERT, after={"id": "a"}),
            Change(collection="study_set", id="b", kind=ChangeKind.DELETE, before={"id": "b"}),
        ],
        {"study_set": 2, "biosample_set": 1},
    )

    assert rules.counts_of(plan) == {
        "study_set": Counts(inserted=1, deleted=1, unchanged=2),
        "biosample_set": Counts(unchanged=1),
    }


def test_published_counters_are_those_of_upserts():
    counts = Counts(inserted=2, replaced=3, unchanged=4)

    of_upserts = rules.published_counters(counts, has_id=True)
    of_inserts = rules.published_counters(counts, has_id=False)

    assert (of_upserts["nUpserted"], of_upserts["nInserted"]) == (2, 0)
    assert (of_inserts["nUpserted"], of_inserts["nInserted"]) == (0, 2)
    assert (of_upserts["nMatched"], of_upserts["nModified"]) == (7, 3)


def test_an_id_is_lost_if_no_document_has_it_any_more():
    gone = Change(collection="study_set", id="a", kind=ChangeKind.DELETE, before={"id": "a"})
    back = Change(collection="study_set", id="a", kind=ChangeKind.INSERT, after={"id": "a"})
    moved = Change(
        collection="study_set",
        id="c",
        kind=ChangeKind.REPLACE,
        before={"id": "b"},
        after={"id": "c"},
    )

    assert rules.lost_ids([gone]) == {"study_set": {"a"}}
    assert rules.lost_ids([gone, back]) == {}
    assert rules.lost_ids([moved]) == {"study_set": {"b"}}
    assert list(rules.new_ids([gone, back, moved])) == ["a", "c"]


def test_only_references_that_are_new_to_a_document_are_looked_at():
    before = {"id": "x", "type": "nmdc:Biosample", "associated_studies": ["nmdc:sty-11-a"]}
    after = {**before, "associated_studies": ["nmdc:sty-11-a", "nmdc:sty-11-b"]}
    change = Change(
        collection="biosample_set", id="x", kind=ChangeKind.REPLACE, before=before, after=after
    )

    [(collection, stub)] = rules.added_references([change], load_registry())

    assert collection == "biosample_set"
    assert stub == {"id": "x", "type": "nmdc:Biosample", "associated_studies": ["nmdc:sty-11-b"]}
