"""Which sequencing records become SRA experiments, with which files and attributes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from nmdc_runtime.translation.ncbi.models import Attributes, Document, Experiment, Records
from nmdc_runtime.translation.ncbi.platforms import (
    LIBRARIES,
    MODELS,
    PLATFORMS,
    UNSPECIFIED,
    layout_by_names,
    layout_by_types,
)
from nmdc_runtime.translation.ncbi.remarks import Remarks

READS: Final = (".fastq.gz", ".fastq")


@dataclass(slots=True)
class Entry:
    """What leads to the experiments of one BioSample: what a biosample leads to, or a pool's.

    ``records`` are those of sequencing. ``by_member`` has the ids of those that each member of a
    pool leads to, ``made_by`` which of them made a file, be it one that is left out.
    """

    key: str
    sample_id: str
    library_name: str
    is_pool: bool = False
    members: list[str] = field(default_factory=list)
    records: dict[str, Document] = field(default_factory=dict)
    by_member: list[set[str]] = field(default_factory=list)
    made_by: dict[str, str] = field(default_factory=dict)
    files: dict[str, Document] = field(default_factory=dict)
    preparations: dict[str, Document] = field(default_factory=dict)

    def take(
        self,
        member: str,
        records: Iterable[Document],
        files: Iterable[Document],
        preparations: Iterable[Document],
    ) -> None:
        """Add what one biosample leads to."""
        self.members.append(member)
        own = {str(each["id"]): each for each in records}
        self.records |= own
        self.made_by |= {
            str(file_id): record_id
            for record_id, record in own.items()
            for file_id in record.get("has_output") or []
        }
        if own:
            self.by_member.append(set(own))
        for number, each in enumerate(files):
            self.files.setdefault(str(each.get("id") or (member, number)), each)
        for number, each in enumerate(preparations):
            self.preparations.setdefault(str(each.get("id") or (member, number)), each)


class ExperimentWriter:
    """Makes one SRA experiment of each sequencing record that has files of reads."""

    def __init__(self, records: Records, remarks: Remarks) -> None:
        self._records = records
        self._remarks = remarks

    def experiments(self) -> Iterator[Experiment]:
        """Yield those of pools, then those of biosamples, in the order of their samples."""
        entries = self._entries()
        for entry in entries:
            if entry.is_pool:
                self._keep_common(entry)
        targets: dict[str, list[str]] = {}
        for entry in entries:
            for record_id in entry.records:
                targets.setdefault(record_id, []).append(entry.sample_id)
        shared = {record_id: ids for record_id, ids in targets.items() if len(ids) > 1}
        for record_id, ids in shared.items():
            self._remarks.leave_out(
                "sequencing_of_several_samples",
                record_id,
                f"it read {', '.join(ids)}, which no pooling joins: NCBI takes one BioSample each",
            )
        for entry in sorted(entries, key=lambda each: not each.is_pool):
            yield from self._experiments_of(entry, shared)

    def _entries(self) -> list[Entry]:
        """Return what there is, by biosample or pool, in order of first appearance."""
        records = self._records
        names = {str(each["id"]): str(each.get("name") or "") for each in records.biosamples}
        sequencing = _by_key(records.sequencing)
        objects = _by_key(records.data_objects)
        preparations: dict[str, list[Document]] = {}
        for prepared in records.library_preparations:
            for biosample_id, each in prepared.items():
                preparations.setdefault(biosample_id, []).append(each)
        found: dict[str, Entry] = {}
        for id_ in dict.fromkeys((*names, *objects, *sequencing)):
            pool = records.pooling.get(id_) or {}
            key = str(pool.get("processed_sample_id") or "")
            if pool.get("pooling_process_id") and not key:
                continue  # its BioSample is left out, and said to be
            if key:
                entry = found.setdefault(
                    key,
                    Entry(
                        key=key,
                        sample_id=key,
                        library_name=str(pool.get("processed_sample_name") or ""),
                        is_pool=True,
                    ),
                )
            else:
                entry = found.setdefault(
                    id_, Entry(key=id_, sample_id=id_, library_name=names.get(id_, ""))
                )
            entry.take(
                id_, sequencing.get(id_, ()), objects.get(id_, ()), preparations.get(id_, ())
            )
        return list(found.values())

    def _keep_common(self, pool: Entry) -> None:
        """Leave out sequencing that not all members lead to: it did not read the pool."""
        common = set.intersection(*pool.by_member) if pool.by_member else set()
        for record_id in [each for each in pool.records if each not in common]:
            del pool.records[record_id]
            self._remarks.leave_out(
                "sequencing_of_single_member",
                record_id,
                f"it read single biosamples that are submitted only as the pool {pool.sample_id}",
            )

    def _experiments_of(self, entry: Entry, shared: Mapping[str, object]) -> Iterator[Experiment]:
        reads = {id_: name for id_, each in entry.files.items() if (name := self._file(id_, each))}
        if not entry.records or not reads:
            lacks = "sequencing record" if not entry.records else "file of reads"
            self._remarks.leave_out(
                "no_reads", entry.sample_id, f"no {lacks} was found: nothing for SRA"
            )
            return
        only = next(iter(entry.records)) if len(entry.records) == 1 else None
        files: dict[str, list[str]] = {record_id: [] for record_id in entry.records}
        for file_id in reads:
            record_id = entry.made_by.get(file_id) or only
            if record_id in files:
                files[record_id].append(file_id)
            else:
                self._remarks.leave_out(
                    "file_of_no_sequencing",
                    file_id,
                    f"no sequencing record that is submitted with {entry.sample_id} has made it",
                )
        for record_id, record in entry.records.items():
            if record_id in shared:
                continue
            if not files[record_id]:
                self._remarks.leave_out(
                    "sequencing_without_files", record_id, "none of its outputs is a file of reads"
                )
                continue
            names = list(dict.fromkeys(reads[each] for each in files[record_id]))
            yield Experiment(
                id=record_id,
                sample_id=entry.sample_id,
                files=tuple(sorted(names) if entry.is_pool else names),
                attributes=self._attributes(entry, record, files[record_id], names),
            )

    def _file(self, id_: str, data_object: Document) -> str | None:
        """Return the name of a file of reads; None if the data object is none."""
        url = data_object.get("url")
        if not url:
            self._remarks.leave_out("file_without_url", id_, "the data object has no URL")
            return None
        try:
            name = urlsplit(str(url)).path.rpartition("/")[2]
        except ValueError:
            name = ""
        if not name.endswith(READS):
            self._remarks.leave_out("not_reads", id_, f"{url} is not named as FASTQ is")
            return None
        return name

    def _attributes(
        self, entry: Entry, record: Document, files: Iterable[str], names: Iterable[str]
    ) -> Attributes:
        said: dict[str, str] = {}
        self._add_instrument(said, record)
        category = str(record.get("analyte_category") or "")
        if library := LIBRARIES.get(category):
            said["library_strategy"] = library.strategy
            said["library_source"] = library.source
            said["library_selection"] = library.selection
        else:
            self._remarks.warn(
                "category_unknown",
                str(record["id"]),
                f"SRA has no library for the analyte category {category!r}",
            )
        if entry.is_pool:
            said["library_layout"] = layout_by_names(names)
        else:
            said["library_layout"] = layout_by_types(
                str(entry.files[each].get("data_object_type") or "") for each in files
            )
        if entry.library_name:
            said["library_name"] = entry.library_name
        protocol = self._protocol(entry, record)
        if protocol or (protocol is not None and not entry.is_pool):
            said["library_construction_protocol"] = protocol
        return tuple(said.items())

    def _add_instrument(self, said: dict[str, str], record: Document) -> None:
        ids = record.get("instrument_used") or []
        instrument = self._records.instruments.get(str(ids[0]), {}) if ids else {}
        vendor, model = instrument.get("vendor"), instrument.get("model")
        if platform := PLATFORMS.get(str(vendor)):
            said["platform"] = platform
            if name := MODELS.get(str(model)):
                said["instrument_model"] = name
        if said.get("instrument_model", UNSPECIFIED) == UNSPECIFIED:
            self._remarks.warn(
                "instrument_unknown",
                str(record["id"]),
                f"SRA does not know its instrument {', '.join(map(str, ids)) or '(none)'}, "
                f"vendor {vendor!r}, model {model!r}",
            )

    def _protocol(self, entry: Entry, record: Document) -> str | None:
        """Return the name of the protocol of a record's library; None if it is not known."""
        inputs = set(record.get("has_input") or [])
        found = list(entry.preparations.values())
        direct = [each for each in found if inputs.intersection(each.get("has_output") or [])]
        said = list(dict.fromkeys(map(_protocol_name, direct or found)))
        # Of a pool's members, each may have records of the same preparation.
        filled = [each for each in said if each]
        if len(filled) > 1:
            self._remarks.warn(
                "several_preparations",
                str(record["id"]),
                f"which of the protocols {', '.join(filled)} is its own cannot be said",
            )
            return None
        return filled[0] if filled else ("" if said else None)


def _protocol_name(preparation: Document) -> str:
    protocol = preparation.get("protocol_link") or {}
    return str(protocol.get("name") or "")


def _by_key(
    entries: Iterable[Mapping[str, Iterable[Document]]],
) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for entry in entries:
        for key, some in entry.items():
            found.setdefault(key, []).extend(some)
    return found
