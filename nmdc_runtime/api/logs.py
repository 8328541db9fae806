"""Structured logs: one JSON object a line, or plain text for people."""

import logging
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from nmdc_runtime.config.sections import HubSettings

_FIELDS: Final = "{asctime}{levelname}{name}{message}"
#: Libraries that write whole commands, and with them hashes and signatures, into their debug logs.
TALKATIVE: Final = ("pymongo", "boto3", "botocore", "s3transfer", "urllib3")


def configure_logging(settings: HubSettings) -> None:
    """Send the logs of this process to standard error, in the form that is set."""
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(
            JsonFormatter(
                _FIELDS,
                style="{",
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            )
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Our own access log carries the request id; uvicorn's would only say the same again.
    logging.getLogger("uvicorn.access").disabled = True
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
