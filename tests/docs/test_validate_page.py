"""What the page about validation shows is what the command prints."""

import re
import shlex

from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from tests.docs.pages import DOCS, FENCE

PAGE = (DOCS / "howto" / "validate.md").read_text(encoding="utf-8")
#: Rules of our own: where the schema library gives none, the code writes them down.
RULE = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def test_the_command_of_the_page_prints_what_the_page_says(tmp_path, monkeypatch):
    file, command, output = FENCE.findall(PAGE)[:3]
    (tmp_path / "study.json").write_text(file[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(cli, shlex.split(command[1])[1:])

    assert result.output == output[1]
    assert result.exit_code == 1


def test_the_page_names_every_rule_of_our_own():
    sources = (DOCS.parent / "nmdc_runtime" / "schema").glob("*.py")
    written = {
        rule
        for source in sources
        for rule in re.findall(r'rule="(\w+)"', source.read_text(encoding="utf-8"))
    }

    assert set(RULE.findall(PAGE)) - {"rule"} == written - {"type", "required", "enum"}
