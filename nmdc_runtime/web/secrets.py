"""Passwords and client secrets: hashed to be kept, checked without telling what was wrong."""

import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

#: bcrypt never read further, so hashes of longer secrets were made of their first bytes.
BCRYPT_READS_BYTES: Final = 72


@dataclass(frozen=True, slots=True)
class SecretCheck:
    """Whether a secret is right, and the hash to store in place of an outdated one."""

    is_right: bool
    new_hash: str | None = None


class RememberedSecrets:
    """Which secrets this process found right lately, kept as marks that are of no use elsewhere.

    Parameters
    ----------
    remember_for
        How long after its last use a secret is remembered.
    remember_most
        How many are remembered; the one not used for longest is forgotten first.
    seconds
        A clock that only counts.
    """

    def __init__(
        self,
        *,
        remember_for: timedelta = timedelta(hours=1),
        remember_most: int = 1_000,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process_key = os.urandom(32)
        self._remember_s = remember_for.total_seconds()
        self._remember_most = remember_most
        self._seconds = seconds
        self._forget_at: OrderedDict[bytes, float] = OrderedDict()
        self._guard = threading.Lock()

    def knows(self, secret: str, whose: str) -> bool:
        """Say whether the secret of this name (or hash) was found right lately."""
        mark = self._mark(secret, whose)
        with self._guard:
            forget_at = self._forget_at.pop(mark, None)
            now = self._seconds()
            if forget_at is None or forget_at <= now:
                return False
            self._forget_at[mark] = now + self._remember_s
            return True

    def remember(self, secret: str, whose: str) -> None:
        """Note that the secret was found right."""
        mark = self._mark(secret, whose)
        with self._guard:
            self._forget_at.pop(mark, None)
            self._forget_at[mark] = self._seconds() + self._remember_s
            while len(self._forget_at) > self._remember_most:
                self._forget_at.popitem(last=False)

    def forget(self, secret: str, whose: str) -> None:
        """Note that the secret was found wrong."""
        with self._guard:
            self._forget_at.pop(self._mark(secret, whose), None)

    def _mark(self, secret: str, whose: str) -> bytes:
        name, given = as_bytes(whose), as_bytes(secret)
        return hmac.digest(self._process_key, b"%d %b%b" % (len(name), name, given), "sha256")


class SecretHasher:
    """Hashes with Argon2id; checks that and the bcrypt hashes that older Runtimes stored.

    Some clients fetch a token for every call, so secrets found right are remembered for a while,
    under a key that only this process has and that ends with the stored hash: changing a secret
    works at once.

    Parameters
    ----------
    remembered
        The secrets found right.
    at_once
        How many hashes are computed at the same time; each takes 19 MiB and one core.
    """

    def __init__(self, *, remembered: RememberedSecrets | None = None, at_once: int = 4) -> None:
        # OWASP's parameters for Argon2id; the library's default takes 64 MiB and 7 times as long.
        self._argon2 = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._bcrypt = BcryptHasher()
        self._remembered = remembered or RememberedSecrets()
        self._turns = threading.BoundedSemaphore(at_once)

    def hash(self, secret: str) -> str:
        """Return what to store of a new secret."""
        with self._turns:
            return self._argon2.hash(as_bytes(secret))

    def check(self, secret: str, stored_hash: str | None) -> SecretCheck:
        """Compare a secret with a stored hash; without one (unknown name) take as long and refuse.

        The answer carries a new hash if the stored one is outdated and the secret right.
        """
        if stored_hash is None:
            self._matches(as_bytes(secret), self._hash_of_nothing)
            return SecretCheck(is_right=False)
        given = as_bytes(secret)
        if self._remembered.knows(secret, stored_hash):
            return SecretCheck(is_right=True)
        if not self._matches(given, stored_hash):
            return SecretCheck(is_right=False)
        self._remembered.remember(secret, stored_hash)
        return SecretCheck(is_right=True, new_hash=self._replacement(given, stored_hash))

    def remembers(self, secret: str, stored_hash: str) -> bool:
        """Say, without computing a hash, whether this process knows the secret to be right."""
        return self._remembered.knows(secret, stored_hash)

    @cached_property
    def _hash_of_nothing(self) -> str:
        return self.hash(os.urandom(32).hex())

    def _matches(self, given: bytes, stored_hash: str) -> bool:
        """Say whether the secret made the hash; a hash of a kind that is not ours matches none."""
        with self._turns:
            if self._argon2.identify(stored_hash):
                return self._argon2.verify(given, stored_hash)
            if self._bcrypt.identify(stored_hash):
                try:
                    return self._bcrypt.verify(given[:BCRYPT_READS_BYTES], stored_hash)
                except ValueError:  # looks like bcrypt's, but its number of rounds cannot be
                    return False
        return False

    def _replacement(self, given: bytes, stored_hash: str) -> str | None:
        if self._argon2.identify(stored_hash):
            outdated = self._argon2.check_needs_rehash(stored_hash)
        else:
            # What bcrypt did not read was not checked either: it must not become the secret.
            outdated = len(given) <= BCRYPT_READS_BYTES
        if not outdated:
            return None
        with self._turns:
            return self._argon2.hash(given)


def as_bytes(secret: str) -> bytes:
    """Return the bytes of a secret, whatever a client sent."""
    return secret.encode("utf-8", "surrogatepass")
