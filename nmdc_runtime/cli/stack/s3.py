"""S3 as a process: `nanio`, which keeps buckets as folders and objects as files."""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmdc_runtime.cli.stack.errors import BinaryMissing


def check_installed() -> None:
    """Raise `BinaryMissing` if the S3 server is not installed."""
    if importlib.util.find_spec("nanio") is None:
        raise BinaryMissing(
            "there is no S3 server: pip install 'nmdc-runtime[local]' (it brings `nanio`)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """One S3 service, bound to this machine, with one key and one bucket."""

    folder: Path
    port: int
    key: str
    secret: str
    region: str
    bucket: str

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Make the bucket, which is a folder."""
        (self.folder / self.bucket).mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """Return the command line; there is no secret on it."""
        return [
            *(sys.executable, "-m", "nanio", "serve"),
            *("--data-dir", str(self.folder), "--region", self.region),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            "--no-access-log",  # it would write signatures of presigned URLs
        ]

    def environment(self) -> Mapping[str, str]:
        """Return the credentials as the server reads them."""
        return {"NANIO_ACCESS_KEY": self.key, "NANIO_SECRET_KEY": self.secret}
