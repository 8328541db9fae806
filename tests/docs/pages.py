"""Pages of the documentation, and the blocks of code in them that can be run."""

import contextlib
import doctest
import io
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
COMPARE = doctest.OutputChecker()
HOW = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """Python code of a page, with what it must print; None: the page does not say."""

    page: Path
    line: int
    code: str
    output: str | None

    def run(self, names: dict[str, Any]) -> None:
        """Run the block with the names that the blocks before it left; fail if it is not so."""
        where = f"{self.page.relative_to(ROOT)}:{self.line}"
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile("\n" * self.line + self.code, where, "exec"), names)
        except Exception as error:
            raise AssertionError(f"{where} failed:\n{traceback.format_exc()}") from error
        if self.output is not None and not COMPARE.check_output(
            self.output, printed.getvalue(), HOW
        ):
            raise AssertionError(
                f"{where} printed\n{printed.getvalue()}\nwhere the page says\n{self.output}"
            )


def python_blocks(page: Path) -> list[Block]:
    """Return the Python blocks of a page, each with the block titled `Output` behind it."""
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    blocks = []
    for match, after in zip(found, [*found[1:], None], strict=True):
        if match["info"].strip() != "python":
            continue
        is_output = after is not None and 'title="Output"' in after["info"]
        blocks.append(
            Block(
                page=page,
                line=text.count("\n", 0, match.start()) + 1,
                code=match["code"],
                output=after["code"] if after is not None and is_output else None,
            )
        )
    return blocks
