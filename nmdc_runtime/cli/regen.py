"""Write the generated files of a checkout: `python -m nmdc_runtime.cli.regen`, or `make regen`.

What only the hub or the Dagster workspace can tell, their own modules write: entry points do not
import each other.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.reference.decisions import decisions_page
from nmdc_runtime.cli.reference.indexes import indexes_page
from nmdc_runtime.cli.reference.settings import env_example, settings_page

#: Files written here, and what makes their text, given the checkout.
PAGES: Final[Mapping[str, Callable[[Path], str]]] = MappingProxyType(
    {
        ".env.example": lambda _: env_example(),
        "docs/reference/settings.md": lambda _: settings_page(),
        "docs/reference/indexes.md": lambda _: indexes_page(),
        "docs/adr/index.md": lambda root: decisions_page(root / "docs" / "adr"),
    }
)

#: Modules that write files of their own, with their arguments.
MODULES: Final = (
    ("nmdc_runtime.schema.derive", "--write"),
    ("nmdc_runtime.site.instance",),
    ("nmdc_runtime.api.snapshot", "tests/contract/openapi.json"),
)

#: What tells a checkout from any other folder.
LANDMARK: Final = "nmdc_runtime/config/__init__.py"


@click.command(epilog=examples("make regen", "python -m nmdc_runtime.cli.regen && git diff --stat"))
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The checkout.  [default: the current folder]",
)
def regen(root: Path) -> None:
    """Write the generated files of a checkout of this project; a second run changes nothing."""
    if not (root / LANDMARK).is_file():
        raise click.ClickException(
            f"{root.absolute()} is no checkout of nmdc-runtime: there is no {LANDMARK}; "
            "go to one, or name it with --root"
        )
    for name, make in PAGES.items():
        page = root / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(make(root), encoding="utf-8")
        click.echo(f"{name} written")
    for module, *arguments in MODULES:
        click.echo(f"running {' '.join(['python -m', module, *arguments])}")
        finished = subprocess.run(  # noqa: S603 (our own modules, named above)
            [sys.executable, "-m", module, *arguments], cwd=root, check=False
        )
        if finished.returncode:
            raise click.ClickException(f"{module} ended with {finished.returncode}, see above")


if __name__ == "__main__":
    regen()
