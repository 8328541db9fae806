"""The public keys by which an OpenID Connect provider's signatures are checked."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

logger = logging.getLogger(__name__)

ALGORITHM: Final = "RS256"
FETCH_TIMEOUT_S: Final = (3.0, 5.0)  # to connect, to answer
#: How long one login waits for the fetch that another one began.
WAIT_S: Final = 2.0
MAX_AGE_S: Final = 3_600.0
MIN_KEY_BITS: Final = 2_048

#: Keys of ORCID's two environments, by issuer: used only while their key sets cannot be fetched.
PINNED: Final[Mapping[str, Mapping[str, str]]] = {
    "https://orcid.org": {
        "kty": "RSA",
        "use": "sig",
        "kid": "production-orcid-org-7hdmdswarosg3gjujo8agwtazgkp1ojs",
        "e": "AQAB",
        "n": (
            "jxTIntA7YvdfnYkLSN4wk__E2zf_wbb0SV_HLHFvh6a9ENVRD1_rHK0EijlBzikb-1rgDQihJETcgBLsMoZVQq"
            "Gj8fDUUuxnVHsuGav_bf41PA7E_58HXKPrB2C0cON41f7K3o9TStKpVJOSXBrRWURmNQ64qnSSryn1nCxMzXpaw7"
            "VUo409ohybbvN6ngxVy4QR2NCC7Fr0QVdtapxD7zdlwx6lEwGemuqs_oG5oDtrRuRgeOHmRps2R6gG5oc-JqVMrV"
            "Rv6F9h4ja3UgxCDBQjOVT1BFPWmMHnHCsVYLqbbXkZUfvP2sO1dJiYd_zrQhi-FtNth9qrLLv3gkgtwQ"
        ),
    },
    "https://sandbox.orcid.org": {
        "kty": "RSA",
        "use": "sig",
        "kid": "sandbox-orcid-org-3hpgosl3b6lapenh1ewsgdob3fawepoj",
        "e": "AQAB",
        "n": (
            "pl-jp-kTAGf6BZUrWIYUJTvqqMVd4iAnoLS6vve-KNV0q8TxKvMre7oi9IulDcqTuJ1alHrZAIVlgrgFn88MKirZ"
            "uTqHG6LCtEsr7qGD9XyVcz64oXrb9vx4FO9tLNQxvdnIWCIwyPAYWtPMHMSSD5oEVUtVL_5IaxfCJvU-FchdHiwf"
            "xvXMWmA-i3mcEEe9zggag2vUPPIqUwbPVUFNj2hE7UsZbasuIToEMFRZqSB6juc9zv6PEUueQ5hAJCEylTkzMwyB"
            "Mibrt04TmtZk2w9DfKJR91555s2ZMstX4G_su1_FqQ6p9vgcuLQ6tCtrW77tta-Rw7McF_tyPmvnhQ"
        ),
    },
}


class ProviderKeys:
    """The provider's keys by their id, fetched when needed and kept.

    A key that is not known makes it ask again, since providers change keys, but seldom: whoever
    sends forged tokens decides how often keys are not known. While the provider does not answer,
    what it said last stays good; what it never said, only pinned keys replace.

    Parameters
    ----------
    issuer
        The provider's base URL.
    ask_again_after
        The shortest time between two fetches.
    seconds
        A clock that only counts.
    """

    def __init__(
        self,
        issuer: str,
        *,
        ask_again_after: timedelta,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = f"{issuer}/oauth/jwks"
        self._ask_again_after_s = ask_again_after.total_seconds()
        self._seconds = seconds
        self._guard = threading.Lock()
        self._asked_at: float | None = None
        self._is_pinned = True
        pinned = PINNED.get(issuer)
        self._keys = _usable_keys([pinned] if pinned else [])

    def find(self, key_id: str) -> RSAPublicKey | None:
        """Return the provider's key of this id, or None."""
        if (key_id not in self._keys or self._is_stale()) and self._may_ask():
            self._refresh()
        return self._keys.get(key_id)

    def _age_s(self) -> float | None:
        asked_at = self._asked_at
        return None if asked_at is None else self._seconds() - asked_at

    def _is_stale(self) -> bool:
        """Say whether keys that are known must be asked for all the same."""
        age_s = self._age_s()
        return self._is_pinned or age_s is None or age_s >= MAX_AGE_S

    def _may_ask(self) -> bool:
        age_s = self._age_s()
        return age_s is None or age_s >= self._ask_again_after_s

    def _refresh(self) -> None:
        if not self._guard.acquire(timeout=WAIT_S):
            return  # somebody is asking, and the provider is slow
        try:
            if not self._may_ask():
                return  # somebody has just asked
            keys = self._fetch()
            if keys:
                self._keys, self._is_pinned = keys, False
            # Only now: who comes meanwhile waits for the answer.
            self._asked_at = self._seconds()
        finally:
            self._guard.release()

    def _fetch(self) -> dict[str, RSAPublicKey]:
        """Return the keys that the provider publishes now; none if it does not answer."""
        try:
            answer = requests.get(
                self._url,
                headers={"Accept": "application/json"},
                timeout=FETCH_TIMEOUT_S,
                allow_redirects=False,
            )
            found = answer.json() if answer.status_code == HTTPStatus.OK else None
            listed = found.get("keys") if isinstance(found, dict) else None
        except (requests.RequestException, RecursionError) as error:
            logger.warning(
                "login provider's keys not fetched", extra={"reason": type(error).__name__}
            )
            return {}
        return _usable_keys(listed if isinstance(listed, list) else [])


def _usable_keys(listed: list[Any]) -> dict[str, RSAPublicKey]:
    """Return the keys that may have signed an id token; others in the set are passed over."""
    keys: dict[str, RSAPublicKey] = {}
    for each in listed:
        if not isinstance(each, dict) or each.get("kty") != "RSA":
            continue
        key_id = each.get("kid")
        if each.get("use", "sig") != "sig" or each.get("alg", ALGORITHM) != ALGORITHM:
            continue
        try:
            key = jwt.PyJWK(each, algorithm=ALGORITHM).key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if not isinstance(key_id, str) or not isinstance(key, RSAPublicKey):
            continue
        if key.key_size >= MIN_KEY_BITS:
            keys[key_id] = key
    return keys
