"""Which sequencing records become SRA experiments, with which files and attributes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from nmdc_runtime.translation.ncbi.models import Attributes, Document, Records, SequencingRun
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
    """What leads to the runs of one BioSample: a biosample's records, or those of a pool.

    ``by_member`` has the ids of the runs that each member of a pool leads to, ``made_by`` the run
    that made a file, be it one that is left out.
    """

    key: str
    sample_id: str
    library_name: str
    is_pool: bool = False
    members: list[str] = field(default_factory=list)
    runs: dict[str, Document] = field(default_factory=dict)
    by_member: list[set[str]] = field(default_factory=list)
    made_by: dict[str, str] = field(default_factory=dict)
    files: dict[str, Document] = field(default_factory=dict)
    preparations: dict[str, Document] = field(default_factory=dict)

    def take(
        self,
        member: str,
        runs: Iterable[Document],
        files: Iterable[Document],
        preparations: Iterable[Document],
    ) -> None:
        """Add what one biosample leads to."""
        self.members.append(member)
        own = {str(each["id"]): each for each in runs}
        self.runs |= own
        self.made_by |= {
            str(file_id): run_id
            for run_id, run in own.items()
            for file_id in run.get("has_output") or []
        }
        if own:
            self.by_member.append(set(own))
        for number, each in enumerate(files):
            self.files.setdefault(str(each.get("id") or (member, number)), each)
        for number, each in enumerate(preparations):
            self.preparations.setdefault(str(each.get("id") or (member, number)), each)


class RunWriter:
    """Makes one SRA experiment of each sequencing record that has files of reads."""

    def __init__(self, records: Records, remarks: Remarks) -> None:
        self._records = records
        self._remarks = remarks

    def runs(self) -> Iterator[SequencingRun]:
        """Yield those of pools, then those of biosamples, in the order of their samples."""
        entries = self._entries()
        for entry in entries:
            if entry.is_pool:
                self._keep_common(entry)
        targets: dict[str, list[str]] = {}
        for entry in entries:
            for run_id in entry.runs:
                targets.setdefault(run_id, []).append(entry.sample_id)
        shared = {run_id: ids for run_id, ids in targets.items() if len(ids) > 1}
        for run_id, ids in shared.items():
            self._remarks.leave_out(
                "run_of_several_samples",
                run_id,
                f"it read {', '.join(ids)}, which no pooling joins: NCBI takes one BioSample a run",
            )
        for entry in sorted(entries, key=lambda each: not each.is_pool):
            yield from self._runs_of(entry, shared)

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
            key = pool.get("pooling_process_id")
            if key and not pool.get("processed_sample_id"):
                continue  # its BioSample is left out, and said to be
            if key:
                entry = found.setdefault(
                    key,
                    Entry(
                        key=key,
                        sample_id=str(pool["processed_sample_id"]),
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
        """Leave out runs that not all members lead to: they did not read the pool."""
        common = set.intersection(*pool.by_member) if pool.by_member else set()
        for run_id in [each for each in pool.runs if each not in common]:
            del pool.runs[run_id]
            self._remarks.leave_out(
                "run_of_single_member",
                run_id,
                f"it read single biosamples that are submitted only as the pool {pool.sample_id}",
            )

    def _runs_of(self, entry: Entry, shared: Mapping[str, object]) -> Iterator[SequencingRun]:
        reads = {id_: name for id_, each in entry.files.items() if (name := self._file(id_, each))}
        if not entry.runs or not reads:
            lacks = "sequencing record" if not entry.runs else "file of reads"
            self._remarks.leave_out(
                "no_reads", entry.sample_id, f"no {lacks} was found: nothing for SRA"
            )
            return
        only = next(iter(entry.runs)) if len(entry.runs) == 1 else None
        files: dict[str, list[str]] = {run_id: [] for run_id in entry.runs}
        for file_id in reads:
            run_id = entry.made_by.get(file_id) or only
            if run_id in files:
                files[run_id].append(file_id)
            else:
                self._remarks.leave_out(
                    "file_of_no_run",
                    file_id,
                    f"no sequencing record that is submitted with {entry.sample_id} has made it",
                )
        for run_id, run in entry.runs.items():
            if run_id in shared:
                continue
            if not files[run_id]:
                self._remarks.leave_out(
                    "run_without_files", run_id, "none of its outputs is a file of reads"
                )
                continue
            names = list(dict.fromkeys(reads[each] for each in files[run_id]))
            yield SequencingRun(
                id=run_id,
                sample_id=entry.sample_id,
                files=tuple(sorted(names) if entry.is_pool else names),
                attributes=self._attributes(entry, run, files[run_id], names),
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
        self, entry: Entry, run: Document, files: Iterable[str], names: Iterable[str]
    ) -> Attributes:
        said: dict[str, str] = {}
        self._add_instrument(said, run)
        category = str(run.get("analyte_category") or "")
        if library := LIBRARIES.get(category):
            said["library_strategy"] = library.strategy
            said["library_source"] = library.source
            said["library_selection"] = library.selection
        else:
            self._remarks.warn(
                "category_unknown",
                str(run["id"]),
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
        protocol = self._protocol(entry, run)
        if protocol or (protocol is not None and not entry.is_pool):
            said["library_construction_protocol"] = protocol
        return tuple(said.items())

    def _add_instrument(self, said: dict[str, str], run: Document) -> None:
        ids = run.get("instrument_used") or []
        instrument = self._records.instruments.get(str(ids[0]), {}) if ids else {}
        vendor, model = instrument.get("vendor"), instrument.get("model")
        if platform := PLATFORMS.get(str(vendor)):
            said["platform"] = platform
            if name := MODELS.get(str(model)):
                said["instrument_model"] = name
        if said.get("instrument_model", UNSPECIFIED) == UNSPECIFIED:
            self._remarks.warn(
                "instrument_unknown",
                str(run["id"]),
                f"SRA does not know its instrument {', '.join(map(str, ids)) or '(none)'}, "
                f"vendor {vendor!r}, model {model!r}",
            )

    def _protocol(self, entry: Entry, run: Document) -> str | None:
        """Return the name of the protocol of the run's library; None if it is not known."""
        inputs = set(run.get("has_input") or [])
        found = list(entry.preparations.values())
        direct = [each for each in found if inputs.intersection(each.get("has_output") or [])]
        said = list(dict.fromkeys(map(_protocol_name, direct or found)))
        # Of a pool's members, each may have records of the same preparation.
        filled = [each for each in said if each]
        if len(filled) > 1:
            self._remarks.warn(
                "several_preparations",
                str(run["id"]),
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
