"""The NMDC submission portal: what people have submitted there, and that it has come over."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from nmdc_runtime.clients.peers import PeerAnswerInvalid, PeerClient, PeerRefused

#: A token is renewed this long before the portal would refuse it.
TOKEN_MARGIN: Final = timedelta(seconds=5)
UNAUTHORIZED: Final = 401


class NmdcPortalClient(PeerClient):
    """Asks the portal, with an access token that it gets for its refresh token.

    Parameters
    ----------
    refresh_token
        As the portal gives it to a person; it stays good for long.
    """

    peer = "the submission portal"

    def __init__(
        self,
        base_url: str,
        refresh_token: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        **options: Any,  # noqa: ANN401 (as the base)
    ) -> None:
        super().__init__(base_url, **options)
        self._refresh_token = refresh_token
        self._clock = clock
        self._access_token = ""
        self._renew_at: datetime | None = None

    def fetch_metadata_submission(self, submission_id: str) -> dict[str, Any]:
        """Fetch a submission: the forms, and what the portal knows of it."""
        return self._ask("GET", f"api/metadata_submission/{quote(submission_id, safe='')}")

    def finalize_submission(self, submission_id: str, *, study_id: str) -> dict[str, Any]:
        """Tell the portal under which id a study lives on; return the addresses of its images.

        This makes the images public: ``pi_image_url``, ``primary_study_image_url`` and the list
        ``study_image_urls``. It is never sent twice by itself.
        """
        path = f"api/metadata_submission/{quote(submission_id, safe='')}/finalize"
        return self._ask("POST", path, json={"study_id": study_id})

    def _ask(
        self, method: str, path: str, *, json: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        had_token = self._renew_at is not None
        try:
            answer = self.request(method, path, json=json, headers=self._authorization())
        except PeerRefused as refusal:
            if refusal.response.status_code != UNAUTHORIZED or not had_token:
                raise
            # It knows the token no more. A request refused like this was not carried out.
            self._renew_at = None
            answer = self.request(method, path, json=json, headers=self._authorization())
        found = self.as_json(answer)
        if not isinstance(found, dict):
            raise PeerAnswerInvalid(self.peer, answer.url, "it is no object")
        return found

    def _authorization(self) -> dict[str, str]:
        if self._renew_at is None or self._clock() >= self._renew_at:
            asked_at = self._clock()
            answer = self.request(
                "POST", "auth/refresh", json={"refresh_token": self._refresh_token}
            )
            given = self.as_json(answer)
            try:
                lifetime = timedelta(seconds=float(given["expires_in"]))
                renew_at = asked_at + lifetime - TOKEN_MARGIN
                token = given["access_token"].strip()
                token.encode("ascii")  # all that a header can carry
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
                raise PeerAnswerInvalid(
                    self.peer, answer.url, "it has no access_token with expires_in"
                ) from error
            self._access_token, self._renew_at = token, renew_at
        return {"Authorization": f"Bearer {self._access_token}"}
