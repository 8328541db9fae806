"""What other parts of the Runtime may do with identifiers; `minting` has what sites may."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nmdc_runtime.ids import rules
from nmdc_runtime.ids.ledger import MinterLedger
from nmdc_runtime.ids.models import DEFAULT_SHOULDER, IssuedId
from nmdc_runtime.ids.store import InternalIdStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class IdService:
    """Mint internal ids; tell the public minter of sites and documents.

    Parameters
    ----------
    random_bits
        Returns a random number of so many bits.
    """

    ids: InternalIdStore
    minter: MinterLedger
    clock: Clock
    random_bits: Callable[[int], int] = secrets.randbits

    def mint_internal(self, namespace: str, *, shoulder: str = DEFAULT_SHOULDER) -> str:
        """Return a new id in full, e.g. ``nmdc:sys0pf75``, that nobody else ever gets.

        It takes part in no transaction: a number that is taken would abort the caller's, and an
        id that nobody uses is harmless. So mint first, then begin.

        Parameters
        ----------
        namespace
            What the id is for, e.g. ``jobs``, ``op``, ``runs``, ``do``.
        shoulder
            The part before the blade, and the ledger that keeps the id.
        """
        (minted,) = self.mint_internal_many(namespace, 1, shoulder=shoulder)
        return minted

    def mint_internal_many(
        self, namespace: str, how_many: int, *, shoulder: str = DEFAULT_SHOULDER
    ) -> list[str]:
        """Return so many new ids, in one round trip unless some numbers were taken."""
        minted: list[str] = []
        vain_rounds = 0
        while len(minted) < how_many:
            missing = how_many - len(minted)
            length = rules.blade_length(self.ids.count(shoulder) + missing, vain_rounds=vain_rounds)
            numbers: set[int] = set()
            while len(numbers) < missing:
                numbers.add(self.random_bits(rules.BITS_A_DIGIT * length))
            added = self.ids.add(
                [
                    IssuedId(
                        number=number,
                        blade=rules.encode(number, length=length + rules.CHECK_DIGITS),
                        shoulder=shoulder,
                        namespace=namespace,
                        issued_at=self.clock(),
                    )
                    for number in numbers
                ]
            )
            minted.extend(issued.id for issued in added)
            if not added:
                vain_rounds += 1
                self.ids.forget_count(shoulder)
        return minted

    def add_requester(self, site_id: str, *, tx: Transaction | None = None) -> None:
        """Let a site mint public ids."""
        self.minter.put_requesters([site_id], tx=tx)

    def mark_registered(self, ids: Iterable[str], *, tx: Transaction | None = None) -> None:
        """Note that documents with these ids are stored: they can no longer be deleted or bound.

        Ids that were not minted here are passed over; of one with a run number, the id before it
        is marked. Call it in the transaction that stores the documents.
        """
        named = dict.fromkeys(each for id_ in ids for each in (id_, rules.base_of(id_)))
        self.minter.mark_registered(named, tx=tx)
