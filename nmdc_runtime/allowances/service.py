"""What may be asked of allowances, whoever asks."""

import logging
from dataclasses import dataclass

from nmdc_runtime.allowances.errors import ActionNotAllowed
from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.allowances.store import AllowanceStore
from nmdc_runtime.web.auth import Caller

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceService:
    """Tell who may do what; implements `nmdc_runtime.web.auth.AccessRules`."""

    allowances: AllowanceStore

    def boot(self, *, admin_username: str) -> None:
        """Where nobody is allowed anything yet, allow the administrator everything."""
        if admin_username and self.allowances.is_empty():
            self.allowances.grant(admin_username, AllowanceAction)
            logger.info("first allowances granted", extra={"username": admin_username})

    def is_allowed(self, caller: Caller, action: str) -> bool:
        """Say whether the action is granted to the caller and not denied."""
        if caller.scopes is not None and action not in caller.scopes:
            return False
        name = caller.username
        return self.allowances.is_granted(name, action) and not self.allowances.is_denied(
            name, action
        )

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
