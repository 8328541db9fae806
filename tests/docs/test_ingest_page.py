"""What the page about NEON shows is what the command prints, and what jobs may be told."""

import re
import shlex
import shutil

from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.clients.neon_files import NeonProduct
from nmdc_runtime.site.neon_ingest import NEON_JOBS
from nmdc_runtime.site.neon_translation import AquaticTranslation, NeonTranslation
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.translation.problems import CODES
from tests.docs.pages import DOCS, FENCE
from tests.support.neon import DATA

PAGE = (DOCS / "howto" / "ingest-neon.md").read_text(encoding="utf-8")
BLOCKS = [code for _, code in FENCE.findall(PAGE)]


def first_cells(heading: str) -> list[str]:
    """Return the words in code marks in the first column of the table after a text."""
    table = PAGE.partition(heading)[2].lstrip().partition("\n\n")[2].partition("\n\n")[0]
    return [
        word
        for cell in re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
        for word in re.findall(r"`([a-z_]+)`", cell)
    ]


def test_the_command_of_the_page_prints_what_the_page_says(tmp_path, monkeypatch):
    shutil.copytree(DATA / "soil" / "input", tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    command, output = BLOCKS

    result = CliRunner().invoke(cli, shlex.split(command)[1:])

    assert result.output == output


def test_the_page_names_every_job_and_all_that_may_be_configured():
    named = re.findall(r"^\| `((?:translate|ingest)_\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(make(preset_dev).name for make in NEON_JOBS)

    keys = first_cells("In `nmdc_schema_database_from_neon_…_data`")
    assert set(keys) == set(AquaticTranslation.model_fields)
    assert set(keys) - {"dna_sample_ids"} == set(NeonTranslation.model_fields)

    product = {"product_id": "DP1.1.001", "product_tables": "a"}
    values = {"sites": "BLAN", "optional_tables": "a"}
    chosen = dict.fromkeys(first_cells("In the data product"), "2020-07") | values
    assert NeonProduct.from_config(product | chosen).start_month == "2020-07"
    assert len(chosen) == 4


def test_problems_that_the_page_names_are_problems():
    cells = re.findall(r"^\| (`.+?) \|", PAGE.partition("## When it fails")[2], re.MULTILINE)
    codes = {word for cell in cells for word in re.findall(r"`([a-z_]+)`", cell)}
    assert codes >= {"unmapped_site", "missing_table"}
    assert codes <= set(CODES)
