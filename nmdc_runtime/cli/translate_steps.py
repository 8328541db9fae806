"""What commands that translate have in common: ids, results, and what is told of them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from nmdc_runtime.cli.whole_files import write_whole
from nmdc_runtime.clients.peers import parsed
from nmdc_runtime.translation.minting import Minter, mint_all, placeholder_minter
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.problems import Severity
from nmdc_runtime.translation.report import TranslationReport

#: Exit statuses: all is written; the data cannot be translated; a file cannot be used.
TRANSLATED: Final = 0
FAILED: Final = 1
UNUSABLE: Final = 2


class FileUnusable(click.ClickException):
    """A file that cannot be read or written."""

    exit_code = UNUSABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Where the results go.

    Parameters
    ----------
    report
        None: beside the output.
    used_ids
        Gets the id of each thing, in the form that ``--ids`` reads; None: nobody wants it.
    """

    output: Path
    report: Path | None = None
    used_ids: Path | None = None

    @property
    def report_file(self) -> Path:
        """The file of the report."""
        return self.report or self.output.with_name(f"{self.output.stem}.report.json")

    def check(self, *given: Path | None) -> None:
        """Refuse early what could not be written after minutes of work, or would be lost by it.

        Parameters
        ----------
        given
            The files that are read.
        """
        files = [each for each in (self.output, self.report_file, self.used_ids) if each]
        for file in files:
            if not file.parent.is_dir():
                raise FileUnusable(f"there is no folder {file.parent}")
        if len({file.resolve() for file in files}) < len(files):
            named = ", ".join(str(file) for file in files)
            raise FileUnusable(f"one file is to hold several things: {named}; name one for each")
        read = {file.resolve() for file in given if file}
        for file in files:
            if file.resolve() in read:
                raise FileUnusable(f"{file} is read, and would be overwritten; name another file")

    def write(
        self, plan: Plan, report: TranslationReport, known: Mapping[Label, str]
    ) -> dict[str, list[dict[str, Any]]]:
        """Give ids to what was planned and write all files, the documents last; return them."""
        ids = mint_all(plan, placeholders_beside(set(known.values())), known)
        documents = plan.emit(ids)
        report.add_result(plan, known)
        self.write_report(report)
        if self.used_ids is not None:
            by_class: dict[str, dict[str, str]] = {}
            for label, id_ in ids.items():
                by_class.setdefault(label.class_uri, {})[label.key] = id_
            write_json(self.used_ids, by_class)
        write_json(self.output, documents)
        return documents

    def write_report(self, report: TranslationReport) -> None:
        """Write the report alone: there are no documents."""
        write_json(self.report_file, report.to_dict())


def write_json(file: Path, content: object) -> None:
    """Write a file whole, or not at all."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        write_whole(file, [text])
    except OSError as error:
        raise FileUnusable(f"{file} cannot be written: {error.strerror}") from error


def read_json(file: Path) -> Any:  # noqa: ANN401 (JSON)
    """Return what a JSON file holds, as the jobs read what services answer."""
    try:
        return parsed(file.read_bytes())
    except OSError as error:
        raise FileUnusable(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FileUnusable(f"{file} is not JSON: {error}") from error


def read_texts(file: Path | None) -> dict[str, str]:
    """Return an object of texts; without a file an empty one."""
    found = {} if file is None else read_json(file)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise FileUnusable(f"{file} is no JSON object whose values are texts")
    return found


def read_ids(file: Path | None) -> dict[Label, str]:
    """Return the ids of a file: an object of classes, each an object of keys and ids."""
    found = {} if file is None else read_json(file)
    if not isinstance(found, dict):
        raise FileUnusable(f"{file} is no JSON object of classes")
    ids: dict[Label, str] = {}
    for class_uri, keys in found.items():
        if not isinstance(keys, dict) or not all(isinstance(id_, str) for id_ in keys.values()):
            raise FileUnusable(f"{file}: {class_uri} is no JSON object of keys and ids")
        ids.update({Label(class_uri, key): id_ for key, id_ in keys.items()})
    if len(set(ids.values())) < len(ids):
        twice = sorted(id_ for id_ in set(ids.values()) if list(ids.values()).count(id_) > 1)
        raise FileUnusable(f"{file} gives {twice[0]} to more than one thing")
    return ids


def placeholders_beside(taken: set[str]) -> Minter:
    """Return a minter of placeholders that gives none of those that were given before."""
    next_ = placeholder_minter()

    def mint(class_uri: str, how_many: int) -> list[str]:
        given: list[str] = []
        while len(given) < how_many:
            given += [each for each in next_(class_uri, how_many - len(given)) if each not in taken]
        return given

    return mint


@contextmanager
def progress(steps: int, *, is_shown: bool) -> Iterator[Callable[[str], None]]:
    """Yield what tells a person at a terminal which step is done; others are told nothing."""
    if not (is_shown and sys.stderr.isatty()):
        yield lambda _: None
        return
    with click.progressbar(
        length=steps, file=sys.stderr, item_show_func=lambda item: item, show_pos=True
    ) as bar:
        yield lambda done: bar.update(1, done)


def tell(
    results: Results, report: TranslationReport, documents: Mapping[str, list[dict[str, Any]]]
) -> None:
    """Say what was written, and what is to be looked at."""
    total = sum(len(held) for held in documents.values())
    click.echo(f"{results.output}: {_counted(total, 'document')}")
    for name, held in documents.items():
        click.echo(f"  {name}: {len(held):,}")
    read = sum(each.read for each in report.tables.values())
    errors = report.problems.count(Severity.ERROR)
    warnings = report.problems.count(Severity.WARNING)
    click.echo(
        f"{results.report_file}: {_counted(read, 'row')} read, {_counted(errors, 'error')}, "
        f"{_counted(warnings, 'warning')}"
    )
    for code, count in sorted(report.problems.by_code.items()):
        click.echo(f"  {code}: {count:,}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def tell_failure(results: Results, message: str) -> None:
    """Say why there are no documents."""
    click.echo(f"{click.style('error', fg='red')}: {message}", err=True)
    click.echo(f"All of it is in {results.report_file}", err=True)
