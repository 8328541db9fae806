"""What the API says about itself: title, description, tags."""

from functools import cache
from importlib.metadata import version
from typing import Final

from nmdc_runtime.schema.load import installed_schema

TITLE: Final = "NMDC Runtime API"
RUNTIME_DOCUMENTATION: Final = "https://docs.microbiomedata.org/runtime/"
SCHEMA_DOCUMENTATION: Final = "https://microbiomedata.github.io/nmdc-schema/"

#: In this order, as published. The first paragraph of each is its summary, which `/docs` shows; the
#: others are details, which it folds away.
TAGS: Final = [
    {
        "name": "Metadata access",
        "description": (
            "Read the metadata of studies, samples, processes and data; check new metadata, and "
            "submit it.\n\n"
            "**Find** routes (`/studies`, `/biosamples`, `/data_objects`, `/planned_processes`) "
            "search one kind of record, with a short language for filters, with sorting and with "
            "pages.\n\n"
            "**NMDC schema** routes (`/nmdcschema/...`) list and fetch documents of any collection "
            "of the schema, tell where an identifier lies, and follow the links between "
            "documents.\n\n"
            "**Queries** (`/queries:run`) run commands of the database, as far as the caller is "
            "allowed to.\n\n"
            "**Changesheets** (`/metadata/changesheets:...`) are tables of corrections: check one, "
            "then submit it.\n\n"
            "**JSON operations** (`/metadata/json:...`) check and submit documents as an "
            "`nmdc:Database`."
        ),
    },
    {
        "name": "Workflow management",
        "description": (
            "Follow and steer the work that computing sites and the Runtime itself do.\n\n"
            "**Sites** are places that run jobs, with the credentials of their programs.\n\n"
            "**Workflows** say what can be done, **capabilities** what a site needs to do it, "
            "**object types** what an object is, and **triggers** which type of object asks for "
            "which workflow.\n\n"
            "**Jobs** are units of work that a site claims, and **operations** track each claim "
            "until it is done.\n\n"
            "**Objects** are stored files and sets of files: blobs and bundles, as GA4GH DRS "
            "names them.\n\n"
            "**Runs** tell what happened in each requested execution."
        ),
    },
    {
        "name": "Persistent identifiers",
        "description": "Mint and manage persistent identifiers.",
    },
    {"name": "User accounts", "description": "Log in, and see who you are."},
    {"name": "System administration", "description": "See whether the system is well."},
]


@cache
def version_of(package: str) -> str:
    """Return the version of an installed package; reading its metadata takes milliseconds."""
    return version(package)


def runtime_version() -> str:
    """Return the version of this package."""
    return version_of("nmdc-runtime")


def description() -> str:
    """Return the Markdown shown at the top of the documentation pages."""
    return (
        "The NMDC Runtime API gives access to the metadata of the National Microbiome Data "
        "Collaborative (NMDC), and lets those who may submit metadata and run workflows.\n\n"
        "Anyone can read. To submit metadata or to manage workflows you need an account, and an "
        "administrator has to allow what you want to do.\n\n"
        "**Quick start.** The operations below stand in sections, one for each kind of task. Open "
        "a section, open an operation, press **Try it out**, fill in the form and press "
        "**Execute**. An operation with a padlock needs a login: press the padlock, or "
        "**Authorize**, first.\n\n"
        "Questions go to [support@microbiomedata.org](mailto:support@microbiomedata.org).\n\n"
        f"- [NMDC Runtime]({RUNTIME_DOCUMENTATION}): `{runtime_version()}`\n"
        f"- [NMDC schema]({SCHEMA_DOCUMENTATION}): `{installed_schema()[0]}`\n"
    )
