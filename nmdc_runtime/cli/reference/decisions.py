"""The list of decisions, from the pages that record them."""

import re
from pathlib import Path
from typing import Final

from nmdc_runtime.cli.reference.settings import COMMAND

TITLE: Final = re.compile(r"# (\d{4})\. (.+)")
STATUS: Final = re.compile(r"\*\*Status:\*\* (.+)")


def decisions_page(folder: Path) -> str:
    """Return the list of the decisions in a folder, in Markdown.

    Raises
    ------
    ValueError
        A page does not begin with its number and title, or tells no status.
    """
    parts = [
        f"<!-- Written by `{COMMAND}` from the pages beside this one: edit those. -->",
        "# Decisions",
        "",
        "Why things are as they are: one page for each decision, with what was refused. A decision "
        "is superseded by a later one, never edited; a new one gets the next number.",
        "",
        "| | Decision | Status |",
        "| --- | --- | --- |",
    ]
    for page in sorted(folder.glob("[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        title, status = TITLE.match(text), STATUS.search(text)
        if title is None or status is None or not page.name.startswith(title[1]):
            raise ValueError(
                f"{page} must begin with '# NNNN. Title', NNNN as in its name, and have a line "
                "'**Status:** ...'"
            )
        parts.append(f"| {title[1]} | [{title[2]}]({page.name}) | {status[1]} |")
    return "\n".join(parts) + "\n"
