"""What the public minter does, whatever keeps its records: both stores run these tests."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from nmdc_runtime.ids.errors import (
    BindingsNotStorable,
    IdInUse,
    IdNameInvalid,
    IdNotDraft,
    IdNotResolved,
    IdOfAnotherSite,
    IdUnknown,
    MintingRefused,
    TooManyIds,
)
from nmdc_runtime.ids.ledger import MinterLedger
from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.models import Status
from nmdc_runtime.ids.rules import decode, encode
from nmdc_runtime.ids.tables import SERVICE_ID
from nmdc_runtime.schema.ids import has_run_number, strict_id_pattern
from nmdc_runtime.schema.load import load_registry

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINE = "NERSC"
OTHER = "EMSL"
OWN = "nmdc-runtime"
BIOSAMPLE = "nmdc:Biosample"
WORKFLOW = "nmdc:MagsAnalysis"

Minter = Callable[..., MintingService]


class Documents:
    """Stored documents, of which only the ids matter."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def find_used(self, ids: Iterable[str], *, tx: object = None) -> set[str]:
        return self.ids & set(ids)


class Trail:
    """An audit trail as a list."""

    def __init__(self) -> None:
        self.records: list[tuple[str, tuple[str, ...], Mapping[str, Any] | None]] = []

    def record(
        self,
        action: str,
        *targets: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        tx: object = None,
    ) -> None:
        self.records.append((action, targets, details))


def run_classes() -> frozenset[str]:
    classes = load_registry().classes.values()
    return frozenset(f"nmdc:{each.name}" for each in classes if has_run_number(each))


def booted(minter: MintingService) -> MintingService:
    assert minter.boot(typecodes=load_registry().typecodes(), site_ids=[MINE, OTHER, OWN]) == []
    return minter


