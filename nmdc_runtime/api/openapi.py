"""What the API says about itself: title, description, tags."""

from functools import cache
from importlib.metadata import version
from typing import Final

from nmdc_runtime.schema.load import installed_schema

TITLE: Final = "NMDC Runtime API"

#: In this order, as published. The first paragraph of each is its summary.
TAGS: Final = [
    {
        "name": "Metadata access",
        "description": (
            "Read the metadata of studies, samples and processes, check new metadata, and submit "
            "it.\n\n"
            "**NMDC schema** routes list and fetch documents of any collection of the schema. "
            "**JSON operations** check and submit documents as an `nmdc:Database`."
        ),
    },
    {
        "name": "Workflow management",
        "description": (
            "Follow the work that computing sites and the Runtime itself do.\n\n"
            "**Jobs** are units of work that a site claims; **operations** track claims; **runs** "
            "tell what happened to each requested execution; **objects** are GA4GH DRS blobs and "
            "bundles."
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
        "Collaborative, and lets those who may submit metadata and run workflows.\n\n"
        "Anyone can read. To do more, press **Authorize** and log in; then open an operation and "
        "press **Try it out**. Questions go to "
        "[support@microbiomedata.org](mailto:support@microbiomedata.org).\n\n"
        f"- [NMDC Runtime](https://docs.microbiomedata.org/runtime/): `{runtime_version()}`\n"
        "- [NMDC schema](https://microbiomedata.github.io/nmdc-schema/): "
        f"`{installed_schema()[0]}`\n"
    )
