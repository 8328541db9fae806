"""The client that most people use, `nmdc-client` from PyPI, in the environment made for it."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".nmdc-client-venv" / "bin" / "python"

#: Runs in the client's environment: makes an object, calls a method of it, and tells the answer.
RUNNER = """
import json, sys
import nmdc_client
from nmdc_client import auth, collection_search, data_staging, metadata, minter

place, answers = {}, []
for module in (nmdc_client, auth, collection_search, data_staging, metadata, minter):
    place.update(vars(module))
asked = json.load(sys.stdin)
log_in = asked["log_in"] and place["NMDCAuth"](**asked["log_in"])
for name, made_with, method, arguments in asked["calls"]:
    if log_in and place[name].__module__.rpartition(".")[2] in ("data_staging", "metadata"):
        made_with["auth"] = log_in
    try:
        answer = getattr(place[name](**made_with), method)(**arguments)
    except Exception as error:
        said = f"{error} ({error.__cause__})" if error.__cause__ else str(error)
        answer = {"raised": type(error).__name__, "said": said}
    answers.append(answer)
json.dump(answers, sys.stdout)
"""

Call = tuple[str, dict[str, Any], str, dict[str, Any]]


def ask(url: str, *calls: Call, log_in: dict[str, str] | None = None) -> list[Any]:
    """Make the calls one after another; return what each answered."""
    finished = subprocess.run(
        [PYTHON, "-c", RUNNER],
        input=json.dumps({"calls": calls, "log_in": log_in}),
        env={"API_BASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    answers: list[Any] = json.loads(finished.stdout)
    return answers


def install() -> None:
    """Make the environment, unless it is there."""
    subprocess.run(["make", "nmdc-client"], cwd=ROOT, check=True, capture_output=True)
