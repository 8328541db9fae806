"""What may be done with identifiers, whoever asks."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nmdc_runtime.ids import rules, tables
from nmdc_runtime.ids.models import DEFAULT_SHOULDER, IssuedId
from nmdc_runtime.ids.store import InternalIdStore, MinterStore
from nmdc_runtime.kernel.clock import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdService:
    """Mint internal ids; write the tables of the public minter at boot.

    Parameters
    ----------
    random_bits
        Returns a random number of so many bits.
    """

    ids: InternalIdStore
    minter: MinterStore
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

    def boot(
        self,
        *,
        typecodes: Iterable[Mapping[str, str]],
        site_ids: Iterable[str],
        minting_service_id: str,
    ) -> None:
        """Write the tables of the public minter; safe at every boot, and at once.

        Parameters
        ----------
        typecodes
            Rows of the schema: ``{id, schema_class, name}``.
        site_ids
            All sites; each of them may mint.
        minting_service_id
            The service this hub acts as.
        """
        rows = list(typecodes)
        self.minter.put_tables(
            typecodes=rows,
            schema_classes=[{"id": row["schema_class"]} for row in rows],
            shoulders=tables.SHOULDERS,
            services=tables.SERVICES,
        )
        self.minter.put_requesters(site_ids)
        if not self.minter.has_service(minting_service_id):
            logger.error(
                "MINTING_SERVICE_ID names no minting service: this hub cannot mint public ids",
                extra={"minting_service_id": minting_service_id},
            )
