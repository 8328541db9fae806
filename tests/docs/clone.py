"""A fresh clone of this checkout, and a shell in it that knows nothing of the one we run in."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: All that a shell gets: no settings, no virtual environment, nothing of an enclosing `make`.
KEPT = ("HOME", "USER", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
KEPT_PREFIXES = ("PIP_", "UV_", "LC_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Clone:
    """A fresh clone; a command typed in it must end well."""

    folder: Path

    def run(self, command: str, *, timeout_s: float, **variables: str) -> str:
        """Type a command and return what it printed; fail with that if it does not end with 0."""
        environ = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT or name.upper().startswith(KEPT_PREFIXES)
        }
        environ["PATH"] = os.pathsep.join(
            part
            for part in os.environ["PATH"].split(os.pathsep)
            if not part.startswith(str(ROOT))  # the newcomer has no environment yet
        )
        finished = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=environ | variables,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
        )
        assert finished.returncode == 0, (
            f"{command!r} gave {finished.returncode}:\n" + (finished.stdout[-4000:])
        )
        return finished.stdout


def clone_to(folder: Path) -> Clone:
    """Copy what git knows, and would know, of this checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (source := ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return Clone(folder)
