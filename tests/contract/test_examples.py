"""Every example of the OpenAPI document is sent to a hub, and answers what its route documents.

An example that is meant to be refused says so: its summary holds the status, e.g. "(418)".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from nmdc_runtime.config.sections import JobSettings
from tests.support.documents import demo_database
from tests.support.generated import fill

Json = dict[str, Any]
#: What changes something comes after what only looks.
ORDER = ("get", "head", "options", "post", "put", "patch", "delete")
#: Routes that people explore by hand, whose values nobody can guess.
READ_SIDE = (
    "/nmdcschema",
    "/studies",
    "/biosamples",
    "/data_objects",
    "/planned_processes",
    "/workflow_executions",
    "/workflows",
    "/capabilities",
    "/object_types",
    "/triggers",
)
#: Answered by servers that this test does not start.
NEEDS_OTHERS = {"/orcid_login"}
STATUS = re.compile(r"\b(4\d\d)\b")


@dataclass(frozen=True)
class Request:
    """One request made of examples."""

    method: str
    path: str
    what: str
    query: Json = field(default_factory=dict)
    headers: Json = field(default_factory=dict)
    body: Any = None
    media_type: str = ""
    expected: int | None = None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path} ({self.what})"


@dataclass(frozen=True)
class Example:
    """A value, and the status it is meant to be refused with, if it is."""

    value: Any
    expected: int | None = None


def examples_of(described: Json, schemas: Json) -> list[Example]:
    """Return the examples of a parameter, or of a body in one media type."""
    named = [
        Example(each["value"], _expected(each))
        for each in described.get("examples", {}).values()
        if "value" in each
    ]
    plain = [described["example"]] if "example" in described else []
    schema = described.get("schema", {})
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    plain += schema.get("examples", [])
    return named + [Example(value) for value in plain]


def _expected(example: Json) -> int | None:
    said = STATUS.search(f"{example.get('summary', '')} {example.get('description', '')}")
    return int(said[1]) if said else None


def body_examples(operation: Json, schemas: Json) -> list[tuple[str, Example]]:
    """Return the examples of a body with their media types; one of its fields' own, if any."""
    found = []
    for media_type, described in operation.get("requestBody", {}).get("content", {}).items():
        found += [(media_type, each) for each in examples_of(described, schemas)]
        schema = schemas.get(described["schema"].get("$ref", "").rsplit("/", 1)[-1], {})
        fields = schema.get("properties", {})
        body = {key: each["examples"][0] for key, each in fields.items() if each.get("examples")}
        if body and set(schema.get("required", ())) <= set(body):
            found.append((media_type, Example(body)))
    return found


def requests_of(method: str, path: str, operation: Json, schemas: Json) -> Iterator[Request]:
    """Yield a request for each example of an operation, and what is needed besides.

    A GET that needs nothing is an example by itself.
    """
    parameters = {each["name"]: each for each in operation.get("parameters", [])}
    examples = {name: examples_of(each, schemas) for name, each in parameters.items()}
    needed = [name for name, each in parameters.items() if each.get("required")]
    bodies = body_examples(operation, schemas)
    can_be_empty = method == "get" and path not in NEEDS_OTHERS
    if not all(examples[name] for name in needed) or not (bodies or needed or can_be_empty):
        return
    least = {name: examples[name][0] for name in needed}
    media_type, body = bodies[0] if bodies else ("", Example(None))

    def request(what: str, values: dict[str, Example], body: Example, kind: str) -> Request:
        url, query, headers = path, {}, {}
        for name, example in values.items():
            place = parameters[name]["in"]
            if place == "path":
                url = url.replace("{" + name + "}", str(example.value))
            elif place == "query":
                query[name] = example.value
            elif place == "header":
                headers[name] = str(example.value)
        refusals = (each.expected for each in (*values.values(), body) if each.expected)
        return Request(method, url, what, query, headers, body.value, kind, next(refusals, None))

    yield request("what is needed", least, body, media_type)
    for name, some in examples.items():
        for example in some:
            what = f"{name}={example.value!r}"
            yield request(what, least | {name: example}, body, media_type)
    for media_type, body in bodies:
        yield request(f"body {body.value!r}", least, body, media_type)


def send(hub: TestClient, request: Request, headers: dict[str, str]) -> str | None:
    """Send the request; return what is wrong with the answer, or None."""
    body: Json = {}
    if request.media_type == "application/json":
        body = {"json": request.body}
    elif request.media_type == "multipart/form-data":
        body = {"files": {name: (f"{name}.tsv", text) for name, text in request.body.items()}}
    elif isinstance(request.body, str):
        body = {"content": request.body}
        headers = headers | {"Content-Type": request.media_type}
    elif request.media_type:
        body = {"data": request.body}
    answer = hub.request(
        request.method,
        request.path,
        params=request.query,
        headers=headers | request.headers,
        **body,
    )
    expected = request.expected
    if answer.status_code == expected or (expected is None and answer.status_code < 400):
        return None
    return f"{request}: {answer.status_code} {answer.text[:300]}"


@pytest.fixture
def settings(settings):
    """Let streams of changes end at once."""
    return settings.model_copy(update={"jobs": JobSettings(watch_lifetime=timedelta(0))})


@pytest.fixture
def world(hub, database) -> tuple[TestClient, Json]:
    """Return a hub with the study of the demonstration and a generated one, and its document."""
    for number in (0, 1):
        for name, documents in demo_database(number).items():
            if isinstance(documents, list):
                database[name].insert_many(documents)
    fill(database, 60, annotations=50)
    hub.app.state.services.graph.rebuild()
    return hub, hub.app.openapi()


def test_every_example_is_answered_as_it_promises(world, as_admin):
    hub, document = world
    schemas = document["components"]["schemas"]
    requests = [
        request
        for method in ORDER
        for path, operations in document["paths"].items()
        if method in operations
        for request in requests_of(method, path, operations[method], schemas)
    ]

    wrong = [said for each in requests if (said := send(hub, each, as_admin))]

    assert not wrong, "\n".join(wrong)
    assert len(requests) > 100


def test_what_is_read_has_an_example_of_each_parameter(world):
    _, document = world
    schemas = document["components"]["schemas"]

    lacking = [
        f"{path}: {parameter['name']}"
        for path, operations in document["paths"].items()
        if path.startswith(READ_SIDE) and "get" in operations
        for parameter in operations["get"].get("parameters", [])
        if not examples_of(parameter, schemas)
    ]

    assert not lacking, "\n".join(lacking)
