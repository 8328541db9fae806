"""What may be done with users, whoever asks."""

import logging
import secrets as random_secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.users import rules
from nmdc_runtime.users.errors import (
    CurrentPasswordIncorrect,
    UserAlreadyExists,
    UsernameTakenBySiteClient,
    UserNotFound,
)
from nmdc_runtime.users.models import Account, Me, PasswordChange, User, UserIn, UserUpdate
from nmdc_runtime.users.store import COLLECTION, UserStore
from nmdc_runtime.web.auth import ADMIN_SITE_ID, Caller
from nmdc_runtime.web.secrets import SecretHasher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserService:
    """Create, change and find users, and check their passwords.

    Parameters
    ----------
    is_client_id
        Says whether a site client has, or had, this id.
    """

    users: UserStore
    secrets: SecretHasher
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    is_client_id: Callable[[str], bool]

    def ensure_admin(self, bootstrap: BootstrapSettings) -> bool:
        """Create the configured administrator if there is no such user; say whether it did.

        Safe at every boot, and when several processes boot at once. An existing user is left
        as it is, also when the configured password differs.
        """
        username = bootstrap.admin_username
        password = bootstrap.admin_password.get_secret_value()
        if not username or not password:
            logger.warning(
                "no administrator created: API_ADMIN_USER or API_ADMIN_PASS is empty",
                extra={"username": username},
            )
            return False
        if self.users.find_account(username) is not None:
            return False  # spares the hash; the write below decides
        created = self.users.add_unless_known(
            username,
            hashed_password=self.secrets.hash(password),
            site_admin=[bootstrap.site_id, ADMIN_SITE_ID],
        )
        if created:
            logger.info("administrator created", extra={"username": username})
        return created

    def ensure_orcid_user(self, username: str) -> User:
        """Return the user of this ORCID iD; who logs in for the first time becomes one.

        They get a password that nobody knows, and no rights.
        """
        known = self.find_user(username)
        if known is not None:
            return known
        hashed_password = self.secrets.hash(random_secrets.token_urlsafe(32))
        new = User(username=username)

        def work(tx: Transaction) -> None:
            self.users.add(new, hashed_password=hashed_password, tx=tx)
            self.audit.record("create_user", _target(username), details={"by": "ORCID"}, tx=tx)

        with suppress(UserAlreadyExists):  # another request was faster
            self.transactions.run(work)
        return self.find_user(username) or new

    def create(self, user: UserIn) -> User:
        """Create the user.

        Raise `UserAlreadyExists`, `UsernameTakenBySiteClient` or `UsernameRefused`.
        """
        rules.check_new_name(user.username)
        if self.is_client_id(user.username):
            raise UsernameTakenBySiteClient(user.username)
        hashed_password = self.secrets.hash(user.password)
        created = User.model_validate(user.model_dump(exclude={"password"}))

        def work(tx: Transaction) -> User:
            self.users.add(created, hashed_password=hashed_password, tx=tx)
            self.audit.record(
                "create_user", _target(user.username), after=created.model_dump(), tx=tx
            )
            return created

        return self.transactions.run(work)

    def update(self, update: UserUpdate) -> User:
        """Change what was sent and leave the rest; a new password ends the tokens made before.

        Raise `UserNotFound` or `PasswordTooShort`.
        """
        password = rules.new_password_of(update)
        fields = rules.changes_of(update)
        hashed_password = None if password is None else self.secrets.hash(password)

        def work(tx: Transaction) -> User:
            before = self.users.find_account(update.username, tx=tx)
            if before is None:
                raise UserNotFound(update.username)
            is_back = before.disabled and fields.get("disabled") is False
            after = self.users.change(
                update.username,
                fields,
                hashed_password=hashed_password,
                ends_tokens=hashed_password is not None or is_back,
                at=self.clock(),
                tx=tx,
            )
            changed = [*fields, *(["password"] if hashed_password else [])]
            self.audit.record(
                "update_user",
                _target(update.username),
                before=before.user.model_dump(),
                after=after.model_dump(),
                details={"changed": changed},
                tx=tx,
            )
            return after

        return self.transactions.run(work)

    def change_own_password(self, username: str, change: PasswordChange) -> None:
        """Give the user a new password; all their tokens end, also the one that was sent.

        Raise `CurrentPasswordIncorrect`.
        """
        account = self.users.find_account(username)
        old = account.hashed_password if account else None
        check = self.secrets.check(change.current_password, old)
        if old is None or not check.is_right:
            raise CurrentPasswordIncorrect
        new = self.secrets.hash(change.new_password)

        def work(tx: Transaction) -> None:
            if not self.users.change_password(username, old=old, new=new, at=self.clock(), tx=tx):
                raise CurrentPasswordIncorrect  # it was changed meanwhile
            self.audit.record("change_password", _target(username), tx=tx)

        self.transactions.run(work)

    def add_site_admin(self, username: str, site_id: str, *, tx: Transaction) -> None:
        """Let the user administer the site, also if they do already; raise `UserNotFound`."""
        self.users.add_site_admin(username, site_id, tx=tx)

    def list_all(self) -> list[User]:
        """Return all users, in the order of their names."""
        return self.users.list_all()

    def find_account(self, username: str) -> Account | None:
        """Return the user of this name with the version of their credentials."""
        return self.users.find_account(username)

    def find_user(self, username: str) -> User | None:
        """Return the user of this name."""
        account = self.users.find_account(username)
        return account.user if account else None

    def find_verified(self, username: str, password: str) -> Account | None:
        """Return the account whose name and password these are, or None; both take as long.

        A disabled user counts as unknown. An outdated hash of the password is replaced.
        """
        account = self.users.find_account(username)
        stored_hash = account.hashed_password if account else None
        check = self.secrets.check(password, stored_hash)
        if account is None or not check.is_right or account.disabled:
            return None
        if check.new_hash is not None and stored_hash is not None:
            self.users.replace_hash(username, old=stored_hash, new=check.new_hash)
        return account

    def who_is(self, caller: Caller, *, allowances: Iterable[str] = ()) -> Me:
        """Return the calling user and what they may do; a site client is one named like its id.

        Raise `UserNotFound` if the user was deleted meanwhile.
        """
        if caller.site_id is not None:
            known: dict[str, Any] = {"username": caller.username, "site_id": caller.site_id}
        elif (user := self.find_user(caller.username)) is not None:
            known = user.model_dump(exclude_unset=True)
        else:
            raise UserNotFound(caller.username)
        known["allowances"] = sorted(allowances)
        known["credential"] = "token" if caller.api_key_id is None else "api_key"
        if caller.expires_at is not None:
            known["expires_at"] = caller.expires_at
        return Me.model_validate(known)


def _target(username: str) -> str:
    return f"{COLLECTION}/{username}"
