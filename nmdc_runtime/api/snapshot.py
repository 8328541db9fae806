"""Write the OpenAPI document of the hub to a file: `python -m nmdc_runtime.api.snapshot FILE`."""

import sys
from pathlib import Path
from typing import Final

import orjson

from nmdc_runtime.api.app import create_app
from nmdc_runtime.config import Settings

COMMAND: Final = "python -m nmdc_runtime.api.snapshot"


def snapshot() -> bytes:
    """Return the OpenAPI document that the hub serves, sorted, saying what it was written by."""
    # Of the settings only limits matter to the application, and none of them is published.
    document = create_app(Settings()).openapi() | {"x-generated-by": COMMAND}
    return orjson.dumps(
        document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )


def main(file: str) -> None:
    """Write the snapshot."""
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(snapshot())


if __name__ == "__main__":
    main(sys.argv[1])
