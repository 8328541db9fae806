"""Who is logged in on a documentation page, told by the cookie of the ORCID login."""

from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import PyMongoError

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.login import rules
from nmdc_runtime.login.models import Credentials
from nmdc_runtime.login.service import LoginService

ENDED: Final = "You are not logged in any more: your login has ended or is not valid here."
NOT_CHECKED: Final = (
    "Your login could not be checked just now. Load the page again in a moment to use it."
)


@dataclass(frozen=True, slots=True)
class PageLogin:
    """What a page knows of who looks at it.

    Parameters
    ----------
    token
        What its scripts may send as the person's access token, if somebody is logged in.
    notice
        What to tell, if the cookie is no login.
    is_over
        Whether the cookie is good for nothing and goes.
    """

    token: dict[str, Any] | None = None
    notice: str = ""
    is_over: bool = False


def login_of(login: LoginService, session: str) -> PageLogin:
    """Return the login that a cookie stands for. A bad cookie is no reason to refuse the page."""
    if not session:
        return PageLogin()
    asked = Credentials(grant_type=rules.CLIENT_GRANT, client_id=session)
    try:
        issued = login.log_in(asked)
    except NmdcError as error:
        if error.kind is ErrorKind.UNAUTHENTICATED:
            return PageLogin(notice=ENDED, is_over=True)
        return PageLogin(notice=NOT_CHECKED)
    except PyMongoError:
        return PageLogin(notice=NOT_CHECKED)
    expires_at = login.clock() + login.lifetime
    return PageLogin(
        token={
            "text": issued.access_token,
            "expires_at": expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
    )
