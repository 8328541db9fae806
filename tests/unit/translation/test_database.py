"""When two translated databases say the same."""

from typing import Any

import pytest

from nmdc_runtime.translation.database import digest_of_what_is_said


def database(**provenance: Any) -> dict[str, Any]:
    said = {"add_date": "2026-01-01T00:00:00+00:00", "source_system_of_record": "GOLD"}
    return {
        "study_set": [{"id": "nmdc:sty-11-a", "provenance_metadata": said | provenance}],
        "biosample_set": [{"id": "nmdc:bsm-11-a", "name": "a"}],
    }


def test_when_and_by_which_release_documents_were_made_does_not_matter() -> None:
    again = database(add_date="2026-02-02T00:00:00+00:00", mod_date="now", version="9", git_url="u")
    reordered = dict(reversed(database().items()))

    digests = {digest_of_what_is_said(each) for each in (database(), again, reordered)}

    assert len(digests) == 1
    assert digests != {None}


def test_all_else_does() -> None:
    renamed = database()
    renamed["biosample_set"][0]["name"] = "b"
    others = (renamed, database(source_system_of_record="NCBI"), {**database(), "study_set": []})

    assert len({digest_of_what_is_said(each) for each in (database(), *others)}) == 4


@pytest.mark.parametrize(
    "content", [{}, {"study_set": []}, {"a": 1}, {"a": ["b"], "c": [{"provenance_metadata": 1}]}]
)
def test_what_does_not_say_when_it_was_made_is_told_by_its_bytes(content: Any) -> None:
    assert digest_of_what_is_said(content) is None
