"""The public minter on a ledger in memory."""

from functools import partial

import pytest

from nmdc_runtime.ids.memory import MemoryLedger, MemoryTransactions
from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.tables import SERVICE_ID
from tests.unit.ids.minter_behaviour import (
    MINE,
    MOMENT,
    OWN,
    Documents,
    Minter,
    MinterBehaviour,
    Trail,
    booted,
    run_classes,
)


class TestInMemory(MinterBehaviour):
    @pytest.fixture
    def documents(self) -> Documents:
        return Documents()

    @pytest.fixture
    def trail(self) -> Trail:
        return Trail()

    @pytest.fixture
    def make_minter(self, documents: Documents, trail: Trail) -> Minter:
        ledger = MemoryLedger()
        transactions = MemoryTransactions(ledger)
        return partial(
            MintingService,
            **{
                "ledger": ledger,
                "documents": documents,
                "transactions": transactions,
                "idempotency": transactions,
                "audit": trail,
                "clock": lambda: MOMENT,
                "service_id": SERVICE_ID,
                "own_site_id": OWN,
                "run_classes": run_classes(),
            },
        )

    def test_work_that_fails_leaves_nothing(self, make_minter, trail):
        minter = booted(make_minter())
        draft = self.a_draft(minter)

        def fail(tx: object) -> None:
            minter.ledger.remove_draft(draft, tx=tx)
            raise ValueError(MINE)

        with pytest.raises(ValueError, match=MINE):
            minter.transactions.run(fail)
        assert minter.resolve(draft).name == draft
        assert [action for action, _, _ in trail.records] == ["mint_ids"]
