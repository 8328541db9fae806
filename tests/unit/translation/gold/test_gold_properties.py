"""Whatever GOLD's records hold, a sound graph comes out, or a report of why not."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.translation.gold.fields import BIOSAMPLE, FURTHER
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.problems import Severity
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.gold import instrument_map, joined, read_json, records_of, translated

STUDY = joined(read_json("gs0149396_input.json"))
INSTRUMENTS = instrument_map()
FIELDS = {
    "study": ["studyGoldId", "studyName", "description", "contacts"],
    "biosamples": sorted(
        {source for each in (*BIOSAMPLE, *FURTHER.values()) for source in each.sources}
        | {"biosampleGoldId", "projects"}
    ),
    "projects": [
        *("projectGoldId", "biosampleGoldId", "projectName", "contacts", "sequencingStrategy"),
        *("sequencingCenters", "projectStatus", "seqMethod", "ncbiBioProjectAccession"),
        *("ncbiBioSampleAccession", "sraExperimentIds"),
    ],
    "analysis_projects": ["apGoldId", "projects", "imgTaxonOid"],
}
PLACES = [
    (table, number, field)
    for table, fields in FIELDS.items()
    for number in range(1 if table == "study" else len(STUDY[table]))
    for field in fields
]
MISSING = object()
ODD: list[Any] = [
    *(MISSING, None, "", " ", "x", "NaN", "1e400", "-1", "5 C", "5 m", "1-2 mg/L", "\x00", "ü|🧪"),
    *(
        0,
        -1,
        10**400,
        1.5,
        float("nan"),
        float("inf"),
        True,
        [],
        {},
        [None],
        ["x"],
        [{}],
        {"id": 1},
    ),
    [{"name": "Ada", "email": None, "roles": ["PI"]}],
    *({"id": "ENVO_1"}, [{"roles": ["PI"]}], "GOLD:Gb0258384", "Gp0503505", "x" * 300),
]


def with_odd(changes: list[tuple[int, int]]) -> dict[str, Any]:
    """Return the study with odd values, some in a second record of the same id."""
    content = copy.deepcopy(STUDY)
    for at, odd in changes:
        table, number, field = PLACES[at % len(PLACES)]
        record = content["study"] if table == "study" else content[table][number]
        if table != "study" and at % 5 == 0:
            record = copy.deepcopy(record)
            content[table].append(record)
        if ODD[odd] is MISSING:
            record.pop(field, None)
        else:
            record[field] = copy.deepcopy(ODD[odd])
    return content


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 10**4), st.integers(0, len(ODD) - 1)), min_size=1, max_size=6
    ),
    strict=st.booleans(),
)
def test_odd_values_never_make_a_graph_that_does_not_hold(
    changes: list[tuple[int, int]], strict: bool
) -> None:
    options = GoldOptions(
        strict=strict,
        further_slots=True,
        include_field_site_info=True,
        enable_biosample_filtering=strict,
    )
    records = records_of(with_odd(changes), INSTRUMENTS)
    try:
        # it checks schema, references and the counts of records
        report, failed = translated(records, options)[1], False
    except TranslationFailed as failure:
        report, failed = failure.report, True

    assert failed == report.fails(on_error=options.on_error)
    assert not failed or report.problems.count(Severity.ERROR)
