"""The data objects of a study's biosamples, a few biosamples at a time."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.graph.linked_documents import LinkedDocuments
from nmdc_runtime.graph.linked_errors import StudyNotFound
from nmdc_runtime.graph.linked_membership import membership
from nmdc_runtime.graph.rules import DOWNSTREAM
from nmdc_runtime.graph.walking import Walker
from nmdc_runtime.mongo.documents import Document

#: Biosamples whose data objects are in memory at once.
TOGETHER: Final = 100


class StudyDataObjects:
    """Finds what came out of the biosamples of a study, of any depth."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        walker: Walker,
        documents: LinkedDocuments,
        time_limit_ms: int,
        together: int = TOGETHER,
    ) -> None:
        self._database = database
        self._walker = walker
        self._documents = documents
        self._time_limit_ms = time_limit_ms
        self._together = together

    async def biosamples(self, study_id: str) -> list[str]:
        """Return the ids of the study's biosamples, sorted, or raise `StudyNotFound`."""
        study = await self._database["study_set"].find_one({"id": study_id}, {"_id": 1})
        if study is None:
            raise StudyNotFound(study_id)
        cursor = self._database["biosample_set"].find(
            {"associated_studies": study_id},
            {"_id": 0, "id": 1},
            sort=[("id", ASCENDING)],
            allow_disk_use=True,
            batch_size=10_000,
            max_time_ms=self._time_limit_ms,
        )
        async with cursor:
            return [document["id"] async for document in cursor]

    async def of(self, biosample_ids: Sequence[str]) -> AsyncGenerator[list[Document], None]:
        """Yield ``{biosample_id, data_objects}`` of those that have any, some at a time."""
        for first in range(0, len(biosample_ids), self._together):
            some = biosample_ids[first : first + self._together]
            walk = await self._walker.walk(some, DOWNSTREAM)
            reached = membership(some, walk.links)
            wanted = {id_ for id_ in reached if walk.types.get(id_) == "nmdc:DataObject"}
            documents = await self._documents.fetch("data_object_set", wanted)
            of: dict[str, list[Document]] = {id_: [] for id_ in some}
            for id_ in sorted(documents):
                for biosample_id in reached.of(id_):
                    of[biosample_id].append(documents[id_])
            entries: list[Document] = [
                {"biosample_id": id_, "data_objects": found} for id_, found in of.items() if found
            ]
            if entries:
                yield entries
