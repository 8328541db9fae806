"""What `nmdc-runtime validate` does with one file: read it, and have it judged by somebody."""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import orjson
import requests
from pymongo.errors import PyMongoError

from nmdc_runtime.metadata.errors import listed_problems, published_result
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.schema.body import Body, BodyForm
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.reader import BodyUnreadable
from nmdc_runtime.schema.report import Problem, ValidationReport
from nmdc_runtime.schema.validation import Verdict, validate
from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.web.expansion import ExpandsTooFar, expand

STDIN: Final = "-"
#: First bytes of what is compressed, whatever the file is called.
MAGIC: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
MOST_BYTES: Final = 4 * 1024**3
#: From when on, and how often, a person who waits is told, in s.
PATIENCE_S: Final = 2.0
BETWEEN_S: Final = 1.0
HUB_TIMEOUT_S: Final = 300.0

Tell = Callable[[int], None]


class NotChecked(Exception):
    """Nobody could say whether the documents are good."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says of a file: in both of the hub's forms, as far as they were asked for."""

    report: ValidationReport
    #: `{"result": ...}`, as published.
    published: dict[str, Any]
    problems: dict[str, Any]
    documents: int | None = None  # unknown if a hub counted


Judge = Callable[[Body, Tell], Judgement]


def read_body(name: str, *, collection: str | None) -> Body:
    """Return the documents in a file, expanded if need be; ``-`` is standard input.

    Raise `BodyUnreadable`, or `OSError`.
    """
    content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    for magic, encoding in MAGIC.items():
        if content.startswith(magic):
            try:
                content = expand(content, encoding, limit_bytes=MOST_BYTES)
            except ExpandsTooFar:
                raise BodyUnreadable(f"it expands to more than {MOST_BYTES} bytes") from None
    if _has_lines(content, is_bare=collection is not None):
        return Body(content, BodyForm.LINES, collection=collection)
    if collection is None:
        return Body(content)
    opening = b"[" if content.lstrip()[:1] != b"[" else b""
    closing = b"]" if opening else b""
    return Body(b'{"%b":%b%b%b}' % (collection.encode(), opening, content, closing))


def _has_lines(content: bytes, *, is_bare: bool) -> bool:
    """Say whether this is NDJSON: an object that ends with its line, and it is not all there is.

    One line alone is a document if it says its type.
    """
    first, _, rest = content.lstrip().partition(b"\n")
    try:
        document = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(document, dict):
        return False
    return bool(rest.strip()) or (not is_bare and isinstance(document.get("type"), str))


def judge_offline(body: Body, tell: Tell) -> Judgement:
    """Judge documents by themselves."""
    return _of_verdict(validate(body, load_validator(), progress=tell))


@contextmanager
def judge_of_database() -> Iterator[Judge]:
    """Yield what judges documents against the database that the settings name."""
    # The services of the hub: more than a second of imports that nothing else here needs.
    from nmdc_runtime.config import Settings  # noqa: PLC0415
    from nmdc_runtime.wiring import open_services  # noqa: PLC0415

    settings = Settings()
    with open_services(settings) as services:
        metadata: MetadataService = services.metadata

        def judge(body: Body, tell: Tell) -> Judgement:
            try:
                return _of_verdict(metadata.validate(body, progress=tell))
            except PyMongoError as error:
                raise NotChecked(
                    f"the database {settings.mongo_dbname} at {settings.mongo_host} does not "
                    f"answer ({type(error).__name__}); --offline needs none"
                ) from error

        yield judge


def judge_of_hub(url: str) -> Judge:
    """Return what asks the hub at this address."""
    route = f"{url.rstrip('/')}/metadata/json:validate"

    def judge(body: Body, tell: Tell) -> Judgement:
        is_lines = body.form is BodyForm.LINES
        if is_lines and body.collection is not None:
            content, _ = body.as_json(load_registry())
            body, is_lines = Body(content), False
        try:
            answer = requests.post(
                route,
                params={"format": "problems"},
                data=gzip.compress(body.content, compresslevel=1),
                headers={
                    "Content-Type": "application/x-ndjson" if is_lines else "application/json",
                    "Content-Encoding": "gzip",
                },
                timeout=HUB_TIMEOUT_S,
            )
        except requests.RequestException as error:
            raise NotChecked(f"no hub answers at {url} ({type(error).__name__})") from error
        return _of_answer(answer, url)

    return judge


def _of_verdict(verdict: Verdict) -> Judgement:
    return Judgement(
        report=verdict.report,
        published=published_result(verdict.report, keys=verdict.keys),
        problems=listed_problems(verdict.report),
        documents=sum(verdict.counts.values()),
    )


def _of_answer(answer: requests.Response, url: str) -> Judgement:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code == requests.codes.unprocessable and isinstance(said, dict):
        raise BodyUnreadable(_reason_of(said.get("detail")))
    if not answer.ok or not isinstance(said, dict) or "problems" not in said:
        detail = said.get("detail") if isinstance(said, dict) else None
        raise NotChecked(f"the hub at {url} answers {answer.status_code} {detail or answer.reason}")
    known = {each.name for each in fields(Problem)}
    problems = tuple(
        Problem(**{name: value for name, value in each.items() if name in known})
        for each in said["problems"]
    )
    report = ValidationReport(problems, said["total"])
    return Judgement(report, published_result(report, keys=[]), said)


def _reason_of(detail: object) -> str:
    """Return the sentence in FastAPI's answer to a malformed request."""
    try:
        return str(detail[0]["ctx"]["error"])  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return json.dumps(detail)


class Waiting:
    """Tells a person who waits how far it is, on standard error, if it takes long."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._next = clock() + PATIENCE_S

    def __call__(self, documents: int) -> None:
        """Note how many documents have been looked at."""
        now = self._clock()
        if now >= self._next:
            self._next = now + BETWEEN_S
            sys.stderr.write(f"{self._name}: {documents:,} documents checked ...\n")
