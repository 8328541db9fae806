"""Commands that README shows, and which of them need containers."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

#: A fenced block of shell commands.
BLOCK = re.compile(r"^```(?:bash|sh|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)

#: What in a command says that it belongs to the Docker way.
NEEDS_DOCKER = re.compile(
    r"\b(docker|up-dev|down-dev|status-dev|reset-db-dev|up-test|run-test|down-test|test-shell|"
    r"test-compose|docker-clean)\b|\.env\.example|mongoKeyFile"
)


def commands() -> list[str]:
    """Return the commands in README's order, one a line, without prompts."""
    blocks = "\n".join(BLOCK.findall(README.read_text(encoding="utf-8"))).replace("\\\n", " ")
    lines = (line.strip().removeprefix("$ ") for line in blocks.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def without_comment(command: str) -> str:
    """Return the command without the words that explain it."""
    return re.sub(r"\s+#.*", "", command)


def docker_commands(*, until: str = "") -> list[str]:
    """Return README's commands that need Docker; only those up to a certain one, if it is given."""
    needed = [without_comment(c) for c in commands() if NEEDS_DOCKER.search(without_comment(c))]
    if not until:
        return needed
    assert until in needed, f"README does not say {until!r}"
    return needed[: needed.index(until) + 1]
