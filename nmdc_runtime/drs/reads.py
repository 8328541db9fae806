"""Look-ups of DRS objects, for the hub only: stored objects, and NMDC's data objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from bson import ObjectId
from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.config.sections import DrsSettings
from nmdc_runtime.drs import rules
from nmdc_runtime.drs.errors import BundleTooLarge, TooManyIds
from nmdc_runtime.drs.models import (
    Authorizations,
    BulkAuthorizations,
    BulkSummary,
    DrsReport,
    Redirect,
    Unresolved,
)
from nmdc_runtime.metadata.errors import DocumentNotFound
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.errors import ObjectNotFound
from nmdc_runtime.objects.reads import ObjectReads
from nmdc_runtime.schema.load import load_element_names
from nmdc_runtime.schema.registry import SchemaRegistry

DATA_OBJECTS: Final = "data_object_set"
PRODUCERS: Final = "workflow_execution_set"
#: The name by which links lead to the whole schema.
SCHEMA: Final = "nmdc"


@dataclass(frozen=True, kw_only=True)
class DrsReads:
    """Finds objects by id, with what they hold, and says where else an id is told of."""

    database: AsyncDatabase[Document]
    objects: ObjectReads
    metadata: MetadataReads
    registry: SchemaRegistry
    base_url: str
    settings: DrsSettings
    time_limit_ms: int

    async def get(self, object_id: str, *, expand: bool = False) -> dict[str, Any]:
        """Return the DRS object of this id; expanded, a bundle tells all that is in it.

        Raises
        ------
        ObjectNotFound, DataObjectIncomplete, BundleTooLarge
            There is none, it is not enough of one, or it is too much at once.
        """
        if object_id.startswith(rules.DATA_OBJECT_PREFIX):
            return await self._data_object(object_id)
        document = await self.objects.get(object_id)
        shown = rules.drs_object(document, host=self._host)
        if expand and document.get("contents"):
            shown["contents"] = await self._expanded(document)
        return shown

    async def access_url(self, object_id: str, access_id: str) -> dict[str, Any]:
        """Return where the bytes can be fetched, as the standard has it."""
        url = await self.objects.access_url(object_id, access_id)
        return rules.access_url(url.model_dump())

    async def authorizations(self, object_id: str) -> Authorizations:
        """Return how one may get at an object, which is public; or raise `ObjectNotFound`."""
        if object_id not in await self._known([object_id]):
            raise ObjectNotFound(object_id)
        return _public(object_id)

    async def bulk_authorizations(self, ids: list[str]) -> BulkAuthorizations:
        """Return how one may get at each of the objects; raise `TooManyIds`."""
        wanted = list(dict.fromkeys(ids))
        if len(wanted) > self.settings.max_bulk_ids:
            raise TooManyIds(len(wanted), limit=self.settings.max_bulk_ids)
        known = await self._known(wanted)
        unknown = [each for each in wanted if each not in known]
        unresolved = Unresolved(error_code=HTTPStatus.NOT_FOUND, object_ids=unknown)
        return BulkAuthorizations(
            summary=BulkSummary(
                requested=len(wanted),
                resolved=len(wanted) - len(unknown),
                unresolved=len(unknown),
            ),
            resolved_drs_object=[_public(each) for each in wanted if each in known],
            unresolved_drs_objects=[unresolved] if unknown else [],
        )

    async def locate(self, object_id: str) -> Document | Redirect:
        """Return the stored object, or where it is told what the id names, or `ObjectNotFound`.

        Links of ``w3id.org/nmdc/...`` end here: ids of NMDC without their prefix, and names of
        elements of the schema.
        """
        document = await self.objects.find(object_id)
        if document is not None:
            return document
        if object_id == SCHEMA:
            return Redirect(rules.SCHEMA_PAGES)
        typecode = rules.typecode_of(object_id, typecodes=self._typecodes)
        if typecode is not None:
            try:
                await self.metadata.get_anywhere(f"nmdc:{object_id}")
            except DocumentNotFound as absent:
                raise ObjectNotFound(object_id) from absent
            return Redirect(rules.page_of(object_id, typecode=typecode, base_url=self.base_url))
        if object_id in load_element_names():
            return Redirect(f"{rules.SCHEMA_PAGES}/{object_id}")
        raise ObjectNotFound(object_id)

    async def report(self) -> DrsReport:
        """Count what is served, and what is not because its record lacks something."""
        lacks: dict[str, Document] = {
            "size": {"file_size_bytes": None},
            "checksums": {"md5_checksum": {"$in": [None, ""]}},
            "access_methods": {"url": {"$in": [None, ""]}},
        }
        data_objects = self.database[DATA_OBJECTS]

        async def count(condition: Document) -> int:
            return await data_objects.count_documents(condition, maxTimeMS=self.time_limit_ms)

        without = {name: await count(condition) for name, condition in lacks.items()}
        total = await count({})
        incomplete = await count({"$or": list(lacks.values())})
        return DrsReport(
            objects=await self.objects.count(),
            data_objects=total,
            data_objects_served=total - incomplete,
            data_objects_without=without,
        )

    @cached_property
    def _host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"

    @cached_property
    def _typecodes(self) -> frozenset[str]:
        classes = self.registry.classes.values()
        return frozenset(code for each in classes for code in each.typecodes)

    async def _data_object(self, object_id: str) -> dict[str, Any]:
        document = await self.database[DATA_OBJECTS].find_one({"id": object_id})
        if document is None:
            raise ObjectNotFound(object_id)
        producer = await self.database[PRODUCERS].find_one(
            {"has_output": object_id}, {"_id": 0, "ended_at_time": 1, "started_at_time": 1}
        )
        record = document["_id"]
        return rules.data_object(
            document,
            host=self._host,
            recorded_at=record.generation_time if isinstance(record, ObjectId) else None,
            producer=producer,
        )

    async def _known(self, ids: Iterable[str]) -> set[str]:
        """Return those of the ids that name something, complete or not."""
        wanted = list(ids)
        of_data = [each for each in wanted if each.startswith(rules.DATA_OBJECT_PREFIX)]
        known = set(await self.objects.find_many(wanted))
        if of_data:
            found = self.database[DATA_OBJECTS].find({"id": {"$in": of_data}}, {"_id": 0, "id": 1})
            known |= {document["id"] async for document in found}
        return known

    async def _expanded(self, bundle: Document) -> list[dict[str, Any]]:
        """Return all that is in a bundle, at every level: one query a level.

        A bundle that holds itself, whatever lies between, is named there and not opened again.
        """
        top: list[dict[str, Any]] = []
        level = [(bundle["contents"], top, frozenset({bundle["id"]}))]
        count = 0
        while level:
            named: list[tuple[dict[str, Any], frozenset[str]]] = []
            below: list[tuple[list[Document], list[dict[str, Any]], frozenset[str]]] = []
            for members, into, above in level:
                count += len(members)
                if count > self.settings.max_expanded_members:
                    raise BundleTooLarge(bundle["id"], limit=self.settings.max_expanded_members)
                for member in members:
                    entry = rules.contents_entry({**member, "contents": None})
                    into.append(entry)
                    if member.get("contents") is not None:
                        entry["contents"] = []
                        below.append((member["contents"], entry["contents"], above))
                    elif entry["id"] not in above:
                        named.append((entry, above))
            found = await self.objects.find_many({entry["id"] for entry, _ in named})
            for entry, above in named:
                contents = _contents(found, entry["id"])
                if contents is not None:
                    entry["contents"] = []
                    below.append((contents, entry["contents"], above | {entry["id"]}))
            level = below
        return top


def _contents(found: Mapping[str, Document], object_id: str) -> list[Document] | None:
    document = found.get(object_id)
    return None if document is None else document.get("contents")


def _public(object_id: str) -> Authorizations:
    return Authorizations(drs_object_id=object_id, supported_types=["None"])
