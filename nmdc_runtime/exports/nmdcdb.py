"""Publishes the schema's collections: files with DRS records, and one bundle of a month's files.

A collection is written to this machine's disk, compared by its checksum with what was published
before, sent if it is new, and fetched back. So an export that is repeated, after a crash or because
nothing has changed, finds what there is. Documents written meanwhile may be in one collection's
file and not yet in another's: an export is no snapshot.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nmdc_runtime.exports import rules
from nmdc_runtime.exports.models import (
    CollectionToExport,
    ExportBundle,
    ExportedCollection,
    PublishedFile,
)
from nmdc_runtime.exports.store import ExportStore
from nmdc_runtime.exports.writing import Written, write_collection
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.tables import Table, schema_columns
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.models import LocalFile
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.schema.load import load_json_schema
from nmdc_runtime.schema.registry import SchemaRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class NmdcdbExportService:
    """Export the schema's collections as DRS objects.

    Parameters
    ----------
    base_url
        The hub's, for links.
    """

    store: ExportStore
    registry: SchemaRegistry
    objects: ObjectService
    ids: IdService
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    base_url: str

    def list_collections(self) -> list[CollectionToExport]:
        """Return the schema's collections that hold documents, for an export of today (UTC)."""
        day = self.clock().date()
        names = self.store.list_filled(self.registry.collection_names)
        return [CollectionToExport(name=name, day=day) for name in names]

    def export(self, wanted: CollectionToExport) -> ExportedCollection:
        """Publish a collection as JSON lines and as Parquet.

        Lines and rows have no ``_id``; they are sorted by id, or in the order of insertion where
        documents have none.

        Raises
        ------
        ObjectStorageUnavailable, PublishedBytesDiffer
        """
        known = self.registry.collections[wanted.name]
        table = Table(schema_columns(load_json_schema()["$defs"], known.class_names))
        with TemporaryDirectory(prefix="nmdcdb-export-") as folder:
            began = time.monotonic()
            written = write_collection(
                self.store.batches(wanted.name, by="id" if known.has_id else "_id"),
                table=table,
                lines=Path(folder) / rules.lines_name(wanted.name),
                parquet=Path(folder) / rules.parquet_name(wanted.name),
            )
            seconds = time.monotonic() - began
            files = (
                self._publish(written.lines, wanted, content_type=rules.LINES_TYPE),
                self._publish(written.parquet, wanted, content_type=rules.PARQUET_TYPE),
            )
        return ExportedCollection(
            name=wanted.name,
            day=wanted.day,
            documents=written.documents,
            files=files,
            seconds=seconds,
        )

    def bundle(self, collections: Sequence[ExportedCollection]) -> ExportBundle | None:
        """Publish the files of collections as the bundle of their month; None if there are none."""
        files = sorted(
            (file for each in collections for file in each.files), key=lambda file: file.name
        )
        if not files:
            return None
        name = rules.bundle_name(min(each.day for each in collections))
        documents = sum(each.documents for each in collections)
        object_id = self._mint()

        def bundle(tx: Transaction) -> ExportBundle:
            document, is_new = self.objects.publisher.bundle(
                [(file.object_id, file.name) for file in files],
                name=name,
                description=f"All metadata of NMDC, nmdc-schema {self.registry.version}: each "
                "collection as JSON lines and as Parquet",
                object_id=object_id,
                tx=tx,
            )
            self.audit.record(
                "export_nmdcdb",
                f"objects/{document['id']}",
                after=document,
                details={"name": name, "files": len(files), "documents": documents},
                tx=tx,
            )
            (sha256,) = (
                each["checksum"] for each in document["checksums"] if each["type"] == "sha256"
            )
            return ExportBundle(
                name=name,
                object_id=document["id"],
                size_bytes=document["size"],
                sha256=sha256,
                link=self._link(document["id"]),
                files=len(files),
                documents=documents,
                is_new=is_new,
            )

        return self.transactions.run(bundle)

    def _publish(
        self, written: Written, wanted: CollectionToExport, *, content_type: str
    ) -> PublishedFile:
        name = written.path.name
        document = self.objects.publisher.publish(
            LocalFile(
                path=written.path,
                name=name,
                content_type=content_type,
                description=f"{wanted.name} of NMDC's database, nmdc-schema "
                f"{self.registry.version}",
                size_bytes=written.size_bytes,
                sha256=written.sha256,
            ),
            folder=rules.folder_of(wanted.day),
            mint=self._mint,
        )
        return PublishedFile(
            name=name,
            object_id=document["id"],
            size_bytes=written.size_bytes,
            sha256=written.sha256,
            link=self._link(document["id"]),
        )

    def _mint(self) -> str:
        return local_part(self.ids.mint_internal("do"))

    def _link(self, object_id: str) -> str:
        return f"{self.base_url}/ga4gh/drs/v1/objects/{object_id}"