class MinterBehaviour:
    """A class of tests gives the fixtures ``make_minter`` and ``documents`` and inherits these."""

    @pytest.fixture
    def minter(self, make_minter: Minter) -> MintingService:
        return booted(make_minter())

    @pytest.fixture
    def ledger(self, minter: MintingService) -> MinterLedger:
        return minter.ledger

    def a_draft(self, minter: MintingService, class_id: str = BIOSAMPLE) -> str:
        (minted,) = minter.mint(class_id=class_id, how_many=1, site_id=MINE)
        return minted

    def test_a_minted_id_is_a_draft_of_the_strict_form_with_eight_characters(self, minter):
        minted = self.a_draft(minter)

        parts = strict_id_pattern(load_registry()).fullmatch(minted)
        assert parts is not None
        assert (parts["typecode_strict"], parts["shoulder"]) == ("bsm", "11")
        assert len(parts["blade_strict"]) == 8
        assert decode(parts["blade_strict"]) < 2**30
        record = minter.resolve(minted)
        assert (record.id, record.name, record.status) == (minted, minted, Status.DRAFT)
        assert (record.typecode.id, record.shoulder.id) == (
            "nmdc:Biosample_typecode",
            "nmdc:minter_shoulder_11",
        )
        assert (record.bindings, record.minted_by, record.minted_at) == (None, MINE, MOMENT)

    @pytest.mark.parametrize(
        ("class_id", "typecode"),
        [("nmdc:Study", "sty"), ("nmdc:MassSpectrometry", "dgms"), ("nmdc:DataObject", "dobj")],
    )
    def test_the_typecode_is_the_first_of_the_class(self, minter, class_id, typecode):
        assert self.a_draft(minter, class_id).startswith(f"nmdc:{typecode}-11-")

    def test_a_thousand_ids_at_once_are_a_thousand(self, minter):
        minted = minter.mint(class_id=BIOSAMPLE, how_many=1_000, site_id=MINE)

        assert len(set(minted)) == len(minted) == 1_000
        assert all(minter.ledger.find(each) for each in minted)

    @pytest.mark.parametrize(
        ("asked", "detail"),
        [
            ({"class_id": "potato"}, "Unknown schema class potato"),
            ({"class_id": None}, "Unknown schema class None"),
            ({"site_id": "nobody"}, "Unknown requester nobody"),
            (
                {"run_number": 1},
                "run_number is only for ids of workflow executions, not of nmdc:Biosample",
            ),
        ],
    )
    def test_what_the_tables_do_not_have_is_refused_by_name(self, minter, asked, detail):
        with pytest.raises(MintingRefused) as refused:
            minter.mint(**{"class_id": BIOSAMPLE, "how_many": 1, "site_id": MINE, **asked})

        assert str(refused.value) == detail

    @pytest.mark.parametrize("service_id", ["nmdc:none", ""])
    def test_a_minting_service_that_is_not_there_is_told_at_boot_and_named_at_minting(
        self, make_minter, service_id
    ):
        minter = make_minter(service_id=service_id)
        (problem,) = minter.boot(typecodes=load_registry().typecodes(), site_ids=[MINE])

        assert repr(service_id) in problem
        assert SERVICE_ID in problem
        with pytest.raises(MintingRefused) as refused:
            self.a_draft(minter)
        assert str(refused.value) == f"Unknown service {service_id}"

    def test_a_class_without_a_typecode_is_refused(self, minter, ledger):
        typecodes = load_registry().typecodes()
        classes = [{"id": row["schema_class"]} for row in typecodes]
        ledger.put_tables(
            typecodes=[row for row in typecodes if row["schema_class"] != BIOSAMPLE],
            schema_classes=classes,
            shoulders=[],
            services=[],
        )

        with pytest.raises(MintingRefused, match="Cannot map schema class nmdc:Biosample to a"):
            self.a_draft(minter)

    def test_a_class_that_the_schema_lost_can_no_longer_be_minted_for_until_it_returns(
        self, minter
    ):
        before = self.a_draft(minter)
        rows = [row for row in load_registry().typecodes() if row["schema_class"] != BIOSAMPLE]
        minter.boot(typecodes=rows, site_ids=[])

        with pytest.raises(MintingRefused, match="Unknown schema class nmdc:Biosample"):
            self.a_draft(minter)
        assert minter.resolve(before).status is Status.DRAFT
        assert minter.ledger.list_typecodes() == sorted(
            row["name"] for row in load_registry().typecodes()
        )
        booted(minter)
        assert self.a_draft(minter)

    def test_more_than_this_hub_mints_at_once_is_refused(self, make_minter):
        minter = booted(make_minter(most_at_once=3))

        assert len(minter.mint(class_id=BIOSAMPLE, how_many=3, site_id=MINE)) == 3
        with pytest.raises(TooManyIds, match="at most 3"):
            minter.mint(class_id=BIOSAMPLE, how_many=4, site_id=MINE)

    def test_a_request_that_comes_again_under_its_key_gets_the_same_ids(self, minter):
        def mint(key: str | None) -> list[str]:
            return minter.mint(class_id=BIOSAMPLE, how_many=2, site_id=MINE, key=key)

        assert mint("a") == mint("a")
        assert not set(mint("a")) & set(mint("b"))
        assert not set(mint(None)) & set(mint(None))
        assert minter.mint(class_id=BIOSAMPLE, how_many=2, site_id=OTHER, key="a") != mint("a")

    def test_a_run_number_is_put_behind_and_the_id_before_it_is_issued_once(self, minter):
        (minted,) = minter.mint(class_id=WORKFLOW, how_many=1, site_id=MINE, run_number=3)

        base, _, run = minted.rpartition(".")
        assert run == "3"
        assert minter.resolve(minted).name == minter.resolve(base).name == base
        assert minter.bind(minted, {"a": 1}, site_id=MINE).name == base
        minter.delete(minted, site_id=MINE)
        with pytest.raises(IdNotResolved):
            minter.resolve(minted)

    def test_candidates_that_are_taken_are_passed_over(self, make_minter):
        drawn = iter([1, 1, 2, 1, 2, 3])
        minter = booted(make_minter(random_bits=lambda _: next(drawn)))

        assert self.a_draft(minter) == "nmdc:bsm-11-" + encode(1, length=8)
        assert self.a_draft(minter) == "nmdc:bsm-11-" + encode(2, length=8)
        assert self.a_draft(minter) == "nmdc:bsm-11-" + encode(3, length=8)

    def test_blades_become_longer_when_all_short_ones_are_taken(self, make_minter):
        minter = booted(make_minter(random_bits=lambda bits: 719 if bits == 30 else 720))

        assert self.a_draft(minter) == "nmdc:bsm-11-" + encode(719, length=8)
        assert self.a_draft(minter) == "nmdc:bsm-11-" + encode(720, length=10)

    def test_ids_of_a_stem_are_counted_only_where_there_are_many(self, minter, ledger):
        minter.mint(class_id=BIOSAMPLE, how_many=3, site_id=MINE)
        minter.mint(class_id="nmdc:Study", how_many=2, site_id=MINE)

        assert ledger.issued("nmdc:sty-", at_least=5) == 2
        assert ledger.issued("nmdc:dobj-", at_least=6) == 5

    def test_binding_replaces_what_was_bound_and_leaves_the_status(self, minter):
        draft = self.a_draft(minter)

        assert minter.bind(draft, {"a": {"b": 1}}, site_id=MINE).bindings == {"a": {"b": 1}}
        assert minter.bind(draft, {"foo": "bar"}, site_id=MINE).status is Status.DRAFT
        assert minter.resolve(draft).bindings == {"foo": "bar"}

    @pytest.mark.parametrize("bindings", [{"a\0b": 1}, {"a": 2**64}])
    def test_what_the_database_cannot_keep_is_not_bound(self, minter, bindings):
        draft = self.a_draft(minter)

        with pytest.raises(BindingsNotStorable):
            minter.bind(draft, bindings, site_id=MINE)
        assert minter.resolve(draft).bindings is None

    def test_a_deleted_draft_is_gone(self, minter):
        draft = self.a_draft(minter)
        minter.delete(draft, site_id=MINE)

        with pytest.raises(IdNotResolved, match="Not found"):
            minter.resolve(draft)
        for act in (lambda: minter.bind(draft, {}, site_id=MINE), lambda: self.gone(minter, draft)):
            with pytest.raises(IdUnknown, match=f"ID {draft} is unknown"):
                act()

    def gone(self, minter: MintingService, id_name: str) -> None:
        minter.delete(id_name, site_id=MINE)

    @pytest.mark.parametrize(
        "name", ["", "x", "nmdc:sys0pf75", "nmdc:bsm-11-", "nmdc:é-1-a", "a:b"]
    )
    def test_what_is_no_identifier_is_refused_as_such(self, minter, name):
        for act in (
            lambda: minter.resolve(name),
            lambda: minter.bind(name, {}, site_id=MINE),
            lambda: minter.delete(name, site_id=MINE),
        ):
            with pytest.raises(IdNameInvalid, match="Invalid ID name"):
                act()

    def test_only_the_site_that_minted_an_id_and_the_runtimes_own_may_change_it(self, minter):
        draft = self.a_draft(minter)

        with pytest.raises(IdOfAnotherSite, match=f"minted by the site {MINE}"):
            minter.bind(draft, {"stolen": True}, site_id=OTHER)
        with pytest.raises(IdOfAnotherSite):
            minter.delete(draft, site_id=OTHER)
        assert minter.resolve(draft).bindings is None
        assert minter.bind(draft, {"by": "own"}, site_id=OWN).bindings == {"by": "own"}
        minter.delete(draft, site_id=OWN)

    def test_an_id_that_a_document_has_can_be_neither_bound_nor_deleted(self, minter, ledger):
        draft = self.a_draft(minter)
        assert ledger.mark_registered([draft, "nmdc:bsm-11-unknown"]) == 1
        assert ledger.mark_registered([draft]) == 0

        assert minter.resolve(draft).status is Status.REGISTERED
        with pytest.raises(IdNotDraft) as refused:
            minter.bind(draft, {}, site_id=MINE)
        assert str(refused.value) == "Status not 'draft'. Can't change bound metadata."
        with pytest.raises(IdNotDraft) as refused:
            minter.delete(draft, site_id=MINE)
        assert str(refused.value) == "Status not 'draft'. Can't delete."

    def test_a_draft_that_a_document_has_anyway_is_not_deleted(self, minter, documents):
        draft = self.a_draft(minter)
        documents.ids.add(draft)

        with pytest.raises(IdInUse, match="Can't delete"):
            minter.delete(draft, site_id=MINE)
        assert minter.resolve(draft).status is Status.DRAFT

    def test_reconciliation_marks_the_drafts_that_documents_have(self, minter, documents):
        samples = minter.mint(class_id=BIOSAMPLE, how_many=1_500, site_id=MINE)
        studies = minter.mint(class_id="nmdc:Study", how_many=3, site_id=MINE)
        documents.ids |= {*samples[:1_200], studies[0]}

        assert minter.reconcile() == 1_201
        assert minter.reconcile() == 0
        assert minter.resolve(samples[0]).status is Status.REGISTERED
        assert minter.resolve(samples[-1]).status is Status.DRAFT
        assert minter.resolve(studies[1]).status is Status.DRAFT
