"""Every environment variable there is: what describes it, what ``.env.example`` says of it.

What `Settings` reads is described there. This module adds what the example file needs (groups,
published example values) and the variables that something else reads.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from nmdc_runtime.cli.reference.variables import ELSEWHERE, GROUPS, UNSET, Group
from nmdc_runtime.config import Settings, declared_names

COMMAND: Final = "python -m nmdc_runtime.cli.regen"
SOURCES: Final = "nmdc_runtime/config and nmdc_runtime/cli/reference/variables.py"
TUNING: Final = "Tuning"
OWN_PREFIX: Final = "NMDC_"
HEAD: Final = "| Variable | Default | In `.env.example` | Meaning |"
RULE: Final = "| --- | --- | --- | --- |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable.

    Parameters
    ----------
    default
        What holds while it is unset, as one would write it; empty if nothing does.
    example
        Its value in ``.env.example``; None: it stands there commented out.
    readers
        Files that read it, besides `Settings`.
    """

    name: str
    description: str
    default: str = ""
    example: str | None = None
    readers: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The variable's line in ``.env.example``."""
        if self.example is None:
            return f"# {self.name}={self.default}"
        return f"{self.name}={self.example}"


def variables_by_group(groups: Iterable[Group] = GROUPS) -> Mapping[Group, list[Variable]]:
    """Return every variable in its group; settings of the hub's own that no group names are tuning.

    Raises
    ------
    LookupError
        A published variable has no group, or a group names one that nothing reads.
    """
    groups = tuple(groups)
    known = {**_declared(), **_elsewhere()}
    placed = {name for group in groups for name in group.examples}
    homeless = sorted(name for name in known.keys() - placed if not name.startswith(OWN_PREFIX))
    unknown = sorted(placed - known.keys())
    if homeless or unknown:
        raise LookupError(
            f"variables without a group: {homeless}; named by a group, read by nobody: {unknown}; "
            f"mend nmdc_runtime/cli/reference/variables.py"
        )
    tuning = [name for name in known if name not in placed]
    return {
        group: [
            _with_example(known[name], group.examples.get(name, UNSET))
            for name in (*group.examples, *(tuning if group.title == TUNING else ()))
        ]
        for group in groups
    }


def env_example() -> str:
    """Return the text of ``.env.example``."""
    parts = [
        f"# Written by `{COMMAND}`, or `make regen`, from",
        f"# {SOURCES}: edit those.",
        "#",
        "# `cp .env.example .env`: containers (`make up-dev`) and the local stack (`make up`)",
        "# take it as it is. The passwords and the key file of this repository are for local",
        "# development only; `generateme` and `replaceme` count as absent, and the hub refuses",
        "# both kinds with NMDC_ENVIRONMENT=prod. A line that is commented out shows the default.",
    ]
    for group, variables in variables_by_group().items():
        parts += ["", f"## {group.title}" + (f": {group.intro}" if group.intro else "")]
        for variable in variables:
            parts += [f"# {variable.description}", variable.line]
    return "\n".join(parts) + "\n"


def settings_page() -> str:
    """Return the reference page of all variables, in Markdown."""
    parts = [
        f"<!-- Written by `{COMMAND}` from {SOURCES}: edit those. -->",
        "# Settings",
        "",
        "Everything that a deployment can change is an environment variable. "
        "`nmdc_runtime.config.Settings` is the only part of the hub, of the Dagster workspace and "
        "of the `nmdc-runtime` command that reads them; the others say who does.",
        "",
        "- A file `.env` beside `docker-compose.yml` gives them to the containers, and its "
        "credentials to `nmdc-runtime up`; [`.env.example`]"
        "(https://github.com/microbiomedata/nmdc-runtime/blob/main/.env.example) has them all.",
        "- The names without `NMDC_` are published: deployments rely on them. Booleans are true "
        "for `true`, in any case, and false for every other word.",
        "- An unknown name that starts with `NMDC_` stops the hub at start: it would be a typo.",
        "- `generateme`, `replaceme` and the like count as absent. With `NMDC_ENVIRONMENT=prod` "
        "the hub refuses to start with such a secret, or with one that this repository "
        "publishes.",
    ]
    for group, variables in variables_by_group().items():
        parts += ["", f"## {group.title}", ""]
        if group.intro:
            parts += [group.intro[0].upper() + group.intro[1:] + ".", ""]
        parts += [
            "| Variable | Default | In `.env.example` | Meaning |",
            "| --- | --- | --- | --- |",
        ]
        parts += [_row(variable) for variable in variables]
    return "\n".join(parts) + "\n"


def _row(variable: Variable) -> str:
    meaning = variable.description
    if variable.readers:
        meaning += " Read by " + ", ".join(f"`{reader}`" for reader in variable.readers) + "."
    cells = (f"`{variable.name}`", _code(variable.default), _code(variable.example or ""), meaning)
    return f"| {' | '.join(cells)} |"


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


def _with_example(variable: Variable, example: str | None) -> Variable:
    return Variable(
        name=variable.name,
        description=variable.description,
        default=variable.default,
        example=example,
        readers=variable.readers,
    )


def _declared() -> dict[str, Variable]:
    """Return what `Settings` reads."""
    defaults = _defaults(Settings.model_fields)
    return {
        name: Variable(name=name, description=description, default=defaults[name])
        for name, description in declared_names().items()
    }


def _elsewhere() -> dict[str, Variable]:
    return {
        name: Variable(
            name=name,
            description=each.description,
            default=each.default,
            readers=each.readers,
        )
        for name, each in ELSEWHERE.items()
    }


def _defaults(fields: Mapping[str, FieldInfo]) -> dict[str, str]:
    defaults: dict[str, str] = {}
    for field_name, field in fields.items():
        if isinstance(field.validation_alias, str):
            defaults[field.validation_alias] = _text(field.default)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner_name, inner in field.annotation.model_fields.items():
                defaults[f"NMDC_{field_name}__{inner_name}".upper()] = _text(inner.default)
        else:
            defaults[f"NMDC_{field_name}".upper()] = _text(field.default)
    return defaults


def _text(value: Any) -> str:  # noqa: ANN401 (any default)
    """Write a default as one would write it in ``.env``."""
    if value is None or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, timedelta):
        return str(TypeAdapter(timedelta).dump_python(value, mode="json"))
    return str(value) if not isinstance(value, Path) else value.as_posix()
