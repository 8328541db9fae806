"""The repository is laid out as ADR 0002 and the house style say, down to the size of a module."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "nmdc_runtime"
MODULES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = [module.parent for module in MODULES if module.name == "__init__.py"]

#: What the top level holds: nothing else but dot files.
TOP_LEVEL = {
    *("nmdc_runtime", "tests", "docker", "docs", "requirements", "deploy", "changes"),
    *("docker-compose.yml", "docker-compose.test.yml", "Makefile", "mongoKeyFile"),
    *("workspace.yaml", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    "LICENSE",
}
#: Dot files that tools want there, besides those that git ignores.
DOT_FILES = {
    *(".ci", ".github", ".env.example", ".dockerignore", ".gitignore", ".gitattributes"),
    ".pre-commit-config.yaml",
}
#: Asked for by name: deployments and people rely on these.
MUST_BE_THERE = {
    *("nmdc_runtime", "tests", "docker", "docs", "docker-compose.yml", "docker-compose.test.yml"),
    *("Makefile", ".env.example", "mongoKeyFile", "workspace.yaml", "pyproject.toml", "README.md"),
}

MODULE_LINES = 400
ROUTER_LINES = 200
#: Names that say nothing about what is inside.
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def top_level() -> set[str]:
    """Return what lies at the top of the repository, but for what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]
        return {Path(name).parts[0] for name in files}
    ignored = {"dist", "build", "site", "htmlcov"}  # a copy without git, as in the test image
    return {
        path.name
        for path in ROOT.iterdir()
        if path.name not in ignored and not path.name.startswith((".", "__"))
    } | {name for name in DOT_FILES if (ROOT / name).exists()}


def test_the_top_level_holds_what_was_agreed_and_nothing_else(top_level: set[str]) -> None:
    assert top_level - TOP_LEVEL - DOT_FILES == set()


def test_the_top_level_holds_all_that_was_asked_for(top_level: set[str]) -> None:
    assert MUST_BE_THERE - top_level == set()


def test_a_module_is_short_enough_to_be_read() -> None:
    too_long = {
        shown(module): lines
        for module in MODULES
        if (lines := len(module.read_text(encoding="utf-8").splitlines()))
        > (ROUTER_LINES if module.name == "router.py" else MODULE_LINES)
    }
    assert too_long == {}, "split them by use case"


def test_a_module_says_what_it_is_for() -> None:
    silent = [shown(module) for module in MODULES if not ast.get_docstring(tree_of(module))]
    assert silent == []


def test_the_init_of_a_slice_holds_its_charter_and_no_code() -> None:
    slices = [package for package in PACKAGES if (package / "store.py").exists()]
    assert slices
    with_code = [
        shown(package) for package in slices if len(tree_of(package / "__init__.py").body) != 1
    ]
    assert with_code == []


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {module.parent for module in MODULES}
    assert folders - set(PACKAGES) == set()


def test_a_module_has_a_name_that_says_something() -> None:
    nameless = [shown(each) for each in MODULES if NAMELESS & {each.stem, each.parent.name}]
    assert nameless == []


def test_a_slice_that_owns_a_collection_or_a_route_says_so_in_its_charter() -> None:
    silent = [
        shown(package)
        for package in PACKAGES
        if (package / "store.py").exists()
        and "Owns" not in (package / "__init__.py").read_text(encoding="utf-8")
    ]
    assert silent == []
