"""`make up-prod-check` refuses key files that must not guard production."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECK = ROOT / "docker" / "up-prod-check.sh"


def check(key: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CHECK, key], capture_output=True, text=True, check=False)


@pytest.fixture
def own_key(tmp_path: Path) -> Path:
    path = tmp_path / "mongoKeyFile"
    path.write_bytes(base64.encodebytes(bytes(range(252)) * 3))
    path.chmod(0o400)
    return path


def test_a_key_of_ones_own_is_accepted(own_key: Path) -> None:
    assert check(own_key).returncode == 0


def test_the_repositorys_key_is_refused_under_any_name_and_layout(tmp_path: Path) -> None:
    copy = tmp_path / "key"
    shutil.copy(ROOT / "mongoKeyFile", copy)
    copy.write_text("".join(copy.read_text().split()) + "\n")
    copy.chmod(0o400)

    refused = check(copy)

    assert refused.returncode == 1
    assert "local development only" in refused.stderr


def test_a_key_that_others_can_read_is_refused(own_key: Path) -> None:
    own_key.chmod(0o644)
    assert "chmod 400" in check(own_key).stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "missing or empty"), ("abcd\n", "4 characters"), ("a-b_" * 50, "not base64")],
)
def test_a_key_that_mongod_or_an_attacker_would_not_mind_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    key = tmp_path / "key"
    key.write_text(content)
    key.chmod(0o400)

    refused = check(key)

    assert refused.returncode == 1
    assert reason in refused.stderr


def test_a_missing_key_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    refused = check(tmp_path / "nothing")
    assert refused.returncode == 1
    assert "openssl rand" in refused.stderr


def test_the_repositorys_key_is_one_that_mongod_accepts() -> None:
    key = "".join((ROOT / "mongoKeyFile").read_text().split())
    assert 6 <= len(key) <= 1024
    base64.b64decode(key, validate=True)
