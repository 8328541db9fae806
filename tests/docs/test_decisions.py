"""Decisions are recorded one by one, each on a page that can be read in a minute."""

import re

import pytest

from tests.docs.pages import DOCS

PAGES = sorted((DOCS / "adr").glob("[0-9]*.md"))
SECTIONS = ["## Context", "## Decision", "## Consequences", "## Alternatives refused"]
STATUS = re.compile(
    r"^\*\*Status:\*\* (accepted, \d{4}-\d\d-\d\d|superseded by \[\d{4}\]\(\d{4}-[\w-]+\.md\))$",
    re.MULTILINE,
)
#: About what fits on a page.
LINES = 60


def test_decisions_are_numbered_without_gaps() -> None:
    assert [page.name[:4] for page in PAGES] == [
        f"{number:04d}" for number in range(1, len(PAGES) + 1)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_tells_status_context_choice_consequences_and_what_was_refused(page) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.name[:4]}. ")
    assert STATUS.search(text)
    assert re.findall(r"^## .+$", text, re.MULTILINE) == SECTIONS
    assert len(text.splitlines()) <= LINES
