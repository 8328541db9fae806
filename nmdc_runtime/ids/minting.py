"""The public minter: mint, resolve, bind and delete identifiers of NMDC documents."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import bson
from bson.errors import BSONError
from pydantic import TypeAdapter

from nmdc_runtime.ids import rules, tables
from nmdc_runtime.ids.errors import (
    BindingsNotStorable,
    CandidateTaken,
    IdInUse,
    IdNotDraft,
    IdNotResolved,
    IdOfAnotherSite,
    IdUnknown,
    MintingRefused,
    TooManyIds,
)
from nmdc_runtime.ids.ledger import Atomic, DocumentLookup, MinterLedger, Once
from nmdc_runtime.ids.models import IdRecord, Minting, Status
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock

logger = logging.getLogger(__name__)

MINTED: Final = TypeAdapter(list[str])
#: Drafts that reconciliation looks at in one step.
STEP: Final = 1_000
#: MongoDB keeps documents of up to 16 MB; the record needs some of that.
MOST_BOUND_BYTES: Final = 15 * 1024 * 1024
#: A batch in which a clash is likelier than this asks which candidates are free before it inserts.
LIKELY: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class MintingService:
    """Issue public ids and keep record of what becomes of them.

    Parameters
    ----------
    documents
        Knows which ids are in use.
    service_id
        The minting service that this hub acts as.
    own_site_id
        The Runtime's own site, which may bind and delete ids of all sites.
    most_at_once
        How many ids one request may ask for.
    run_classes
        The classes whose ids end in a run number, e.g. ``nmdc:MagsAnalysis``.
    random_bits
        Returns a random number of so many bits.
    """

    ledger: MinterLedger
    documents: DocumentLookup
    transactions: Atomic
    idempotency: Once
    audit: AuditTrail
    clock: Clock
    service_id: str
    own_site_id: str
    most_at_once: int = 100_000
    run_classes: frozenset[str] = frozenset()
    random_bits: Callable[[int], int] = secrets.randbits

    def boot(self, *, typecodes: Iterable[Mapping[str, str]], site_ids: Iterable[str]) -> list[str]:
        """Write the minter's tables; return a sentence for each thing that keeps it from minting.

        Safe at every boot, and when several processes boot at once.

        Parameters
        ----------
        typecodes
            Rows of the schema: ``{id, schema_class, name}``. Classes that an older schema had
            can no longer be minted for.
        site_ids
            All sites; each of them may mint.
        """
        rows = list(typecodes)
        self.ledger.put_tables(
            typecodes=rows,
            schema_classes=[{"id": row["schema_class"]} for row in rows],
            shoulders=tables.SHOULDERS,
            services=tables.SERVICES,
        )
        self.ledger.put_requesters(site_ids)
        if self.ledger.has_service(self.service_id) and self.ledger.find_shoulder(self.service_id):
            return []
        problem = (
            f"MINTING_SERVICE_ID is {self.service_id!r}, which is no minting service with a "
            f"shoulder: this hub cannot mint public ids. Set it to {tables.SERVICE_ID}."
        )
        logger.error(problem)
        return [problem]

    def mint(
        self,
        *,
        class_id: str | None,
        how_many: int,
        site_id: str,
        run_number: int | None = None,
        key: str | None = None,
    ) -> list[str]:
        """Return so many new ids, drafts of the site, that nobody else ever gets.

        All ids, their audit record and the answer to the key are written in one transaction. A
        candidate that is taken voids it; it is run again with others, none of which was issued.

        Parameters
        ----------
        class_id
            For documents of which class, e.g. ``nmdc:Study``.
        how_many
            At most ``most_at_once``.
        site_id
            Who asks; only this site may bind or delete the ids.
        run_number
            Put behind each id. The records, and the promise to issue none twice, are of the ids
            without it: further runs of a workflow share them.
        key
            The client's ``Idempotency-Key``.

        Raises
        ------
        MintingRefused, TooManyIds
            The tables, or the limits of this hub, do not admit it.
        """
        if how_many > self.most_at_once:
            raise TooManyIds(how_many, most=self.most_at_once)
        minting = self._minting_for(class_id, site_id=site_id)
        if run_number is not None and class_id not in self.run_classes:
            raise MintingRefused(
                f"run_number is only for ids of workflow executions, not of {class_id}",
                code="run_number_refused",
            )
        suffix = "" if run_number is None else f".{run_number}"
        issued = self.ledger.issued(minting.stem, at_least=rules.MOST_SHORTEST_PUBLIC)
        cautious = how_many * issued > LIKELY * 2 * rules.MOST_SHORTEST_PUBLIC
        while True:

            def work(tx: Any, *, cautious: bool = cautious) -> list[str]:  # noqa: ANN401
                ids = self._candidates(minting, how_many, issued=issued, free_only=cautious, tx=tx)
                self.ledger.add_drafts(ids, minting, tx=tx)
                self.audit.record(
                    "mint_ids",
                    f"minter.id_records/{ids[0]}",
                    details={
                        "how_many": how_many,
                        "schema_class": class_id,
                        "first_id": ids[0],
                        "last_id": ids[-1],
                    },
                    tx=tx,
                )
                return [each + suffix for each in ids] if suffix else ids

            try:
                answer, _ = self.idempotency.once(
                    key,
                    caller=site_id,
                    route="POST /pids/mint",
                    request=[class_id, how_many, run_number],
                    work=work,
                    model=MINTED,
                )
            except CandidateTaken:
                cautious = True
            else:
                return answer

    def _minting_for(self, class_id: str | None, *, site_id: str) -> Minting:
        shoulder = self.ledger.find_shoulder(self.service_id)
        if shoulder is None or not self.ledger.has_service(self.service_id):
            raise MintingRefused(f"Unknown service {self.service_id}", code="unknown_service")
        if not self.ledger.has_requester(site_id):
            raise MintingRefused(f"Unknown requester {site_id}", code="unknown_requester")
        if class_id is None or not self.ledger.has_class(class_id):
            raise MintingRefused(f"Unknown schema class {class_id}", code="unknown_schema_class")
        typecode = self.ledger.find_typecode(class_id)
        if typecode is None:
            raise MintingRefused(
                f"Cannot map schema class {class_id} to a typecode", code="no_typecode"
            )
        return Minting(
            typecode_id=typecode["id"],
            typecode=typecode["name"],
            shoulder_id=shoulder["id"],
            shoulder=shoulder["name"],
            minted_by=site_id,
            minted_at=self.clock(),
        )

    def _candidates(
        self,
        minting: Minting,
        how_many: int,
        *,
        issued: int,
        free_only: bool,
        tx: Any,  # noqa: ANN401 (of the ledger)
    ) -> list[str]:
        """Return so many different ids; only ones that were free just now, if that is wanted."""
        found: set[str] = set()
        stem = minting.stem
        vain_rounds = 0
        while len(found) < how_many:
            length = rules.blade_length(
                issued + how_many, vain_rounds=vain_rounds, shortest=rules.SHORTEST_PUBLIC_BLADE
            )
            bits, digits = rules.BITS_A_DIGIT * length, length + rules.CHECK_DIGITS
            drawn = {self.random_bits(bits) for _ in range(how_many - len(found))}
            fresh = {stem + rules.encode(number, length=digits) for number in drawn} - found
            if free_only:
                fresh -= self.ledger.find_taken(fresh, tx=tx)
            if not fresh:
                vain_rounds += 1
            found |= fresh
        return list(found)

    def resolve(self, id_name: str) -> IdRecord:
        """Return what is known of an id; one with a run number is known by what stands before it.

        Raises
        ------
        IdNameInvalid, IdNotResolved
            It is no identifier, or not one of this minter's.
        """
        rules.check_public_form(id_name)
        record = self._find(id_name)
        if record is None:
            raise IdNotResolved(id_name)
        return record

    def bind(self, id_name: str, bindings: dict[str, Any], *, site_id: str) -> IdRecord:
        """Replace what is bound to a draft of the site's, and return its record.

        Raises
        ------
        IdNameInvalid, IdUnknown, IdOfAnotherSite, IdNotDraft, BindingsNotStorable
            Why not.
        """
        rules.check_public_form(id_name)
        _check_storable(bindings)
        refusal = "Can't change bound metadata"

        def bind(tx: Any) -> IdRecord:  # noqa: ANN401 (of the ledger)
            record = self._get_draft(id_name, site_id=site_id, refusal=refusal, tx=tx)
            if not self.ledger.bind_draft(record.name, bindings, tx=tx):
                raise IdNotDraft(record.name, status=record.status, refusal=refusal)
            bound = record.model_copy(update={"bindings": bindings})
            self.audit.record(
                "bind_id",
                f"minter.id_records/{record.name}",
                before=record.model_dump(),
                after=bound.model_dump(),
                tx=tx,
            )
            return bound

        return self.transactions.run(bind)

    def delete(self, id_name: str, *, site_id: str) -> None:
        """Delete a draft of the site's that no stored document has.

        Raises
        ------
        IdNameInvalid, IdUnknown, IdOfAnotherSite, IdNotDraft, IdInUse
            Why not.
        """
        rules.check_public_form(id_name)
        refusal = "Can't delete"

        def delete(tx: Any) -> None:  # noqa: ANN401 (of the ledger)
            record = self._get_draft(id_name, site_id=site_id, refusal=refusal, tx=tx)
            if self.documents.find_used([record.name], tx=tx):
                raise IdInUse(record.name)
            if not self.ledger.remove_draft(record.name, tx=tx):
                raise IdNotDraft(record.name, status=record.status, refusal=refusal)
            self.audit.record(
                "delete_id",
                f"minter.id_records/{record.name}",
                before=record.model_dump(),
                tx=tx,
            )

        self.transactions.run(delete)

    def reconcile(self) -> int:
        """Mark all drafts as registered that stored documents have; return how many there were.

        Documents may come by other ways than this hub, as by a restored backup. Step by step, so
        that nobody waits for it; several processes may do it at once.
        """
        marked = 0
        for typecode in self.ledger.list_typecodes():
            after = ""
            while drafts := self.ledger.list_drafts(typecode, after=after, limit=STEP):
                used = self.documents.find_used(drafts)
                marked += self.ledger.mark_registered(used) if used else 0
                after = drafts[-1]
        if marked:
            self.audit.record("reconcile_ids", "minter.id_records", details={"registered": marked})
        return marked

    def _find(self, id_name: str, *, tx: Any = None) -> IdRecord | None:  # noqa: ANN401
        record = self.ledger.find(id_name, tx=tx)
        base = rules.base_of(id_name)
        return self.ledger.find(base, tx=tx) if record is None and base != id_name else record

    def _get_draft(
        self,
        id_name: str,
        *,
        site_id: str,
        refusal: str,
        tx: Any,  # noqa: ANN401 (of the ledger)
    ) -> IdRecord:
        record = self._find(id_name, tx=tx)
        if record is None:
            raise IdUnknown(id_name)
        if record.minted_by is not None and site_id not in {record.minted_by, self.own_site_id}:
            raise IdOfAnotherSite(record.name, minted_by=record.minted_by)
        if record.status is not Status.DRAFT:
            raise IdNotDraft(record.name, status=record.status, refusal=refusal)
        return record


def _check_storable(bindings: dict[str, Any]) -> None:
    """Raise `BindingsNotStorable` for what is JSON, but not BSON: null characters, huge numbers."""
    try:
        size_bytes = len(bson.encode({"bindings": bindings}))
    except (BSONError, OverflowError, UnicodeError, RecursionError) as error:
        raise BindingsNotStorable(str(error)[:200]) from error
    if size_bytes > MOST_BOUND_BYTES:
        raise BindingsNotStorable(f"it takes {size_bytes} bytes of {MOST_BOUND_BYTES}")
