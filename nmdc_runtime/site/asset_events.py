"""What jobs tell of what they have made, on the keys that `assets` declares.

Nothing large goes into an event: it would stand in Dagster's own database for as long as the run.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import dagster as dg
from dagster._core.execution.context.invocation import DirectOpExecutionContext

from nmdc_runtime.mongo.sizes import CollectionSize, sizes_of
from nmdc_runtime.plans.models import PlanRecord
from nmdc_runtime.site.assets import collection_key, drs_key, object_key
from nmdc_runtime.wiring import Services

#: The most that an event, or a line of the log, shows of a text.
MOST_PREVIEW_BYTES: Final = 64 * 1024
CUT: Final = "\n[cut: the stored object has all of it]"
#: The most of a client's file name that stands in a key, which an index of Dagster's holds.
MOST_NAME: Final = 200
#: Dagster's own name for a table's rows, which its UI draws over time.
ROWS: Final = "dagster/row_count"


def preview(text: str) -> str:
    """Return the text, or as much of it as an event may hold, saying that it is cut."""
    content = text.encode()
    if len(content) <= MOST_PREVIEW_BYTES:
        return text
    kept = content[: MOST_PREVIEW_BYTES - len(CUT.encode())]
    return kept.decode(errors="ignore") + CUT


def size_metadata(size: CollectionSize) -> dict[str, Any]:
    """Return what events say of how much a collection holds."""
    newest = {"newest_insert": dg.MetadataValue.timestamp(size.newest_at)} if size.newest_at else {}
    return {
        ROWS: size.documents,
        "size_bytes": size.size_bytes,
        "stored_bytes": size.stored_bytes,
        **newest,
    }


def observation(size: CollectionSize, key: dg.AssetKey, **more: Any) -> dg.AssetObservation:  # noqa: ANN401 (any metadata)
    """Return the event that says how much a collection holds."""
    return dg.AssetObservation(key, metadata={**size_metadata(size), **more})


def written_collections(
    services: Services, plan: PlanRecord | None, *, seconds: float
) -> Iterator[dg.AssetMaterialization]:
    """Yield an event for each collection that a plan has changed.

    Parameters
    ----------
    plan
        What was done; None if nothing was.
    seconds
        How long all of it took.
    """
    counts = plan.counts if plan else {}
    changed = {
        name: each for name, each in counts.items() if each.inserted + each.replaced + each.deleted
    }
    if plan is None or not changed:
        return
    base_url = services.settings.api_host_external
    links = {"submission": _link(base_url, "metadata/submissions", plan.id)}
    if plan.operation_id:
        links["operation"] = _link(base_url, "operations", plan.operation_id)
    for size in sizes_of(services.database, changed):
        yield dg.AssetMaterialization(
            collection_key(size.name),
            metadata={
                **changed[size.name].model_dump(),
                **size_metadata(size),
                "seconds": round(seconds, 3),
                **links,
            },
        )


def drs_materialisation(
    object_id: str,
    *,
    name: str,
    link: str,
    size_bytes: int | None = None,
    sha256: str | None = None,
    text: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dg.AssetMaterialization:
    """Return the event of an object that a job has stored.

    Parameters
    ----------
    link
        Address of the object's DRS record.
    text
        What it holds; a long one is cut.
    """
    known = {"size_bytes": size_bytes, "sha256": sha256}
    shown = {} if text is None else {"preview": preview(text)}
    return dg.AssetMaterialization(
        drs_key(object_id),
        metadata={
            "name": name,
            "object_id": object_id,
            "link": dg.MetadataValue.url(link),
            **{key: value for key, value in known.items() if value is not None},
            **shown,
            **(metadata or {}),
        },
    )


def uploaded_object(record: Mapping[str, Any], *, base_url: str) -> dg.AssetMaterialization | None:
    """Return the event of an object that a site has sent; None if it has no name to be known by."""
    if not record.get("name"):
        return None
    link = f"{base_url}/ga4gh/drs/v1/objects/{record['id']}"
    return dg.AssetMaterialization(
        object_key(str(record["name"])[:MOST_NAME]),
        metadata={
            "object_id": record["id"],
            "link": dg.MetadataValue.url(link),
            "size_bytes": int(record["size"]),
        },
    )


def log_check(
    context: dg.OpExecutionContext,
    key: dg.AssetKey,
    name: str,
    *,
    passed: bool,
    metadata: Mapping[str, Any],
    description: str | None = None,
) -> None:
    """Tell, from an op, the outcome of a check of an asset; data that are wrong are a warning.

    An op that is called by hand has no run, which Dagster wants a check to be an event of: then
    the log tells.
    """
    if isinstance(context, DirectOpExecutionContext):
        context.log.info(f"{name}: {description or ('passed' if passed else 'failed')}")
        return
    # It takes this event too, but its types do not say so.
    untyped: Any = context
    untyped.log_event(
        dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=name,
            passed=passed,
            metadata=dict(metadata),
            severity=dg.AssetCheckSeverity.WARN,
            description=description,
        )
    )


def _link(base_url: str, route: str, id_: str) -> dg.MetadataValue:
    return dg.MetadataValue.url(f"{base_url}/{route}/{id_}")
