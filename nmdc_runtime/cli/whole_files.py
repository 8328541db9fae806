"""Writing files of which nobody ever sees a half."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(file: Path, parts: Iterable[bytes]) -> None:
    """Write beside the file, and give it its name at the end."""
    partial = file.with_name(f"{file.name}.part")
    try:
        with partial.open("wb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
