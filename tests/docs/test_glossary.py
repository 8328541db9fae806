"""The glossary and the code use the same words."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from nmdc_runtime.kernel.errors import NmdcError
from tests.docs.pages import DOCS, ROOT

GLOSSARY = DOCS / "glossary.md"
ROW = re.compile(r"^\| (?P<words>[^|]+?) \|[^|]+\| (?P<place>[^|]*?) ?\|[^|]*\|$", re.MULTILINE)
PLACE = re.compile(r"`(nmdc_runtime(?:\.\w+)+)`")
MODULES = sorted((ROOT / "nmdc_runtime").rglob("*.py"))

#: The words of the house style, which the glossary must have.
WORDS = {
    *("job", "claim, release", "operation", "run", "site", "site client", "DRS object", "store"),
    *("schema", "document", "model", "typecode", "shoulder", "blade", "mint, bind, resolve"),
    *("resource", "token claims", "op", "data object"),
}
#: Names of Dagster's own, published: the workspace may say "repository".
SAYS_REPOSITORY = {"site", "clients", "cli"}


def rows() -> dict[str, str]:
    text = GLOSSARY.read_text(encoding="utf-8")
    heads = {"Word", "---"}
    return {m["words"]: m["place"] for m in ROW.finditer(text) if m["words"] not in heads}


def places() -> list[str]:
    return sorted({place for text in rows().values() for place in PLACE.findall(text)})


def found_at(place: str) -> Any:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError:
        module, _, name = place.rpartition(".")
        return getattr(importlib.import_module(module), name)


def classes() -> list[tuple[Path, ast.ClassDef]]:
    return [
        (module, node)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]


def functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (module, node)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def concern_of(module: Path) -> str:
    return module.relative_to(ROOT / "nmdc_runtime").parts[0]


def test_the_glossary_has_the_words_of_the_house_style_once_each_and_in_order() -> None:
    words = list(rows())
    assert set(words) >= WORDS
    assert words == sorted(set(words), key=str.lower)


@pytest.mark.parametrize("place", places())
def test_a_word_is_in_the_code_where_the_glossary_says(place: str) -> None:
    assert found_at(place) is not None


def test_no_class_of_ours_is_a_repository_or_a_manager() -> None:
    misnamed = [
        node.name
        for module, node in classes()
        if re.search(r"(Repository|Manager|Helper|Utils?)$", node.name)
        and concern_of(module) not in SAYS_REPOSITORY
    ]
    assert misnamed == []


def test_only_nmdc_schema_is_called_a_schema() -> None:
    misnamed = [
        node.name
        for module, node in classes()
        if node.name.endswith("Schema")
        and any(ast.unparse(base).endswith(BaseModel.__name__) for base in node.bases)
    ]
    assert misnamed == []


def test_our_errors_are_past_facts_and_not_called_errors() -> None:
    for module in MODULES:
        if module.name == "errors.py":
            name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
            importlib.import_module(name)
    found = set(NmdcError.__subclasses__())
    while more := {below for each in found for below in each.__subclasses__()} - found:
        found |= more
    # Of a family of errors, like StackError, the base has no fact to tell.
    leaves = {each for each in found if not each.__subclasses__()}
    ours = {each.__name__ for each in leaves if each.__module__.startswith("nmdc_runtime.")}
    assert "JobNotFound" in ours
    assert {name for name in ours if name.endswith(("Error", "Exception"))} == set()


def test_nobody_generates_an_id() -> None:
    misnamed = [
        node.name
        for _, node in functions()
        if re.search(r"(generate|create|make)_\w*ids?$", node.name)
    ]
    assert misnamed == []


def test_functions_that_promise_to_raise_or_to_return_none_do_so() -> None:
    """`find_` may return None, `check_` returns nothing, `is_` and `has_` return a bool."""
    broken = []
    for module, node in functions():
        answer = ast.unparse(node.returns) if node.returns else ""
        bare = node.name.lstrip("_")
        if bare.startswith(("is_", "has_")) and "bool" not in answer.lower():
            broken.append(f"{module.stem}.{node.name} -> {answer}")
        if bare.startswith("get_") and "None" in answer.split("|"):
            broken.append(f"{module.stem}.{node.name} -> {answer}")
    assert broken == []
