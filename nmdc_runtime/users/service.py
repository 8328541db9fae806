"""What may be done with users, whoever asks."""

import logging
from dataclasses import dataclass

from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.users.errors import UserNotFound
from nmdc_runtime.users.models import ADMIN_SITE_ID, User
from nmdc_runtime.users.store import UserStore
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.web.secrets import SecretHasher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserService:
    """Find users, check their passwords, create the first administrator."""

    users: UserStore
    secrets: SecretHasher

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

    def find_user(self, username: str) -> User | None:
        """Return the user of this name."""
        account = self.users.find_account(username)
        return account.user if account else None

    def find_verified(self, username: str, password: str) -> User | None:
        """Return the user whose name and password these are, or None; both take as long.

        A disabled user counts as unknown. An outdated hash of the password is replaced.
        """
        account = self.users.find_account(username)
        stored_hash = account.hashed_password if account else None
        check = self.secrets.check(password, stored_hash)
        if account is None or not check.is_right or account.user.disabled:
            return None
        if check.new_hash is not None and stored_hash is not None:
            self.users.replace_hash(username, old=stored_hash, new=check.new_hash)
        return account.user

    def who_is(self, caller: Caller) -> User:
        """Return the calling user; a site client is a user of whom only the name is known."""
        if caller.site_id is not None:
            return User(username=caller.username)
        user = self.find_user(caller.username)
        if user is None:
            raise UserNotFound(caller.username)
        return user
