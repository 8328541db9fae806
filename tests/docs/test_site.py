"""The documentation site builds without a warning, and needs nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import DOCS, ROOT

CONFIG = DOCS / "mkdocs" / "mkdocs.yml"

#: Pages of the site so far; each capability brings its own.
PAGES = {
    *("index.md", "architecture.md", "glossary.md", "adr/index.md"),
    *("tutorials/auth.md", "tutorials/json.md", "tutorials/read.md", "tutorials/site.md"),
    "tutorials/correct.md",
    *("howto/run-locally.md", "howto/run-with-docker.md", "howto/release-process.md"),
    *("howto/give-access.md", "howto/validate.md", "howto/changesheets.md"),
    *("howto/run-on-kubernetes.md", "howto/operate-dagster.md"),
    *("howto/undo-a-submission.md", "howto/schema-upgrade.md"),
    *("howto/export-a-study.md", "howto/export-to-ncbi.md"),
    "howto/ingest-gold-and-submissions.md",
    "howto/ingest-neon.md",
    "howto/back-up-and-restore.md",
    *("reference/settings.md", "reference/indexes.md", "reference/admin.md"),
    "reference/contributing-docs.md",
    *("explanation/submissions.md", "explanation/jobs.md", "explanation/identifiers.md"),
    *("explanation/graph.md", "explanation/objects.md", "explanation/runs.md"),
    *("explanation/workflow-executions.md", "explanation/ontologies.md"),
    *("explanation/assets.md", "explanation/translators.md"),
}
#: Elements that make a browser fetch what they name, with the attribute that names it.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
#: Links of these kinds are not fetched.
ONLY_TOLD = {"canonical", "next", "prev", "edit", "alternate"}
LINE_LENGTH = 120


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"),
            *("--config-file", str(CONFIG), "--site-dir", str(folder)),
        ],
        # The theme's makers warn of another program's next version, in colours, at every build.
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true"},
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert finished.returncode == 0, finished.stderr
    assert "WARNING" not in finished.stderr
    return folder


class Fetched(HTMLParser):
    """Gathers the addresses that a browser fetches for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "link" and found.get("rel") in ONLY_TOLD:
            return
        if address := found.get(FETCHED.get(tag, "")):
            self.addresses.append(address)


def fetched_by(page: Path) -> list[str]:
    parser = Fetched()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.addresses


def built(site: Path, page: str) -> Path:
    stem = Path(page).with_suffix("")
    folder = stem.parent if stem.name == "index" else stem
    return site / folder / "index.html"


def test_every_page_that_is_promised_is_there(site: Path) -> None:
    assert [page for page in sorted(PAGES) if not built(site, page).is_file()] == []


def test_every_source_page_is_promised_or_a_decision() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert {page for page in pages if not re.fullmatch(r"adr/\d{4}-.+", page)} == PAGES


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    strangers = {
        address for page in pages for address in fetched_by(page) if urlsplit(address).netloc
    }
    assert strangers == set()


def test_a_page_with_a_diagram_brings_its_own_mermaid_and_others_do_not(site: Path) -> None:
    with_diagram = {
        page.relative_to(DOCS).as_posix()
        for page in DOCS.rglob("*.md")
        if "```mermaid" in page.read_text(encoding="utf-8")
    }
    assert "architecture.md" in with_diagram
    brought = {
        page
        for page in PAGES
        if any("mermaid" in address for address in fetched_by(built(site, page)))
    }
    assert brought == with_diagram
    assert (site / "assets" / "mermaid.tiny.js").is_file()


def test_the_theme_does_not_ask_github_for_numbers(site: Path) -> None:
    assert 'data-md-component="source"' not in (site / "index.html").read_text(encoding="utf-8")


def test_the_reader_can_search_and_switch_between_a_light_and_a_dark_palette(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    schemes = set(re.findall(r'data-md-color-scheme="(\w+)"', home))
    assert schemes == {"nmdc", "slate"}
    assert "json:validate" in (site / "search" / "search_index.json").read_text(encoding="utf-8")


def test_pages_are_wrapped_where_people_write_them() -> None:
    written = [
        page for page in DOCS.rglob("*.md") if "<!-- Written by" not in page.read_text("utf-8")[:20]
    ]
    too_long = [
        f"{page.relative_to(ROOT)}:{number}"
        for page in [*written, *ROOT.glob("*.md"), *(ROOT / "changes").glob("*.md")]
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LINE_LENGTH and not line.startswith("|")
    ]
    assert too_long == []
