"""The route ``/jobs:watch``: changes of jobs as they happen."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from nmdc_runtime.config import Settings
from nmdc_runtime.jobs.changes import JobChanges, JobStream
from nmdc_runtime.web.auth import CallingUser
from nmdc_runtime.web.events import MEDIA_TYPE, EventStream, Stopping, event, heartbeat

router = APIRouter(tags=["Workflow management"])

#: How long a client waits before it comes again, in ms.
RETRY: Final = b"retry: 2000\n"


async def job_changes(request: Request) -> JobChanges:
    """Return the changes this application was wired with."""
    changes: JobChanges = request.app.state.reads.job_changes
    return changes


@router.get(
    "/jobs:watch",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def watch_jobs(  # noqa: PLR0917 (FastAPI calls it by name)
    request: Request,
    caller: CallingUser,
    changes: Annotated[JobChanges, Depends(job_changes)],
    workflow_id: Annotated[
        list[str] | None, Query(description="Only jobs of these workflows; may be repeated.")
    ] = None,
    site_id: Annotated[
        str | None, Query(description="Only jobs on which this site has, or had, a claim.")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="Go on behind this event, which was received before.")
    ] = None,
) -> Response:
    """Watch jobs instead of asking for them again and again: a stream of server-sent events.

    Each event is `created` or `changed`, and its data the job as it is then. The stream ends after
    some minutes, and when the hub stops; a client that comes again with `Last-Event-ID` and the
    same query, as browsers do by themselves, misses nothing. 410 means that there is no going on
    from there: list the jobs, then watch anew. Jobs that are deleted are not told of.
    """
    settings: Settings = request.app.state.settings
    stream = await changes.open(
        workflow_ids=workflow_id or [], site_id=site_id, after=last_event_id or None
    )
    events = _events(
        stream,
        stopping=request.app.state.stopping,
        heartbeat_s=settings.jobs.heartbeat_s,
        lifetime_s=settings.jobs.watch_lifetime.total_seconds(),
    )
    return EventStream(events, close=stream.close)


async def _events(
    stream: JobStream, *, stopping: Stopping, heartbeat_s: float, lifetime_s: float
) -> AsyncGenerator[bytes, None]:
    began = spoke = time.monotonic()
    yield RETRY + heartbeat(stream.position)
    async with aclosing(stream.changes()) as changes:
        while not stopping.is_asked and time.monotonic() - began < lifetime_s:
            change = await anext(changes, None)
            if change is None:
                return
            now = time.monotonic()
            if change.job is not None:
                name = "created" if change.is_new else "changed"
                yield event(name, change.job, position=change.position)
                spoke = now
            elif now - spoke >= heartbeat_s:
                yield heartbeat(change.position)
                spoke = now
