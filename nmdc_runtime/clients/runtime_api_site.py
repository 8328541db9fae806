"""A hub, spoken to as a client of a site: objects, operations, jobs and identifiers."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests
from pydantic import BaseModel

from nmdc_runtime.clients.downloads import AddressRefused, Downloads
from nmdc_runtime.clients.runtime_api_base import (
    SUBMIT_TIMEOUT_S,
    RuntimeApiClient,
    as_list_request,
)

Body = Mapping[str, Any] | BaseModel

#: What bytes are that nobody says anything of.
UNKNOWN_TYPE: Final = "application/octet-stream"
#: Characters that the name of an object cannot have.
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._\-]+")


class RuntimeApiSiteClient(RuntimeApiClient):
    """A hub, spoken to as a client of a site.

    Parameters
    ----------
    external_url
        How the hub is called by those outside of its network: links of its own that begin so are
        followed by way of ``base_url``.
    most_object_bytes
        The largest object that `get_object_bytes` fetches.
    object_timeout_s
        How long it may take for that.
    """

    def __init__(
        self,
        base_url: str,
        site_id: str,
        client_id: str,
        client_secret: str,
        *,
        external_url: str | None = None,
        most_object_bytes: int = 1_000_000_000,
        object_timeout_s: float = 600.0,
        **options: Any,  # noqa: ANN401 (as the base)
    ) -> None:
        super().__init__(base_url, **options)
        self.site_id = site_id
        self.client_id = client_id
        self._client_secret = client_secret
        self._external_url = external_url.rstrip("/") if external_url else None
        self._most_object_bytes = most_object_bytes
        self._object_timeout_s = object_timeout_s

    def _credentials(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._client_secret,
        }

    def put_object_in_site(self, object_in: Body) -> requests.Response:
        """Ask for an address to which the bytes of an object can be sent."""
        return self.request("POST", f"/sites/{self.site_id}:putObject", object_in)

    def get_site_object_link(self, access_method: Body) -> requests.Response:
        """Ask for an address from which the bytes of a site's object can be had."""
        return self.request("POST", f"/sites/{self.site_id}:getObjectLink", access_method)

    def get_operation(self, op_id: str) -> requests.Response:
        """Fetch an operation."""
        return self.request("GET", f"/operations/{op_id}")

    def operation_is_done(self, op_id: str) -> bool:
        """Say whether promised work is done."""
        return self.get_operation(op_id).json().get("done") is True

    def update_operation(self, op_id: str, op_patch: Body) -> requests.Response:
        """Report on promised work."""
        return self.request("PATCH", f"/operations/{op_id}", op_patch)

    def list_operations(self, req: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Fetch all operations that the list request matches, page by page."""
        return self.list_resources("/operations", req)

    def create_object(self, object_in: Body) -> requests.Response:
        """Register an object, which the site then manages."""
        return self.request("POST", "/objects", object_in)

    def create_object_from_op(self, op_doc: Mapping[str, Any]) -> requests.Response:
        """Register the object that the result of an operation describes."""
        return self.create_object(op_doc["result"])

    def ensure_object_tag(self, object_id: str, tag_id: str) -> requests.Response | None:
        """Tag an object with a type, beside those it has; None if it had this one already."""
        types = [each["id"] for each in self.request("GET", f"/objects/{object_id}/types").json()]
        if tag_id in types:
            return None
        return self.request("PUT", f"/objects/{object_id}/types", [*types, tag_id])

    def get_object_info(self, object_id: str) -> requests.Response:
        """Fetch the DRS record of an object."""
        return self.request("GET", f"/objects/{object_id}")

    def get_object_access(self, object_id: str, access_id: str) -> requests.Response:
        """Fetch where the bytes of an object are."""
        return self.request("GET", f"/objects/{object_id}/access/{access_id}")

    def get_object_bytes(self, object_id: str) -> requests.Response:
        """Fetch the bytes of an object by the first of its access methods.

        They must be those of the record's checksums. What the hub says itself may lead anywhere;
        an address that somebody has registered must be a public one. No token of ours goes along.

        Raises
        ------
        requests.HTTPError
            The hub, or whoever has the bytes, refuses.
        AddressRefused, DownloadTooLarge, DownloadTooSlow, ChecksumWrong
            What they say.
        """
        record = self.get_object_info(object_id).json()
        methods = record.get("access_methods") or []
        if not methods:
            raise AddressRefused(object_id, "it is a bundle: fetch its members")
        access, is_ours = methods[0].get("access_url"), False
        if not access:
            access = self.get_object_access(object_id, methods[0]["access_id"]).json()
            is_ours = True
        url = str(access["url"])
        if self._external_url and url.startswith(f"{self._external_url}/"):
            url = self.base_url + url.removeprefix(self._external_url)
        downloads = Downloads(
            most_bytes=self._most_object_bytes,
            most_seconds=self._object_timeout_s,
            silence_s=self._timeout_s,
            are_private_allowed=is_ours,
            own_url=self.base_url,
            max_retries=self._max_retries,
            backoff_s=self._backoff_s,
            verify_tls=bool(self._session.verify),
        )
        checksums = {each["type"]: each["checksum"] for each in record.get("checksums") or []}
        return downloads.fetch(url, headers=headers_of(access.get("headers")), checksums=checksums)

    def list_jobs(self, req: Mapping[str, Any] | None = None) -> requests.Response:
        """Fetch one page of jobs; a filter may be a dict."""
        return self.request("GET", "/jobs", as_list_request(req))

    def list_all_jobs(self, req: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Fetch all jobs that the list request matches, page by page."""
        return self.list_resources("/jobs", req)

    def claim_job(self, job_id: str) -> requests.Response:
        """Claim a job; the answer is the operation to report on."""
        return self.request("POST", f"/jobs/{job_id}:claim")

    def mint_id(self, schema_class: str, how_many: int = 1) -> requests.Response:
        """Mint identifiers of a class, e.g. ``nmdc:Biosample``; the answer is a list of them."""
        wanted = {"schema_class": {"id": schema_class}, "how_many": how_many}
        return self.request("POST", "/pids/mint", wanted)

    def upload_file(self, path: Path, *, mime_type: str = UNKNOWN_TYPE) -> requests.Response:
        """Send a file to the site's bucket and register it; return the answer with its DRS record.

        The bytes do not go through the hub: it signs an address for them.
        """
        name = _NOT_IN_NAMES.sub("_", path.name)
        promise = self.put_object_in_site({"name": name, "mime_type": mime_type}).json()["metadata"]
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size_bytes = stream.tell()
            stream.seek(0)
            # Not with our token: the address has a signature of its own.
            sent = requests.put(
                promise["url"],
                data=stream if size_bytes else b"",
                headers={"Content-Type": mime_type},
                timeout=SUBMIT_TIMEOUT_S,
                verify=self._session.verify,
            )
        sent.raise_for_status()
        return self.create_object(
            {
                "name": name,
                "mime_type": mime_type,
                "size": size_bytes,
                "created_time": self._clock().isoformat(),
                "checksums": [{"type": "sha256", "checksum": digest}],
                "access_methods": [{"access_id": f"{self.site_id}:{promise['object_id']}"}],
            }
        )


def headers_of(given: object) -> dict[str, str]:
    """Return the headers of an access URL: a mapping, or lines as the DRS standard has them."""
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    lines = given if isinstance(given, list) else []
    pairs = (str(line).partition(":") for line in lines)
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}
