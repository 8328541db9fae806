"""What the workspace works on, as Dagster's assets: the lineage that the UI draws.

They are external assets: their data lie in MongoDB and in object storage, and jobs, the hub and
sites write them. Jobs tell of what they wrote as events on these keys (`asset_events`); `alldocs`
is named here as it stands, ``drs/<object id>`` and ``object/<name>`` come to be with their objects.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

import dagster as dg

from nmdc_runtime.catalog.tables import WORKFLOWS
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.ontology.store import CLASSES, RELATIONS
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.registry import Collection
from nmdc_runtime.submissions.rules import PIPELINES

#: Who answers questions about what NMDC makes itself.
OWNERS: Final = ("support@microbiomedata.org",)

METADATA: Final = "metadata"
GRAPH: Final = "graph"
EXPORTS: Final = "exports"
ONTOLOGIES: Final = "ontologies"
JOBS: Final = "jobs"

#: The ontologies whose terms metadata name.
ONTOLOGY_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"envo": "Environment Ontology", "uberon": "Uberon anatomy ontology", "po": "Plant Ontology"}
)
#: How old the last build or load may be. Each is made twice in the time, but for exports, which
#: are made each month: late by a few days is late.
GRAPH_FRESHNESS: Final = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=2), warn_window=timedelta(minutes=90)
)
ONTOLOGY_FRESHNESS: Final = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=10), warn_window=timedelta(days=8)
)
EXPORT_FRESHNESS: Final = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=35), warn_window=timedelta(days=32)
)

ALLDOCS_KEY: Final = dg.AssetKey([ALLDOCS])


def collection_key(name: str) -> dg.AssetKey:
    """Return the key of a collection of MongoDB's, e.g. ``collection/biosample_set``."""
    return dg.AssetKey(["collection", name])


def export_key(collection: str | None = None) -> dg.AssetKey:
    """Return the key of a collection's export; of none: of the bundle of all."""
    return dg.AssetKey(["export", "nmdcdb", *([collection] if collection else [])])


def ontology_key(name: str) -> dg.AssetKey:
    """Return the key of an ontology, e.g. ``ontology/envo``."""
    return dg.AssetKey(["ontology", name])


def job_key(workflow_id: str) -> dg.AssetKey:
    """Return the key of the NMDC jobs of a workflow."""
    return dg.AssetKey(["job", workflow_id])


def drs_key(object_id: str) -> dg.AssetKey:
    """Return the key of one stored object."""
    return dg.AssetKey(["drs", object_id])


def object_key(name: str) -> dg.AssetKey:
    """Return the key of the objects of a file name, the newest of which is the current one."""
    return dg.AssetKey(["object", name])


@cache
def asset_specs() -> tuple[dg.AssetSpec, ...]:
    """Return all assets that are known beforehand: as the installed nmdc-schema has collections."""
    registry = load_registry()
    collections = tuple(registry.collections[name] for name in registry.collection_names)
    return (
        *(_job(workflow_id, name) for workflow_id, name, _, _ in WORKFLOWS),
        *(_collection(each, registry.version) for each in collections),
        _alldocs(registry.collections_with_id),
        *(_export(each.name) for each in collections),
        _bundle(registry.collection_names),
        *(_ontology(name, title) for name, title in ONTOLOGY_NAMES.items()),
        *(_ontology_collection(name, what) for name, what in ONTOLOGY_COLLECTIONS.items()),
    )


#: Where ontologies are stored: no collections of nmdc-schema's.
ONTOLOGY_COLLECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {CLASSES: "Terms", RELATIONS: "Relations between terms"}
)


def _job(workflow_id: str, name: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        job_key(workflow_id),
        description=f"Jobs of the workflow `{workflow_id}` ({name.strip()}), which sites claim.",
        group_name=JOBS,
        kinds={"mongodb"},
    )


def _collection(collection: Collection, version: str) -> dg.AssetSpec:
    classes = ", ".join(f"`{name}`" for name in collection.class_names)
    return dg.AssetSpec(
        collection_key(collection.name),
        # What these jobs apply; other writes (workflow executions, commands) are seen by observing.
        deps=[job_key(pipeline.workflow_id) for pipeline in PIPELINES.values()],
        description=f"Documents of the classes {classes} of nmdc-schema {version}.",
        group_name=METADATA,
        kinds={"mongodb"},
        owners=OWNERS,
        metadata={
            "schema": dg.MetadataValue.url(f"https://w3id.org/nmdc/{collection.name}"),
            "has_id": collection.has_id,
        },
    )


def _alldocs(sources: tuple[str, ...]) -> dg.AssetSpec:
    return dg.AssetSpec(
        ALLDOCS_KEY,
        deps=[collection_key(name) for name in sources],
        description="The link graph: which document is up- and downstream of which. Built anew "
        "each hour by `ensure_alldocs`, and kept current by the follower meanwhile.",
        group_name=GRAPH,
        kinds={"mongodb"},
        owners=OWNERS,
        freshness_policy=GRAPH_FRESHNESS,
    )


def _export(collection: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        export_key(collection),
        deps=[collection_key(collection)],
        description=f"`{collection}` as published files: JSON lines and Parquet, each a DRS "
        "object. Never made while the collection is empty.",
        group_name=EXPORTS,
        kinds={"json", "parquet", "s3"},
        owners=OWNERS,
    )


def _bundle(collections: tuple[str, ...]) -> dg.AssetSpec:
    # Only the bundle has to be fresh: a collection that fails leaves no bundle, and one that is
    # empty has no export.
    return dg.AssetSpec(
        export_key(),
        deps=[export_key(name) for name in collections],
        description="All files of a month's export as one DRS bundle.",
        group_name=EXPORTS,
        kinds={"s3"},
        owners=OWNERS,
        freshness_policy=EXPORT_FRESHNESS,
    )


def _ontology(name: str, title: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ontology_key(name),
        description=f"The {title}: what its file said when it was loaded last.",
        group_name=ONTOLOGIES,
        kinds={"sqlite"},
        freshness_policy=ONTOLOGY_FRESHNESS,
    )


def _ontology_collection(name: str, what: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        collection_key(name),
        deps=[ontology_key(ontology) for ontology in ONTOLOGY_NAMES],
        description=f"{what} of all loaded ontologies.",
        group_name=ONTOLOGIES,
        kinds={"mongodb"},
        owners=OWNERS,
    )
