"""Who guesses secrets has to wait; who knows them does not."""

import ipaddress
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.login.errors import TooManyFailures
from nmdc_runtime.login.orcid_rules import fingerprint
from nmdc_runtime.login.store import LoginFailureStore
from nmdc_runtime.web.secrets import RememberedSecrets

logger = logging.getLogger(__name__)

Found = TypeVar("Found")
#: Who has one IPv6 address has as many as they like of the same network.
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginThrottle:
    """Counts failed logins by name and client address; successful ones never count.

    Some clients fetch a token for every call, so a secret that was right lately passes at once,
    also while somebody at the same address guesses.

    Parameters
    ----------
    allowed
        How many failures there may be within the window.
    window
        How long a failure counts.
    """

    failures: LoginFailureStore
    allowed: int
    window: timedelta
    clock: Clock
    remembered: RememberedSecrets = field(default_factory=RememberedSecrets)

    def attempt(
        self, name: str, secret: str, *, address: str, verify: Callable[[], Found | None]
    ) -> Found | None:
        """Return what the verification finds, unless there were too many failures.

        Raise `TooManyFailures`. Attempts at the same moment may each still be verified; there are
        not more of them than the hub has threads.

        Parameters
        ----------
        name
            Whose secret it is, with a prefix that tells users from site clients.
        address
            Where the request comes from.
        """
        place = fingerprint(f"{network_of(address)} {len(name)} {name.encode(errors='replace')!r}")
        now = self.clock()
        if not self.remembered.knows(secret, name):
            recent = self.failures.list_since(place, now - self.window)
            if len(recent) >= self.allowed:
                until = recent[-self.allowed] + self.window
                logger.warning("login throttled", extra={"address": address})
                seconds = math.ceil((until - now).total_seconds())
                raise TooManyFailures(retry_after_s=max(1, seconds))
        found = verify()
        if found is None:
            self.remembered.forget(secret, name)
            self.failures.add(place, at=now, keep=self.allowed, expires_at=now + self.window)
        else:
            self.remembered.remember(secret, name)
        return found


def network_of(address: str) -> str:
    """Return what to count an address as: itself, or its network for IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a socket, or a test
        return address
    if parsed.version == 4:  # noqa: PLR2004 (IPv4)
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(parsed), IPV6_NETWORK_BITS), strict=False))
