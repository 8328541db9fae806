"""What may be asked of allowances, and done with them, whoever asks."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from nmdc_runtime.allowances.errors import ActionNotAllowed
from nmdc_runtime.allowances.models import (
    ADDED_ACTIONS,
    Allowance,
    AllowanceAction,
    Effect,
    StoredAllowance,
)
from nmdc_runtime.allowances.store import COLLECTIONS, AllowanceStore
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.web.auth import ADMIN_SITE_ID, Caller

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceService:
    """Tell and say who may do what; implements `nmdc_runtime.web.auth.AccessRules`.

    Parameters
    ----------
    is_client_id
        Says whether a site client has, or had, this id.
    """

    allowances: AllowanceStore
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    is_client_id: Callable[[str], bool]

    def boot(self, *, admin_username: str) -> None:
        """Where nobody is allowed anything yet, allow the administrator everything.

        Who could manage allowances in an older Runtime gets, once, the actions that are new: they
        could give them to themselves.
        """
        if admin_username and self.allowances.is_empty():
            self.allowances.grant(admin_username, AllowanceAction)
            logger.info("first allowances granted", extra={"username": admin_username})
        for step, actions in ADDED_ACTIONS.items():
            if not self.allowances.is_done(step):
                self._grant_added(step, actions)

    def _grant_added(self, step: str, actions: Iterable[AllowanceAction]) -> None:
        def work(tx: Transaction) -> list[str]:
            self.allowances.mark_done(step, at=self.clock(), tx=tx)
            holders = self.allowances.list_holders(AllowanceAction.MANAGE_ALLOWANCES, tx=tx)
            for holder in holders:
                self.allowances.grant(holder, actions, tx=tx)
            return holders

        with suppress(DuplicateKeyError):  # another process boots, and was faster
            holders = self.transactions.run(work)
            logger.info("added actions granted", extra={"step": step, "usernames": holders})

    def is_allowed(self, caller: Caller, action: str) -> bool:
        """Say whether the action is granted to the caller and not denied."""
        if caller.scopes is not None and action not in caller.scopes:
            return False
        name = caller.username
        if self.allowances.is_denied(name, action):
            return False
        return _is_by_role(caller, action) or (
            self.allowances.is_granted(name, action) and self._may_hold(caller)
        )

    def list_allowed(self, caller: Caller) -> list[str]:
        """Return all actions that `is_allowed` to the caller."""
        name = caller.username
        granted = self.allowances.list_actions(Effect.ALLOW, name)
        if granted and not self._may_hold(caller):
            granted = set()
        denied = self.allowances.list_actions(Effect.DENY, name)
        return sorted(
            action.value
            for action in AllowanceAction
            if (action in granted or _is_by_role(caller, action))
            and action not in denied
            and (caller.scopes is None or action in caller.scopes)
        )

    def _may_hold(self, caller: Caller) -> bool:
        """Say whether the rows under the caller's name are the caller's.

        Users and site clients share one list of names, as published. A name that is the id of a
        client is the client's: a user of that name inherits nothing.
        """
        return caller.site_id is not None or not self.is_client_id(caller.username)

    def check_allowed(self, caller: Caller, action: str, *, refusal: str) -> None:
        """Raise `ActionNotAllowed`, with the published sentence, unless granted and not denied.

        Parameters
        ----------
        caller
            A user, a site client, or an API key, which may do no more than its scopes.
        action
            One of `AllowanceAction`.
        refusal
            What the contract of the route publishes as ``detail``.
        """
        if not self.is_allowed(caller, action):
            raise ActionNotAllowed(refusal, username=caller.username, action=action)

    def list_rows(
        self,
        effect: Effect,
        *,
        username: str | None = None,
        action: AllowanceAction | None = None,
    ) -> list[StoredAllowance]:
        """Return the rows of the list, of this name and of this action if they are given."""
        return self.allowances.list_rows(
            effect, username=username, action=action.value if action else None
        )

    def add(self, effect: Effect, row: Allowance) -> Allowance:
        """Put a row on the list, or raise `AllowanceAlreadyExists`."""

        def work(tx: Transaction) -> Allowance:
            self.allowances.add(effect, row, tx=tx)
            self._record("add", effect, row, tx=tx)
            return row

        return self.transactions.run(work)

    def remove(self, effect: Effect, row: Allowance) -> None:
        """Take a row off the list, or raise `AllowanceNotFound`."""

        def work(tx: Transaction) -> None:
            self.allowances.remove(effect, row, tx=tx)
            self._record("remove", effect, row, tx=tx)

        self.transactions.run(work)

    def _record(self, verb: str, effect: Effect, row: Allowance, *, tx: Transaction) -> None:
        self.audit.record(
            f"{verb}_{effect.noun}",
            f"{COLLECTIONS[effect]}/{row.username}",
            details={"action": row.action.value},
            tx=tx,
        )


def _is_by_role(caller: Caller, action: str) -> bool:
    """Say whether the caller may, without a row, because they administer users as of old."""
    return (
        action == AllowanceAction.MANAGE_USERS
        and caller.site_id is None
        and ADMIN_SITE_ID in caller.site_admin
    )
