"""The code of README and of the tutorials does what these pages say, on a whole running stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.docs.pages import DOCS, ROOT, python_blocks
from tests.support.servers import RunningStack, shared_stack

PAGES = [ROOT / "README.md", *sorted((DOCS / "tutorials").glob("*.md"))]
#: What the ids of documents have that tutorials submit, and that are taken away again.
SUBMITTED = {"correct": "mend", "json": "tutor", "read": "tutor"}


@pytest.fixture(scope="module")
def stack(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Yield the stack that the workers of this run share."""
    with shared_stack(testrun_uid, tmp_path_factory.getbasetemp()) as running:
        yield running


@pytest.fixture
def as_the_page_says(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch, page: Path
) -> Iterator[None]:
    """Load the stack's variables, as `set -a; . .local/env` does, and tidy up afterwards."""
    variables = stack.variables
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield
    with MongoClient[dict[str, Any]](
        variables["MONGO_HOST"],
        username=variables["MONGO_USERNAME"],
        password=variables["MONGO_PASSWORD"],
        directConnection=True,
    ) as client:
        database = client[variables["MONGO_DBNAME"]]
        if word := SUBMITTED.get(page.stem):
            for collection in ("study_set", "biosample_set"):
                submitted = {"id": {"$regex": f"^nmdc:[a-z]+-11-{word}"}}
                database[collection].delete_many(submitted)


@pytest.mark.usefixtures("as_the_page_says")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page: Path) -> None:
    blocks = python_blocks(page)
    assert blocks
    names: dict[str, Any] = {"__name__": "tutorial"}
    for block in blocks:
        block.run(names)


def test_a_block_that_prints_something_else_fails(tmp_path: Path) -> None:
    page = ROOT / "page.md"
    text = '```python\nprint(1)\n```\n\n```text title="Output"\n2\n```\n'
    written = tmp_path / page.name
    written.write_text(text, encoding="utf-8")
    (block,) = python_blocks(written)
    assert block.output == "2\n"
    with pytest.raises(AssertionError, match="printed"):
        type(block)(page=page, line=1, code=block.code, output=block.output).run({})
