"""For programs that write changesheets: rows, the file, and what a hub says of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import requests

HEADER: Final = "id\taction\tattribute\tvalue"
OUTPUT_DIR: Final = "changesheets_output"
TIMEOUT_S: Final = 120
_BLANKS: Final = str.maketrans("\n\r\t", "   ")


@dataclass(frozen=True, slots=True)
class ChangesheetLineItem:
    """One row."""

    id: str
    action: str
    attribute: str
    value: str

    @property
    def line(self) -> str:
        """The row as it stands in the file; a value of several lines becomes one."""
        value = self.value.translate(_BLANKS).strip()
        if value.startswith('"'):  # what begins so would be read as quoted
            value = '"' + value.replace('"', '""') + '"'
        return "\t".join((self.id, self.action, self.attribute, value))


@dataclass(slots=True)
class Changesheet:
    """Rows that become a file, whose name tells when it was begun.

    Parameters
    ----------
    name
        How the name of the file begins.
    output_dir
        Where the file goes; ``changesheets_output`` in the working directory by default. Made if
        it is missing.
    """

    name: str
    output_dir: Path | None = None
    line_items: list[ChangesheetLineItem] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    filepath: Path = field(init=False)

    def __post_init__(self) -> None:
        """Make the folder and choose the name of the file."""
        folder = self.output_dir or Path(OUTPUT_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        self.filepath = folder / f"{self.name}-{self.clock():%Y%m%d-%H%M%S}.tsv"

    def write_changesheet(self) -> None:
        """Write the file."""
        lines = [HEADER, *(item.line for item in self.line_items)]
        self.filepath.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def validate_changesheet(self, base_url: str) -> bool:
        """Say whether a hub finds the written file good; nothing is submitted."""
        url = f"{base_url.rstrip('/')}/metadata/changesheets:validate"
        with self.filepath.open("rb") as file:
            answer = requests.post(url, files={"uploaded_file": file}, timeout=TIMEOUT_S)
        return answer.ok
