"""What may be done with API keys, whoever asks."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nmdc_runtime.api_keys import rules
from nmdc_runtime.api_keys.errors import ScopeUnknown
from nmdc_runtime.api_keys.models import ApiKey, ApiKeyIn, ApiKeyInfo, NewApiKey
from nmdc_runtime.api_keys.store import COLLECTION, ApiKeyStore
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.web.auth import AccessRules, Caller

#: How exactly the last use of a key is noted: a write a request would be too much.
USE_NOTED_EVERY: Final = timedelta(minutes=1)
SCOPE_REFUSAL: Final = "A key may do no more than its owner: you lack one of these permissions."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyService:
    """Make, list, revoke and recognise API keys.

    Parameters
    ----------
    actions
        All permissions that there are.
    """

    keys: ApiKeyStore
    rules: AccessRules
    actions: frozenset[str]
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def create(self, wanted: ApiKeyIn, *, caller: Caller) -> NewApiKey:
        """Return a new key of the caller's; the answer alone ever holds it whole.

        Raise `ScopeUnknown`, or `nmdc_runtime.allowances.errors.ActionNotAllowed` for a scope
        that the caller does not have. What the owner loses later, the key loses too.
        """
        for scope in wanted.scopes:
            if scope not in self.actions:
                raise ScopeUnknown(scope, known=sorted(self.actions))
            self.rules.check_allowed(caller, scope, refusal=SCOPE_REFUSAL)
        key_id, secret = rules.new_parts()
        now = self.clock()
        key = ApiKey(
            id=key_id,
            owner=caller.username,
            name=wanted.name,
            scopes=frozenset(wanted.scopes),
            created_at=now,
            expires_at=now + timedelta(days=wanted.expires_in_days),
            hashed_secret=rules.hash_of(secret),
        )

        def work(tx: Transaction) -> None:
            self.keys.add(key, tx=tx)
            self.audit.record(
                "create_api_key",
                f"{COLLECTION}/{key_id}",
                f"users/{key.owner}",
                details={"scopes": sorted(key.scopes), "expires_at": as_text(key.expires_at)},
                tx=tx,
            )

        self.transactions.run(work)
        return NewApiKey(**_info(key).model_dump(), key=rules.write(key_id, secret))

    def list_of(self, owner: str) -> list[ApiKeyInfo]:
        """Return what may be told of a user's keys, oldest first; expired ones for a while too."""
        return [_info(key) for key in self.keys.list_of(owner)]

    def revoke(self, key_id: str, *, owner: str) -> None:
        """End a user's key at once, or raise `ApiKeyNotFound`."""

        def work(tx: Transaction) -> None:
            self.keys.remove(key_id, owner=owner, tx=tx)
            self.audit.record("revoke_api_key", f"{COLLECTION}/{key_id}", f"users/{owner}", tx=tx)

        self.transactions.run(work)

    def authenticate(self, text: str) -> ApiKey | None:
        """Return the key that this is, or None if it is none, has expired or was revoked."""
        parts = rules.read(text)
        if parts is None:
            return None
        key_id, secret = parts
        key = self.keys.find(key_id)
        stored = key.hashed_secret if key else rules.hash_of("")
        is_right = hmac.compare_digest(rules.hash_of(secret), stored)
        now = self.clock()
        if key is None or not is_right or key.expires_at <= now:
            return None
        noted_since = now - USE_NOTED_EVERY
        if key.last_used_at is None or key.last_used_at <= noted_since:
            self.keys.note_use(key_id, at=now, unless_since=noted_since)
        return key


def _info(key: ApiKey) -> ApiKeyInfo:
    return ApiKeyInfo(
        id=key.id,
        name=key.name,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
