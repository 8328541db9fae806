"""Runs of sequencers elsewhere, their files, manifests and instruments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from nmdc_runtime.translation.planning import Label, Plan, Worded
from nmdc_runtime.translation.portal.checking import mend
from nmdc_runtime.translation.portal.columns import ROW, Cell, Columns
from nmdc_runtime.translation.portal.extras import Records, keyed_rows
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.samples import Samples
from nmdc_runtime.translation.portal.tabs import SAMP_NAME, SEQUENCING, Row, Submission, TabKind
from nmdc_runtime.translation.portal.texts import only
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.vocabulary import permissible_values

RUN_MAPPING: Final = "nucleotide_sequencing_mapping"
FILE_MAPPING: Final = "data_object_mapping"
_MAPPING_KEY: Final = "__biosample_samp_name"
_MODEL: Final = "model"
_PROTOCOL: Final = "protocol_link"
_SEPARATOR: Final = ";"
#: Slots of a file that its row in a tab does not say: the row is about the run.
_OF_FILES: Final = frozenset(
    (
        *("name", "description", "url", "md5_checksum", "data_category", "data_object_type"),
        *("alternative_identifiers", "file_size_bytes", "compression_type", "superseded_by"),
    )
)


class FileColumns(NamedTuple):
    """Two columns of a sequencing tab, and the ``data_object_type`` of the files they name."""

    url: str
    checksum: str
    types: dict[str, str]  # by analyte


FILE_COLUMNS: Final = tuple(
    FileColumns(
        f"{name}_url",
        f"{name}_md5_checksum",
        {
            "metagenome": f"Metagenome Raw {reads}",
            "metatranscriptome": f"Metatranscriptome Raw {reads}",
        },
    )
    for name, reads in (("read_1", "Read 1"), ("read_2", "Read 2"), ("interleaved", "Reads"))
)


class RawFile(NamedTuple):
    """A file of a run, as a row names it."""

    url: str
    checksum: str | None


class FilesRefused(ValueError):
    """The addresses and the checksums of a row do not fit each other."""


def files_of(urls: Sequence[str], checksums: Sequence[str]) -> list[RawFile]:
    """Return the files of addresses and their checksums, if there are any, in the same order.

    Blank parts at the end, of a trailing mark, are nothing. Raise `FilesRefused` if one does not
    fit the other.
    """
    parts = len(_without_end(urls)), len(_without_end(checksums))
    if parts[1] and parts[0] != parts[1] and len(urls) != len(checksums):
        raise FilesRefused(f"the one has {parts[0]} parts, the other {parts[1]}")
    paired = list(zip_longest(urls, checksums, fillvalue=""))
    if any(checksum and not url for url, checksum in paired):
        raise FilesRefused("there is a checksum for a file without an address")
    return [RawFile(url, checksum or None) for url, checksum in paired if url]


def _without_end(parts: Sequence[str]) -> Sequence[str]:
    """Return the parts up to the last one that is not blank."""
    return parts[: max((at for at, part in enumerate(parts, start=1) if part), default=0)]


def file_name(url: str) -> str:
    """Return what a file is called: the last part of its address's path that is not empty."""
    try:
        path = urlsplit(url).path
    except ValueError:  # e.g. half an IPv6 address
        path = url
    parts = [part for part in path.split("/") if part]
    return parts[-1] if parts else url


def instruments_by_model(
    instruments: Iterable[Mapping[str, Any]], problems: Problems
) -> dict[str, str]:
    """Return model → id of the registered instruments; of two of a model the last counts.

    What has no model, and a model that several have, is reported.
    """
    found: dict[str, str] = {}
    for each in instruments:
        model, id_ = each.get("model"), str(each.get("id"))
        if not model:
            problems.add("unmapped_instrument", f"instrument {id_} has no model", natural_id=id_)
            continue
        if model in found:
            problems.add(
                "ambiguous_instrument",
                f"instruments {found[model]} and {id_} are both of model {model}; {id_} is used",
                natural_id=id_,
                column=_MODEL,
                value=model,
            )
        found[model] = id_
    return found


