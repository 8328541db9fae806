"""Ops that have the hub check and take in a database, and wait until it is written."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
import requests

from nmdc_runtime.clients.runtime_api import RuntimeApiUserClient
from nmdc_runtime.schema.plain import as_plain
from nmdc_runtime.site.asset_events import preview
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE

VALID: Final = "All Okay!"
#: Statuses after which the same request may go well: too early, too many, and all of the server's.
PASSING: Final = frozenset({408, 425, 429})
COMPLETE: Final = "COMPLETE"
FAIL: Final = "FAIL"
#: The first pause between two looks at a run, and the longest.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
#: More ids than these are cut in the middle.
FEW_IDS: Final = 10
SHOWN_AT_ENDS: Final = 4


class RunPolling(dg.Config):
    """How long to wait for a run."""

    max_wait_s: float = 1800.0


@contextmanager
def permanent_if_refused() -> Iterator[None]:
    """Fail for good, with what the hub says, if it refuses; leave all else to the retry policy."""
    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code
        if status in PASSING or status >= requests.codes.server_error:
            raise
        said = said_by(error.response)
        raise dg.Failure(
            description=f"the hub refuses with status {status}: {preview(said)}",
            metadata={"status_code": status, "detail": dg.MetadataValue.text(preview(said))},
            allow_retries=False,
        ) from error


def said_by(answer: requests.Response) -> str:
    """Return what the hub says of a refusal: its ``detail``, else all of it."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return answer.text
    detail = body.get("detail") if isinstance(body, dict) else None
    return answer.text if detail is None else str(detail)


@dg.op(required_resource_keys={"runtime_api_user_client"}, retry_policy=RETRY_UNAVAILABLE)
def validate_metadata(context: dg.OpExecutionContext, database: Any) -> dict[str, Any]:  # noqa: ANN401 (mapping or LinkML database)
    """Have the hub check the documents; fail with all that is wrong."""
    client: RuntimeApiUserClient = context.resources.runtime_api_user_client
    with permanent_if_refused():
        body: dict[str, Any] = client.validate_metadata(database).json()
    if body.get("result") != VALID:
        detail = body.get("detail")
        raise dg.Failure(
            description=f"the documents do not satisfy the schema: {preview(str(detail))}",
            metadata={"detail": shown(detail)},
            allow_retries=False,
        )
    return body


@dg.op(required_resource_keys={"runtime_api_user_client"}, retry_policy=RETRY_UNAVAILABLE)
def submit_metadata_to_db(context: dg.OpExecutionContext, database: Any) -> str:  # noqa: ANN401 (mapping or LinkML database)
    """Submit the documents to the hub; return the id of the run that writes them.

    However often this step is tried, they are submitted once: the hub knows the run's key.
    """
    client: RuntimeApiUserClient = context.resources.runtime_api_user_client
    key = f"{context.run_id}/{context.op_handle}"
    with permanent_if_refused():
        answer = client.submit_metadata(database, idempotency_key=key).json()
    run_id = str(answer["detail"]["run_id"])
    context.log.info(f"submitted: run {run_id}")
    return run_id


@dg.op(required_resource_keys={"runtime_api_user_client"})
def poll_for_run_completion(
    context: dg.OpExecutionContext, config: RunPolling, run_id: str
) -> dict[str, Any]:
    """Wait until the run is complete and return its summary; fail at once if it has failed."""
    client: RuntimeApiUserClient = context.resources.runtime_api_user_client

    def look() -> dict[str, Any] | None:
        try:
            with permanent_if_refused():
                summary: dict[str, Any] = client.get_run_info(run_id).json()
        except requests.RequestException as error:
            context.log.warning(f"run {run_id}: the hub is away: {type(error).__name__}")
            return None
        context.log.info(f"run {run_id} stands at {summary['status']}")
        return summary

    summary = awaited(look, max_wait_s=config.max_wait_s)
    status = summary and summary["status"]
    if summary is None or status not in {COMPLETE, FAIL}:
        raise dg.Failure(
            description=f"run {run_id} stands at {status or 'an unknown place'} after "
            f"{config.max_wait_s:g} seconds; it may still end well",
            metadata={"run_id": run_id},
            allow_retries=False,
        )
    if status == FAIL:
        reason = told_reason(client, run_id)
        raise dg.Failure(
            description=f"run {run_id} has failed: {preview(reason)}",
            metadata={"run_id": run_id, "reason": dg.MetadataValue.text(preview(reason))},
            allow_retries=False,
        )
    return summary


def told_reason(client: RuntimeApiUserClient, run_id: str) -> str:
    """Return why a run has failed, as the hub tells it."""
    try:
        return reason_of(client.list_run_events(run_id))
    except requests.RequestException as error:
        return f"the hub did not tell why ({type(error).__name__})"


def awaited(
    look: Callable[[], dict[str, Any] | None],
    *,
    max_wait_s: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any] | None:
    """Look again and again, more and more seldom, and return what was seen last.

    Parameters
    ----------
    look
        Returns the summary of a run; None if it cannot be seen just now.
    """
    until, pause, seen = clock() + max_wait_s, FIRST_PAUSE_S, None
    while True:
        seen = look() or seen
        left = until - clock()
        if (seen and seen["status"] in {COMPLETE, FAIL}) or left <= 0:
            return seen
        sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def reason_of(events: Sequence[Mapping[str, Any]]) -> str:
    """Return why a run has failed, by its events, of which the newest comes first."""
    for event in events:
        if event.get("type") == FAIL:
            for facet in ((event.get("run") or {}).get("facets") or {}).values():
                if isinstance(facet, Mapping) and facet.get("message"):
                    return str(facet["message"])
    return "nobody has said why"


@dg.op
def log_database_ids(context: dg.OpExecutionContext, database: Any) -> None:  # noqa: ANN401 (mapping or LinkML database)
    """Log the ids of the documents, by collection; of many, the first and the last."""
    for line in lines_of_ids(as_plain(database)):
        context.log.info(line)


def lines_of_ids(database: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each collection: its name, how many documents it has, and their ids."""
    for name, documents in database.items():
        if not isinstance(documents, list):
            continue
        ids = [str(each.get("id")) for each in documents if isinstance(each, Mapping)]
        if len(ids) >= FEW_IDS:
            left_out = f"… {len(ids) - 2 * SHOWN_AT_ENDS} more"
            ids = [*ids[:SHOWN_AT_ENDS], left_out, *ids[-SHOWN_AT_ENDS:]]
        yield f"{name} ({len(documents)}): {', '.join(ids)}"


def shown(detail: object) -> dg.MetadataValue:
    """Return a detail as an event may hold it: as it is, or cut if it is long."""
    text = str(detail)
    if isinstance(detail, dict | list) and preview(text) == text:
        return dg.MetadataValue.json(detail)
    return dg.MetadataValue.text(preview(text))
