"""Schema documents for tests: valid ones, as many as wanted."""

from typing import Any

import orjson

from nmdc_runtime.cli.demo_steps import load_datasets


def demo_database(number: int) -> dict[str, list[dict[str, Any]]]:
    """Return a fresh copy of one of the datasets of the demonstration: 0 the study, 1 the rest."""
    loaded: dict[str, list[dict[str, Any]]] = orjson.loads(load_datasets()[number].body)
    return loaded


def a_study(name: str = "abc123", **fields: Any) -> dict[str, Any]:
    """Return a valid study with the id ``nmdc:sty-11-<name>``."""
    return {
        "id": f"nmdc:sty-11-{name}",
        "type": "nmdc:Study",
        "study_category": "research_study",
        "name": f"study {name}",
        **fields,
    }


def biosamples(count: int, *, study_id: str) -> list[dict[str, Any]]:
    """Return valid biosamples of the study, each with an id and a name of its own."""
    template = demo_database(1)["biosample_set"][0]
    return [
        {
            **template,
            "id": f"nmdc:bsm-11-{number:06d}",
            "name": f"sample {number}",
            "associated_studies": [study_id],
        }
        for number in range(count)
    ]


def body_of(database: dict[str, Any]) -> bytes:
    """Return the database as a request body."""
    return orjson.dumps(database)
