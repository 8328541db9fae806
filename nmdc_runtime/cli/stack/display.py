"""What a person sees while the stack starts and runs: a live table, or lines for a log."""

import time
from collections.abc import Mapping
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.measure import Measurement
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from nmdc_runtime.cli.stack.folder import Phase, ServiceState

#: Columns of the widest table that is printed whole.
WIDEST: Final = 1_000

STYLES: Final[Mapping[Phase, str]] = {
    Phase.WAITING: "dim",
    Phase.STARTING: "yellow",
    Phase.READY: "green",
    Phase.RESTARTING: "bold red",
    Phase.STOPPING: "yellow",
    Phase.STOPPED: "dim",
    Phase.FAILED: "bold red",
}


def megabytes(size_bytes: int) -> str:
    """Write a size as people read it."""
    return f"{size_bytes / 1e6:.0f} MB"


def phase_text(phase: Phase) -> Text:
    """Return the phase in its colour."""
    return Text(phase.value, style=STYLES[phase])


class Progress:
    """Shows what services do: on a terminal a table in place, else a line for each step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._services: dict[str, ServiceState] = {}
        self._began = time.monotonic()
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)

    def __enter__(self) -> "Progress":
        """Begin to show."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last picture on the terminal."""
        self.pause()

    def pause(self) -> None:
        """Stop the live picture: from here on changes are lines."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, name: str, state: ServiceState) -> None:
        """Take note of a service; a line is written only when its phase changes."""
        before = self._services.get(name)
        self._services[name] = state
        if self._live is not None:
            return
        if state.phase is Phase.WAITING or (before and before.phase is state.phase):
            return
        self._console.print(self._line(name, state), highlight=False, soft_wrap=True)

    def _line(self, name: str, state: ServiceState) -> Text:
        line = Text(f"{name}: ").append_text(phase_text(state.phase))
        if state.phase is Phase.READY and state.ready_after_s is not None:
            line.append(f" after {state.ready_after_s:.1f} s")
            if state.url:
                line.append(f" at {state.url}")
        elif state.detail:
            line.append(f" ({state.detail})")
        return line

    def _table(self) -> Group:
        table = Table.grid(padding=(0, 2))
        for name, state in self._services.items():
            about = state.url if state.phase is Phase.READY else state.detail
            took = f"{state.ready_after_s:.1f} s" if state.ready_after_s is not None else ""
            table.add_row(
                Text(f"  {name}"),
                phase_text(state.phase),
                Text(took if state.phase is Phase.READY else "", justify="right"),
                Text(about, style="dim", overflow="ellipsis", no_wrap=True),
            )
        if all(state.phase is Phase.READY for state in self._services.values()):
            return Group(table)
        seconds = time.monotonic() - self._began
        return Group(table, Spinner("dots", text=f" {seconds:.0f} s"))


def print_whole(console: Console, table: Table) -> None:
    """Print a table as wide as it needs: an address cut short is none, a wrapped one is."""
    options = console.options.update(max_width=WIDEST)
    needed = Measurement.get(console, options, table).maximum
    wide = Console(
        file=console.file, width=max(needed, console.width), force_terminal=console.is_terminal
    )
    wide.print(table, highlight=False)
