"""Looking at a stack and stopping it; nothing heavy is imported for that."""

import os
import signal
import time
from datetime import UTC, datetime
from typing import Any, Final

from nmdc_runtime.cli.stack.errors import StackError
from nmdc_runtime.cli.stack.folder import Phase, StackFolder, StackState
from nmdc_runtime.cli.stack.processes import end_group

POLL_S: Final = 0.1


def report(stack: StackFolder) -> dict[str, Any]:
    """Return what `status` tells, as JSON has it."""
    state = stack.find_state()
    if state is None or not stack.is_locked():
        return {"folder": str(stack.path), "is_running": False, "phase": Phase.STOPPED}
    services: dict[str, Any] = {}
    for name, service in state.services.items():
        process = service.process if service.process and service.process.is_alive() else None
        services[name] = {
            "phase": service.phase,
            "detail": service.detail,
            "url": service.url,
            "port": service.port,
            "pid": process.pid if process else None,
            "since": datetime.fromtimestamp(service.since, UTC).isoformat(),
            "ready_after_s": service.ready_after_s,
            "restarts": service.restarts,
            "memory_bytes": process.memory_bytes() if process else 0,
        }
    phases = {service["phase"] for service in services.values()}
    is_degraded = state.phase is Phase.READY and phases != {Phase.READY}
    # Counted apart: our own memory, not that of the services, which are our children.
    own_bytes = state.supervisor.memory_bytes() - sum(
        service["memory_bytes"] for service in services.values()
    )
    return {
        "folder": str(stack.path),
        "is_running": True,
        "phase": Phase.RESTARTING if is_degraded else state.phase,
        "ready_after_s": state.ready_after_s,
        "supervisor_pid": state.supervisor.pid,
        "supervisor_bytes": own_bytes,
        "memory_bytes": state.supervisor.memory_bytes(),
        "services": services,
    }


def stop(stack: StackFolder, *, timeout_s: float) -> bool:
    """Stop the stack in the folder, gently, then not; return whether there was one."""
    state = stack.find_state()
    if state is None or not stack.is_locked():
        return end_leftovers(stack)
    deadline = time.monotonic() + timeout_s
    for number in (signal.SIGTERM, signal.SIGKILL):  # after a kill, its watchdog ends the rest
        if state.supervisor.is_alive():
            _send(state, number)
        while stack.is_locked() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        deadline = time.monotonic() + 5
    end_leftovers(stack)
    return True


def _send(state: StackState, number: signal.Signals) -> None:
    try:
        os.kill(state.supervisor.pid, number)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise StackError(
            f"process {state.supervisor.pid}, which runs the stack, belongs to another user"
        ) from error


def end_leftovers(stack: StackFolder) -> bool:
    """End services of a supervisor and watchdog that were both killed; say if there were any."""
    state = stack.find_state()
    left = [group for group in state.groups if group.is_alive()] if state else []
    for group in left:
        end_group(group.pid, number=signal.SIGINT, timeout_s=15)
    return bool(left)
