"""Configuration of the Dagster instance and of its workspace, shipped in the package.

`python -m nmdc_runtime.site.instance` mirrors the files to where the containers and those who
start Dagster by hand look for them.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

COMMAND: Final = "python -m nmdc_runtime.site.instance"

#: Where each file is mirrored to, from the root of the repository.
MIRRORS: Final[Mapping[str, str]] = MappingProxyType(
    {"dagster.yaml": "docker/dagster.yaml", "workspace.yaml": "workspace.yaml"}
)


def content_of(name: str) -> str:
    """Return the text of ``dagster.yaml`` or ``workspace.yaml``."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def mirror_of(name: str) -> str:
    """Return the text of the file's mirror, which says what it was written by."""
    first_line = f"# Written by `{COMMAND}` from nmdc_runtime/site/instance/{name}: edit that."
    return f"{first_line}\n{content_of(name)}"


def write_mirrors(root: Path) -> list[Path]:
    """Write all mirrors below the root of the repository; return their paths."""
    written = []
    for name, mirror in MIRRORS.items():
        path = root / mirror
        path.write_text(mirror_of(name), encoding="utf-8")
        written.append(path)
    return written
