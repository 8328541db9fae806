"""Errors told to Sentry, where that is switched on: what went wrong where, never what was sent."""

from typing import TYPE_CHECKING, Any, Final

from nmdc_runtime.api.openapi import runtime_version
from nmdc_runtime.config import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event

#: All that an event may say. What Sentry's library would add beside (the request with its headers,
#: cookies and body, breadcrumbs, local variables) holds tokens and other people's data.
TOLD: Final = frozenset(
    {
        *("event_id", "timestamp", "start_timestamp", "platform", "level", "logger", "type"),
        *("release", "environment", "server_name", "sdk", "contexts", "measurements", "spans"),
        *("exception", "logentry", "transaction", "transaction_info", "tags", "fingerprint"),
    }
)


def start_sentry(settings: Settings) -> bool:
    """Begin to report errors if the settings say so; return whether they do."""
    dsn = settings.sentry_dsn.get_secret_value().strip()
    if not (settings.is_sentry_enabled and dsn):
        return False
    # Takes a while to import, and only some deployments need it.
    import sentry_sdk  # noqa: PLC0415
    from sentry_sdk.integrations.fastapi import FastApiIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.starlette import StarletteIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        environment=settings.sentry_environment,
        release=f"nmdc-runtime@{runtime_version()}",
        traces_sample_rate=settings.sentry_traces_sample_rate,
        profiles_sample_rate=settings.sentry_profiles_sample_rate,
        # Templates of routes, not paths: those hold ids.
        integrations=[
            StarletteIntegration(transaction_style="endpoint"),
            FastApiIntegration(transaction_style="endpoint"),
        ],
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=True,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=only_what_is_told,
        before_send_transaction=only_what_is_told,
    )
    return True


def only_what_is_told(event: "Event", _hint: dict[str, Any]) -> "Event | None":
    """Return the event with nothing but what may leave the house.

    Of the request that is its method and its id, by which the log has the rest.
    """
    request: dict[str, Any] = dict(event.get("request", {}))
    extra: dict[str, Any] = dict(event.get("extra", {}))
    for name in [each for each in event if each not in TOLD]:
        event.pop(name)  # type: ignore[misc]
    contexts = event.get("contexts", {})
    event["contexts"] = {
        name: contexts[name] for name in ("trace", "runtime", "profile") if name in contexts
    }
    if "trace" in contexts:
        event["contexts"]["trace"].pop("data", None)
    spans = event.get("spans")
    for span in spans if isinstance(spans, list) else []:
        span.pop("data", None)
    tags = {"method": request.get("method"), "request_id": extra.get("request_id")}
    event["tags"] = {name: str(value) for name, value in tags.items() if value}
    return event
