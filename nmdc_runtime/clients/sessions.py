"""HTTP sessions that try again what may be tried again, as the peer asks for it."""

from typing import Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

#: What can be sent twice and does no more than once.
REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
#: "Later", in the words of servers and of what stands in front of them.
BUSY: Final = frozenset({429, 502, 503, 504})
#: No peer makes us wait for longer by its Retry-After.
MOST_WAITING_S: Final = 120


def retrying_session(
    *,
    max_retries: int = 4,
    backoff_s: float = 0.5,
    repeatable: frozenset[str] | None = REPEATABLE,
    connections: int = 10,
    verify_tls: bool = True,
) -> requests.Session:
    """Return a session that sends a request again after a while if the peer is busy or gone.

    The pauses double, with some chance in them; a peer that says when to come back is obeyed. The
    last answer comes back as it is: whoever asked looks at its status.

    Parameters
    ----------
    repeatable
        Methods of which a request may be sent again that may have arrived; None: all. What
        cannot have arrived is sent again in any case.
    """
    session = requests.Session()
    session.verify = verify_tls
    retry = Retry(
        total=max_retries,
        allowed_methods=repeatable,
        status_forcelist=BUSY,
        backoff_factor=backoff_s,
        backoff_jitter=backoff_s,
        retry_after_max=MOST_WAITING_S,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry, pool_maxsize=connections))
    return session