class Runs:
    """Plans the runs of the sequencing tabs and of the mapping files."""

    def __init__(
        self,
        submission: Submission,
        study: Label | str,
        samples: Samples,
        columns: Columns,
        options: PortalOptions,
    ) -> None:
        self._submission = submission
        self._study = study
        self._samples = samples
        self._columns = columns
        self._options = options
        self._new_instruments: dict[str, Label] = {}
        self._used: list[Row] = []
        self._keys: set[Label] = set()

    def add_tabs(self, plan: Plan) -> None:
        """Plan a run for each row of the sequencing tabs whose sample is made."""
        for name, rows in self._submission.samples.items():
            if not self._samples.is_known(name):
                continue
            of_tab: dict[str, int] = {}
            for row in rows.of(TabKind.SEQUENCING):
                of_tab[row.tab] = of_tab.get(row.tab, 0) + 1
                self._account(row, self._add_row(plan, row, of_tab[row.tab]))

    def add_mapping(self, plan: Plan, runs: Records, files: Records) -> None:
        """Plan a run for each row of the mapping file, with the files of its sample."""
        report = self._columns.report
        held: dict[str, list[Row]] = {}
        for row in keyed_rows(FILE_MAPPING, files, _MAPPING_KEY, report):
            held.setdefault(row.name, []).append(row)
        numbers: dict[str, int] = {}
        for row in keyed_rows(RUN_MAPPING, runs, _MAPPING_KEY, report):
            numbers[row.name] = numbers.get(row.name, 0) + 1
            mine = held.get(row.name, [])
            reason = self._add_mapped(plan, row, mine, numbers[row.name])
            self._account(row, reason)
            for file in mine if numbers[row.name] == 1 else ():
                self._account(file, reason)
        for name in held.keys() - numbers.keys():
            for row in held[name]:
                self._columns.refuse(
                    Cell(row, ROW), "orphan_row", f"{RUN_MAPPING} has no row of it"
                )
                self._account(row, "orphan_row")

    def finish(self, plan: Plan) -> None:
        """Plan the new instruments, and tell of the columns that no record takes."""
        plan.external |= set(self._options.instruments.values())
        for model, label in self._new_instruments.items():
            plan.add(
                "instrument_set",
                {"id": label, "type": "nmdc:Instrument", "vendor": "illumina", "model": model},
            )
        self._columns.account(self._used)

    def _account(self, row: Row, reason: str | None) -> None:
        use = self._columns.report.tables[row.tab]
        if reason is None:
            use.use()
            self._used.append(row)
        else:
            use.skip(reason)

    def _add_row(self, plan: Plan, row: Row, number: int) -> str | None:
        """Plan the run of a row and its files; return why not, if not."""
        sample = self._samples.label_of(row.name)
        if sample is None:
            return "not_translated"
        files: list[tuple[FileColumns, list[RawFile]]] = []
        for columns in FILE_COLUMNS:
            urls, checksums = self._parts(row, columns.url), self._parts(row, columns.checksum)
            try:
                files.append((columns, files_of(urls, checksums)))
            except FilesRefused as error:
                message = f"{columns.url} and {columns.checksum} do not fit: {error}"
                self._columns.refuse(Cell(row, columns.url), "url_checksum_mismatch", message)
        if len(files) < len(FILE_COLUMNS):
            return "url_checksum_mismatch"
        key = self._key_of(row, [file for _, held in files for file in held], number)
        run = self._run(row, self._samples.label("NucleotideSequencing", *key), sample)
        run["analyte_category"] = SEQUENCING[row.tab]
        self._set_protocol(run, row)
        self._set_instrument(run, row)
        self._columns.fill(
            run, row, "NucleotideSequencing", without={"analyte_category", _PROTOCOL}
        )
        if not mend("data_generation_set", run, self._columns):
            return "invalid_document"
        outputs: list[Label] = []
        for named in files:
            outputs += self._add_files(plan, row, run, named, key)
        plan.add("data_generation_set", self._finished(run, outputs))
        return None

    def _key_of(self, row: Row, files: list[RawFile], number: int) -> tuple[object, ...]:
        """Return the natural key of a run: by its first file, wherever its row may stand."""
        key: tuple[object, ...] = (row.tab, row.name, files[0].url if files else number)
        while (label := self._samples.label("NucleotideSequencing", *key)) in self._keys:
            key = (*key, number)
        self._keys.add(label)
        return key

    def _add_files(
        self,
        plan: Plan,
        row: Row,
        run: dict[str, Any],
        named: tuple[FileColumns, list[RawFile]],
        key: tuple[object, ...],
    ) -> list[Label]:
        columns, files = named
        type_ = columns.types[run["analyte_category"]]
        made: list[dict[str, Any]] = []
        for at, file in enumerate(files, start=1):
            document: dict[str, Any] = {
                "id": self._samples.label("DataObject", *key, columns.url, at),
                "type": "nmdc:DataObject",
                "name": file_name(file.url),
                "description": Worded(f"{type_} for {{}}", run["id"]),
                "url": file.url,
                "data_category": "instrument_data",
                "data_object_type": type_,
                "was_generated_by": run["id"],
            }
            if file.checksum:
                document["md5_checksum"] = file.checksum
            self._columns.fill(document, row, "DataObject", without=_OF_FILES)
            origins = self._columns.origins[document["id"]]
            origins |= {
                "url": Cell(row, columns.url),
                "md5_checksum": Cell(row, columns.checksum),
            }
            if mend("data_object_set", document, self._columns):
                made.append(document)
        if len(made) > 1:
            manifest = self._samples.label("Manifest", *key, columns.url)
            for document in made:
                document["in_manifest"] = [manifest]
            plan.add(
                "manifest_set",
                {
                    "id": manifest,
                    "type": "nmdc:Manifest",
                    "manifest_category": "poolable_replicates",
                },
            )
        plan.add("data_object_set", *made)
        return [document["id"] for document in made]

    def _add_mapped(self, plan: Plan, row: Row, files: list[Row], number: int) -> str | None:
        refuse: Callable[[str, str], None] = lambda code, message: self._columns.refuse(  # noqa: E731
            Cell(row, ROW), code, message
        )
        sample = self._samples.label_of(row.name)
        if not self._samples.is_known(row.name):
            refuse("orphan_row", "the submission has no such sample")
            return "orphan_row"
        if sample is None:
            return "not_translated"
        if self._submission.samples[row.name].of(TabKind.SEQUENCING):
            refuse("described_twice", "the sample is in a sequencing tab of the submission too")
            return "described_twice"
        key = ("mapping", row.name, number)
        run = self._run(row, self._samples.label("NucleotideSequencing", *key), sample)
        self._columns.fill(run, row, "NucleotideSequencing")
        if not mend("data_generation_set", run, self._columns):
            return "invalid_document"
        outputs: list[Label] = []
        for at, file in enumerate(files, start=1):
            document: dict[str, Any] = {
                "id": self._samples.label("DataObject", *key, at),
                "type": "nmdc:DataObject",
            }
            if not self._options.compat:
                document["was_generated_by"] = run["id"]
            self._columns.fill(document, file, "DataObject")
            if mend("data_object_set", document, self._columns):
                plan.add("data_object_set", document)
                outputs.append(document["id"])
        plan.add("data_generation_set", self._finished(run, outputs))
        return None

    def _run(self, row: Row, label: Label, sample: Label) -> dict[str, Any]:
        self._columns.take(row, SAMP_NAME)
        return {
            "id": label,
            "type": "nmdc:NucleotideSequencing",
            "has_input": [sample],
            "associated_studies": [self._study],
        }

    def _finished(self, run: dict[str, Any], outputs: list[Label]) -> dict[str, Any]:
        has_output = {"has_output": outputs} if outputs else {}
        return run | has_output | self._options.provenance_slot()

    def _set_protocol(self, run: dict[str, Any], row: Row) -> None:
        if _PROTOCOL not in row.cells:
            return
        self._columns.take(row, _PROTOCOL)
        cell, link = Cell(row, _PROTOCOL), only(row.cells[_PROTOCOL])
        if isinstance(link, str):
            run[_PROTOCOL] = {"type": "nmdc:Protocol", "url": link}
            self._columns.origins[run["id"]] = {ROW: Cell(row, ROW), _PROTOCOL: cell}
        else:
            self._columns.refuse(cell, "bad_value", "one address is wanted, as a text")

    def _set_instrument(self, run: dict[str, Any], row: Row) -> None:
        cell = row.cells.get(_MODEL)
        if cell is None:
            return
        self._columns.take(row, _MODEL)
        model = str(only(cell))
        known = self._options.instruments.get(model)
        if known is None and model not in permissible_values("InstrumentModelEnum"):
            message = f"Unknown InstrumentModelEnum enumeration code: {model}"
            self._columns.refuse(Cell(row, _MODEL), "unknown_choice", message)
            return
        run["instrument_used"] = [known or self._new_instrument(model)]

    def _parts(self, row: Row, column: str) -> list[str]:
        """Return the parts of a cell, trimmed."""
        cell = row.cells.get(column, "")
        self._columns.take(row, column)
        parts = cell.split(_SEPARATOR) if isinstance(cell, str) else cell
        if not (isinstance(parts, list) and all(isinstance(part, str) for part in parts)):
            self._columns.refuse(
                Cell(row, column), "bad_value", f"texts are wanted, separated by {_SEPARATOR!r}"
            )
            return []
        return [part.strip() for part in parts]

    def _new_instrument(self, model: str) -> Label:
        # Of the model and not of the submission: another one finds the same instrument again.
        label = Label("nmdc:Instrument", f"portal/instrument/illumina/{model}")
        return self._new_instruments.setdefault(model, label)
