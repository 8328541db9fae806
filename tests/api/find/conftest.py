"""Documents to be found."""

from typing import Any

import pytest

COUNT = 30


@pytest.fixture
def studies(database) -> list[dict[str, Any]]:
    """30 studies stored in no order; names repeat, some have none, notes are of mixed types."""
    notes: list[Any] = ["b", 3, None, True, ["a", "z"], {"x": 1}, "A", 2.5, [], "10"]
    documents: list[dict[str, Any]] = [
        {
            "id": f"nmdc:sty-11-{number:03}",
            "type": "nmdc:Study",
            **({"name": f"name {number % 4}"} if number % 5 else {}),
            "size": number,
            "notes": notes[number % len(notes)],
        }
        for number in range(COUNT)
    ]
    database["study_set"].insert_many(dict(documents[(n * 7) % COUNT]) for n in range(COUNT))
    return documents
