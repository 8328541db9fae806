"""What a validation asks of the database, as `nmdc_runtime.schema.validation` wants it."""

from collections.abc import Collection
from dataclasses import dataclass

from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """The stored documents, as everybody sees them or as a transaction does."""

    store: MetadataStore
    tx: Transaction | None = None

    def find_ids(self, collection: str, ids: Collection[str]) -> set[str]:
        """Return those of the ids that documents of the collection have."""
        return self.store.find_ids(collection, ids, tx=self.tx)

    def find_named(
        self, collection: str, names: Collection[str], studies: Collection[str]
    ) -> list[Document]:
        """Return ``id``, ``name``, ``associated_studies`` of documents so named, so associated."""
        return self.store.find_named(collection, names, studies, tx=self.tx)
