"""What the hub logs, however much it is asked to."""

import logging
from collections.abc import Iterator

import pytest

from nmdc_runtime.api.logs import TALKATIVE, configure_logging
from nmdc_runtime.config.sections import HubSettings


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the logs of this process as they were."""
    root, levels = logging.getLogger(), {}
    for name in ("", *TALKATIVE):
        levels[name] = logging.getLogger(name).level
    handlers = list(root.handlers)
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("library", TALKATIVE)
def test_the_debug_logs_of_libraries_which_hold_secrets_stay_out(library: str) -> None:
    configure_logging(HubSettings(log_level="DEBUG"))

    assert logging.getLogger("nmdc_runtime").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger(f"{library}.command").isEnabledFor(logging.INFO)
