"""Credentials and keys of the stack, and the environment its processes run in.

They come from ``.env`` in the current folder if there is one; what that lacks, or holds only a
placeholder for, is generated once and kept in ``<dir>/env``. Addresses and ports are the running
stack's own, whatever ``.env`` says: that file is written for containers.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values
from pydantic import SecretStr

from nmdc_runtime.cli.stack.errors import CredentialsDiffer, StackError
from nmdc_runtime.config import Settings, is_placeholder, is_weak


def _key(size_bytes: int) -> Callable[[], str]:
    return lambda: secrets.token_hex(size_bytes)


def _constant(value: str) -> Callable[[], str]:
    return lambda: value


#: What the stack cannot do without, and how it is made if nobody gives it.
MADE: Final[Mapping[str, Callable[[], str]]] = {
    "MONGO_USERNAME": _constant("admin"),
    "MONGO_PASSWORD": _key(24),
    "MONGO_DBNAME": _constant("nmdc"),
    "DAGSTER_POSTGRES_USER": _constant("dagster"),
    "DAGSTER_POSTGRES_PASSWORD": _key(24),
    "DAGSTER_POSTGRES_DB": _constant("dagster"),
    "DO_REGION_NAME": _constant("us-east-1"),
    "DO_SPACES_KEY": _key(10),
    "DO_SPACES_SECRET": _key(20),
    "JWT_SECRET_KEY": _key(32),
    "API_ADMIN_USER": _constant("admin"),
    "API_ADMIN_PASS": _key(12),
    "API_SITE_ID": _constant("nmdc-runtime"),
    "API_SITE_CLIENT_ID": lambda: f"site-client-{secrets.token_hex(6)}",
    "API_SITE_CLIENT_SECRET": _key(24),
    "MINTING_SERVICE_ID": _constant("nmdc:minter_service_11"),
}

#: Other people's services. Jobs that ask one need its variables to be there, be it empty.
PEERS: Final[Mapping[str, str]] = {
    name.upper(): "" if isinstance(field.default, SecretStr) else field.default
    for name, field in Settings.model_fields.items()
    if name.startswith(("gold_api_", "nmdc_portal_api_", "neon_api_"))
}

#: Built into a server's data when that is made: a later change in ``.env`` locks the stack out.
BUILT_IN: Final[Mapping[str, str]] = {
    "MONGO_USERNAME": "mongo",
    "MONGO_PASSWORD": "mongo",
    "DAGSTER_POSTGRES_USER": "postgres",
    "DAGSTER_POSTGRES_PASSWORD": "postgres",
}

#: Addresses and places of containers, which ``.env`` holds too and the local stack has its own of.
ADDRESSES: Final = frozenset(
    {
        "MONGO_HOST",
        "API_HOST",
        "API_HOST_EXTERNAL",
        "DAGIT_HOST",
        "DO_ENDPOINT_URL",
        "DAGSTER_POSTGRES_HOST",
        "DAGSTER_POSTGRES_PORT",
        "DAGSTER_CODE_HOST",
        "DAGSTER_CODE_PORT",
        "DAGSTER_HOME",
    }
)

#: What processes may have from the shell that started the stack, besides ``NMDC_*`` settings.
INHERITED: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TERM|VIRTUAL_ENV|PYTHON(PATH|WARNINGS)"
    r"|LD_LIBRARY_PATH|DYLD_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|(HTTPS?|NO|ALL)_PROXY|COVERAGE_\w+|NMDC_(?!TEST_)\w+",
    re.IGNORECASE,
)

#: Few arenas: Python servers with many threads hold a third less memory.
PYTHON_HABITS: Final[Mapping[str, str]] = {
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
}

HEADER: Final = """\
# Made by `nmdc-runtime up`: the credentials and addresses of the stack in this folder.
# Secrets: keep it to yourself. Use it in a shell with: set -a; . {path}; set +a
"""


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a ``KEY=value`` file; none if there is no such file."""
    if not path.is_file():
        return {}
    values = dotenv_values(path, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def given_by(dot_env: Mapping[str, str]) -> dict[str, str]:
    """Return what ``.env`` really says: no placeholders, no addresses, secrets out of files."""
    given: dict[str, str] = {}
    for name, value in dot_env.items():
        if name in ADDRESSES or is_placeholder(value):
            continue
        if name.endswith("_PASSWORD_FILE"):
            target = name.removesuffix("_FILE")
            if not is_placeholder(dot_env.get(target, "")):
                raise StackError(f".env sets both {target} and {name}: keep one")
            given[target] = Path(value).read_text(encoding="utf-8").strip()
        else:
            given[name] = value
    return given


def settle_credentials(
    dot_env: Mapping[str, str], kept: Mapping[str, str], *, has_data: Callable[[str], bool]
) -> dict[str, str]:
    """Return the variables to run with: given ones, else those kept, else new ones.

    Parameters
    ----------
    dot_env
        The variables of ``.env``, as they stand there.
    kept
        The variables of ``<dir>/env``, from the stack's earlier starts.
    has_data
        Says whether a service (``mongo``, ``postgres``) has made its data already.

    Raises
    ------
    CredentialsDiffer
        ``.env`` now gives other credentials than those a server's data was made with.
    """
    # What example files publish never replaces what the stack has made for itself: `.env` may be
    # a fresh copy of `.env.example`, for the containers.
    given = {
        name: value
        for name, value in given_by(dot_env).items()
        if not (is_weak(value) and name in kept)
    }
    changed = [
        name
        for name, service in BUILT_IN.items()
        if name in given and name in kept and given[name] != kept[name] and has_data(service)
    ]
    if changed:
        raise CredentialsDiffer(
            f"{', '.join(changed)} in .env differ from what the data of this folder was made "
            "with: put the old values back (see `nmdc-runtime status --secrets`), or take the "
            "lines out of .env, or start in another folder with --dir"
        )
    credentials = {name: kept.get(name) or make() for name, make in MADE.items()}
    return credentials | given


def addresses(ports: Mapping[str, int], *, dagster_home: Path) -> dict[str, str]:
    """Return where the services of the running stack are, under the published names."""
    hub = f"http://127.0.0.1:{ports['fastapi']}"
    return {
        "MONGO_HOST": f"mongodb://127.0.0.1:{ports['mongo']}",
        "API_HOST": hub,
        "API_HOST_EXTERNAL": hub,
        "DAGIT_HOST": f"http://127.0.0.1:{ports['dagster-dagit']}",
        "DO_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
        "DAGSTER_POSTGRES_HOST": "127.0.0.1",
        "DAGSTER_POSTGRES_PORT": str(ports["postgres"]),
        "DAGSTER_CODE_HOST": "127.0.0.1",
        "DAGSTER_CODE_PORT": str(ports["dagster-code"]),
        "DAGSTER_HOME": str(dagster_home),
    }


def inherited(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the part of our own environment that the services get: paths, locale, proxies."""
    source = os.environ if environ is None else environ
    return {name: value for name, value in source.items() if INHERITED.fullmatch(name)}


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write the variables so that only the owner can read them, and never half."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(HEADER.format(path=_quoted(str(path))))
        file.writelines(f"{name}={_quoted(value)}\n" for name, value in variables.items())
    fresh.replace(path)


def _quoted(value: str) -> str:
    """Quote a value that a shell would not take as it stands; both shells and dotenv read it."""
    if re.fullmatch(r"[\w@%+=:,./~-]*", value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return f'"{escaped}"'
