import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[3] / "requirements"
SCRIPT = REQUIREMENTS / "install-system-packages"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it has nothing to do")


class Machine:
    """A machine whose programs are what lies in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.parent / "apt-get.log"
        for program in ("bash", "dirname", "grep", "uname", "env"):
            (folder / program).symlink_to(shutil.which(program))
        self.has_libraries("")
        self.has_user(0)

    def program(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!{self.folder}/bash\n{script}\n")
        path.chmod(0o755)

    def has_libraries(self, listing: str) -> None:
        self.program("ldconfig", f"echo '{listing}'")

    def has_user(self, uid: int) -> None:
        self.program("id", f"echo {uid}")

    def has_apt(self) -> None:
        self.program("apt-get", f'echo "$@" >> {self.log}')

    def installed(self) -> list[str]:
        if not self.log.exists():
            return []
        install = [line for line in self.log.read_text().splitlines() if line.startswith("install")]
        return [word for line in install for word in line.split()[1:] if word[0] != "-"]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.folder / "bash", SCRIPT, *arguments],
            env={"PATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )


LIBCURL = "	libcurl.so.4 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcurl.so.4"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    return Machine(folder)


def test_root_gets_what_is_missing_and_no_package_of_tests_unasked(machine):
    machine.has_apt()

    assert machine.run().returncode == 0

    assert machine.installed() == ["libcurl4"]


def test_the_packages_of_tests_come_when_asked_for(machine):
    machine.has_apt()

    assert machine.run("--test").returncode == 0

    assert machine.installed() == ["libcurl4", "chromium"]


def test_what_is_there_under_any_name_is_not_installed(machine):
    machine.has_apt()
    machine.has_libraries(LIBCURL)
    machine.program("google-chrome", "exit 0")

    assert machine.run("--test").returncode == 0

    assert machine.installed() == []


def test_an_ordinary_user_is_told_what_to_type_and_nothing_is_installed(machine):
    machine.has_apt()
    machine.has_user(1000)

    result = machine.run("--test")

    assert result.returncode == 1
    assert "sudo apt-get install --yes libcurl4 chromium" in result.stderr
    assert machine.installed() == []


def test_an_ordinary_user_who_has_all_is_told_nothing(machine):
    machine.has_user(1000)
    machine.has_libraries(LIBCURL)

    result = machine.run()

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_without_apt_the_missing_packages_are_named(machine):
    result = machine.run()

    assert result.returncode == 1
    assert "libcurl4" in result.stderr


def test_an_unknown_option_is_refused(machine):
    assert machine.run("--everything").returncode == 2


def test_every_line_of_the_list_says_how_to_look_and_who_needs_it():
    text = (REQUIREMENTS / "system-packages.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert lines
    for line in lines:
        assert re.fullmatch(r"\S+ +(library|program):\S+ +(run|test) +# .+", line), line
    assert os.access(SCRIPT, os.X_OK)
