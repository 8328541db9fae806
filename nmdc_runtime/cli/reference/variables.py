"""Tables of the environment variables: their groups, their example values, their other readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

#: The example of a variable that stands commented out in ``.env.example``.
UNSET: Final = None

MAKEFILE: Final = "Makefile"
DEV_STACK: Final = "docker-compose.yml"
TEST_STACK: Final = "docker-compose.test.yml"
INSTANCE: Final = "nmdc_runtime/site/instance/dagster.yaml"
WORKSPACE: Final = "nmdc_runtime/site/instance/workspace.yaml"
ENTRYPOINT: Final = "docker/entrypoint.sh"
DOCKERFILE: Final = "docker/Dockerfile"
TEST_SERVERS: Final = "tests/support/servers.py"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Variables that belong together; each with its example value, None being commented out."""

    title: str
    examples: Mapping[str, str | None]
    intro: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A variable that `Settings` does not read."""

    description: str
    #: Files that read it; none: the name is published, and kept for what is to come.
    readers: tuple[str, ...] = ()
    default: str = field(default="")


def _host_ports() -> dict[str, Elsewhere]:
    """Return the ports at which the container stacks are reached on the host machine."""
    named = {"DAGIT": "Dagster's web UI", "FASTAPI": "the hub", "MONGO": "MongoDB"}
    ports = {"DEV": ("3000", "8000", "27018"), "TEST": ("3005", "8005", "27022")}
    files = {"DEV": DEV_STACK, "TEST": TEST_STACK}
    found = {
        f"{stack}_STACK_HOST_MACHINE_PORT_{part}": Elsewhere(
            description=f"Port of {what} in the {stack.lower()} stack, on this machine.",
            readers=(files[stack],),
            default=port,
        )
        for stack in ports
        for (part, what), port in zip(named.items(), ports[stack], strict=True)
    }
    found["DEV_STACK_HOST_MACHINE_PORT_S3"] = Elsewhere(
        description="Port of the S3 service in the dev stack, on this machine.",
        readers=(DEV_STACK,),
        default="9000",
    )
    return found


def _dagster_storage() -> dict[str, Elsewhere]:
    texts = {
        "HOST": ("Host of the PostgreSQL that keeps Dagster's run history.", ""),
        "PORT": ("Its port.", ""),
        "USER": ("Its user.", ""),
        "PASSWORD": ("That user's password.", ""),
        "DB": ("Its database.", ""),
    }
    return {
        f"DAGSTER_POSTGRES_{name}": Elsewhere(
            description=description, readers=(INSTANCE,), default=default
        )
        for name, (description, default) in texts.items()
    }


_PUBLISHED_ONLY: Final = {
    "ENABLE_DB_TESTS": "`true` was to enable tests that use the network; no test here does.",
    "API_HOST_DEV": "Base URL of a hub, for changesheet scripts.",
    "API_QUERY_USER": "User of those scripts.",
    "API_QUERY_PASS": "Password of that user.",
    "API_USERNAME": "User of load tests.",
    "API_PASSWORD": "Password of that user.",
    "MONGO_DB": "Database of the ontology loader; the hub's client takes its place.",
    "MONGO_PORT": "Port of the ontology loader's MongoDB; the hub's client takes its place.",
    "MONGO_REPLICA_SET": "Replica set of the ontology loader's MongoDB; likewise.",
}

#: Variables that `Settings` does not read.
ELSEWHERE: Final[Mapping[str, Elsewhere]] = MappingProxyType(
    {
        **_host_ports(),
        **_dagster_storage(),
        "DAGSTER_POSTGRES_PASSWORD_FILE": Elsewhere(
            description="File that holds that password instead.", readers=(ENTRYPOINT,)
        ),
        "DAGSTER_CODE_HOST": Elsewhere(
            description="Host of the code server, for Dagster's web server and daemon.",
            readers=(WORKSPACE,),
        ),
        "DAGSTER_CODE_PORT": Elsewhere(description="Its port.", readers=(WORKSPACE,)),
        "DAGSTER_HOME": Elsewhere(
            description="Folder of Dagster's instance; the images and `nmdc-runtime up` set it.",
            readers=(DOCKERFILE,),
        ),
        "VIRTUAL_ENV": Elsewhere(
            description="Virtual environment inside the images, which set it.",
            readers=(DOCKERFILE,),
        ),
        "PYTHONFAULTHANDLER": Elsewhere(
            description="Set in the images: Python tells where it was when it crashed.",
            readers=(DOCKERFILE,),
        ),
        "MONGO_INITDB_ROOT_USERNAME": Elsewhere(
            description="Root user that the container of MongoDB makes: MONGO_USERNAME.",
            readers=(DEV_STACK, TEST_STACK),
        ),
        "MONGO_INITDB_ROOT_PASSWORD": Elsewhere(
            description="That user's password: MONGO_PASSWORD.", readers=(DEV_STACK, TEST_STACK)
        ),
        "MONGO_KEY_FILE": Elsewhere(
            description="Key file of the containers' replica set.",
            readers=(MAKEFILE, DEV_STACK, TEST_STACK),
            default="./mongoKeyFile",
        ),
        "NERSC_USERNAME": Elsewhere(
            description="Your name at NERSC, for tunnels and dumps.", readers=(MAKEFILE,)
        ),
        "PATH_TO_NERSC_SSHPROXY": Elsewhere(
            description="The program sshproxy, which gets a day's ssh key.", readers=(MAKEFILE,)
        ),
        "NERSC_MONGO_PROD_HOST": Elsewhere(
            description="Load balancer of the production MongoDB, seen from NERSC.",
            readers=(MAKEFILE,),
        ),
        "NERSC_MONGO_DEV_HOST": Elsewhere(
            description="Load balancer of the development MongoDB, seen from NERSC.",
            readers=(MAKEFILE,),
        ),
        "MONGO_REMOTE_DUMP_DIR": Elsewhere(
            description="Folder at NERSC with the dump that `make mongorestore-nmdc-db` fetches.",
            readers=(MAKEFILE,),
        ),
        "NMDC_TEST_MONGO_URL": Elsewhere(
            description="A running replica set to test on, credentials included; unset: tests "
            "start one.",
            readers=(TEST_SERVERS,),
        ),
        **{name: Elsewhere(description=text) for name, text in _PUBLISHED_ONLY.items()},
    }
)

#: All groups in the order of the example file.
GROUPS: Final = (
    Group("Deployment", {"NMDC_ENVIRONMENT": "dev"}),
    Group(
        "MongoDB",
        {
            "MONGO_HOST": "mongodb://mongo:27017",
            "MONGO_USERNAME": "admin",
            "MONGO_PASSWORD": "root",
            "MONGO_PASSWORD_FILE": UNSET,
            "MONGO_DBNAME": "nmdc",
            "MONGO_TEST_DBNAME": UNSET,
            "MONGO_KEY_FILE": UNSET,
            "MONGO_INITDB_ROOT_USERNAME": UNSET,
            "MONGO_INITDB_ROOT_PASSWORD": UNSET,
        },
    ),
    Group(
        "The hub",
        {
            "API_HOST": "http://fastapi:8000",
            "API_HOST_EXTERNAL": "http://127.0.0.1:8000",
            "JWT_SECRET_KEY": "generateme",
            "API_ADMIN_USER": "admin",
            "API_ADMIN_PASS": "root",
            "API_SITE_ID": "nmdc-runtime",
            "API_SITE_CLIENT_ID": "generateme",
            "API_SITE_CLIENT_SECRET": "generateme",
            "MINTING_SERVICE_ID": "nmdc:minter_service_11",
            "INFO_BANNER_INNERHTML": "'This is a <em>development</em> deployment.'",
            "IS_LINKED_INSTANCES_ENDPOINT_ENABLED": "true",
            "IS_SCALAR_ENABLED": "true",
        },
    ),
    Group(
        "Dagster",
        {
            "DAGIT_HOST": "http://dagster-dagit:3000",
            "DAGSTER_POSTGRES_HOST": UNSET,
            "DAGSTER_POSTGRES_PORT": UNSET,
            "DAGSTER_POSTGRES_USER": UNSET,
            "DAGSTER_POSTGRES_PASSWORD": UNSET,
            "DAGSTER_POSTGRES_PASSWORD_FILE": UNSET,
            "DAGSTER_POSTGRES_DB": UNSET,
            "DAGSTER_CODE_HOST": UNSET,
            "DAGSTER_CODE_PORT": UNSET,
            "DAGSTER_HOME": UNSET,
            "VIRTUAL_ENV": UNSET,
            "PYTHONFAULTHANDLER": UNSET,
        },
        intro="the stacks set what is commented out by themselves",
    ),
    Group(
        "Object storage (S3)",
        {
            "DO_REGION_NAME": "nyc3",
            "DO_ENDPOINT_URL": "https://nyc3.digitaloceanspaces.com",
            "DO_SPACES_KEY": "generateme",
            "DO_SPACES_SECRET": "generateme",
        },
        intro="the stacks bring a service of their own; these are for a deployment",
    ),
    Group(
        "Login with ORCID",
        {
            "ORCID_BASE_URL": "https://orcid.org",
            "ORCID_NMDC_CLIENT_ID": "replaceme",
            "ORCID_NMDC_CLIENT_SECRET": "replaceme",
        },
    ),
    Group(
        "Sources of metadata",
        {
            "GOLD_API_BASE_URL": "https://gold.jgi.doe.gov/rest/nmdc",
            "GOLD_API_USERNAME": "x",
            "GOLD_API_PASSWORD": "x",
            "NMDC_PORTAL_API_BASE_URL": "https://data-dev.microbiomedata.org/",
            "NMDC_PORTAL_API_REFRESH_TOKEN": "replaceme",
            "NEON_API_BASE_URL": "https://data.neonscience.org/api/v0",
            "NEON_API_TOKEN": "y",
            "ONTOLOGY_DB_URL_PREFIX": UNSET,
        },
    ),
    Group(
        "Errors and profiles",
        {
            "IS_PROFILING_ENABLED": "true",
            "IS_SENTRY_ENABLED": "false",
            "SENTRY_DSN": "",
            "SENTRY_ENVIRONMENT": "unknown",
            "SENTRY_TRACES_SAMPLE_RATE": "0.0",
            "SENTRY_PROFILES_SAMPLE_RATE": "0.0",
        },
    ),
    Group(
        "Ports of the container stacks on this machine",
        {
            "DEV_STACK_HOST_MACHINE_PORT_DAGIT": "3000",
            "DEV_STACK_HOST_MACHINE_PORT_FASTAPI": "8000",
            "DEV_STACK_HOST_MACHINE_PORT_MONGO": "27018",
            "DEV_STACK_HOST_MACHINE_PORT_S3": "9000",
            "TEST_STACK_HOST_MACHINE_PORT_DAGIT": "3005",
            "TEST_STACK_HOST_MACHINE_PORT_FASTAPI": "8005",
            "TEST_STACK_HOST_MACHINE_PORT_MONGO": "27022",
        },
    ),
    Group(
        "NERSC",
        {
            "NERSC_USERNAME": "replaceme",
            "PATH_TO_NERSC_SSHPROXY": "replaceme",
            "NERSC_MONGO_PROD_HOST": "replaceme",
            "NERSC_MONGO_DEV_HOST": "replaceme",
            "MONGO_REMOTE_DUMP_DIR": "replaceme",
        },
        intro="for the targets of the Makefile that reach NMDC's databases",
    ),
    Group("Tests", {"NMDC_TEST_MONGO_URL": UNSET, "ENABLE_DB_TESTS": "false"}),
    Group("Tuning", {}),
    Group(
        "Kept names",
        dict.fromkeys(name for name in _PUBLISHED_ONLY if name != "ENABLE_DB_TESTS"),
        intro="published, but read by nothing in this release",
    ),
)
