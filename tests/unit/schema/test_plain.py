"""Whatever made documents, JSON has them in one form."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum

import orjson
import pytest
from linkml_runtime.dumpers import json_dumper
from nmdc_schema import nmdc
from pydantic import BaseModel

from nmdc_runtime.schema.plain import as_plain


class Colour(StrEnum):
    RED = "red"


class Number(Enum):
    ONE = 1


class Model(BaseModel):
    name: str
    other: str | None = None


@dataclass
class Sample:
    id: str
    name: str | None = None
    ids: list[str] = field(default_factory=list)


def test_a_database_of_the_schemas_own_classes_is_what_linkml_writes() -> None:
    database = nmdc.Database(
        study_set=[
            nmdc.Study(
                id="nmdc:sty-11-aaaa1111",
                type="nmdc:Study",
                study_category="research_study",
                has_credit_associations=[
                    nmdc.CreditAssociation(
                        applies_to_person=nmdc.PersonValue(
                            name="Ada", orcid="0000-0002-1825-0097", type="nmdc:PersonValue"
                        ),
                        applied_roles=["Principal Investigator"],
                        type="prov:Association",
                    )
                ],
            )
        ],
        biosample_set=[
            nmdc.Biosample(
                id="nmdc:bsm-11-aaaa1111",
                name="Core 1",
                type="nmdc:Biosample",
                associated_studies=["nmdc:sty-11-aaaa1111"],
                env_broad_scale=nmdc.ControlledIdentifiedTermValue(
                    term=nmdc.OntologyClass(id="ENVO:00000001", type="nmdc:OntologyClass"),
                    type="nmdc:ControlledIdentifiedTermValue",
                ),
                env_local_scale=nmdc.ControlledIdentifiedTermValue(
                    term=nmdc.OntologyClass(id="ENVO:00000002", type="nmdc:OntologyClass"),
                    type="nmdc:ControlledIdentifiedTermValue",
                ),
                env_medium=nmdc.ControlledIdentifiedTermValue(
                    term=nmdc.OntologyClass(id="ENVO:00000003", type="nmdc:OntologyClass"),
                    type="nmdc:ControlledIdentifiedTermValue",
                ),
                depth=nmdc.QuantityValue(
                    has_numeric_value="1.5", has_unit="m", type="nmdc:QuantityValue"
                ),
            )
        ],
    )

    plain = as_plain(database)

    assert orjson.loads(orjson.dumps(plain)) == orjson.loads(
        json_dumper.dumps(database, inject_type=False)
    )
    assert plain["biosample_set"][0]["depth"]["has_numeric_value"] == 1.5


def test_other_values_become_what_json_has() -> None:
    given = OrderedDict(
        a=(1, 2.5, True, None),
        b={Colour.RED},
        c=Number.ONE,
        d=Decimal("1.25"),
        e=date(2026, 11, 23),
        f=datetime(2026, 11, 23, 12, tzinfo=UTC),
        g=Model(name="x"),
        h=[Sample("n:1"), Sample("n:2", "two", ["i"])],
        i=None,
    )

    assert as_plain(given) == {
        "a": [1, 2.5, True, None],
        "b": ["red"],
        "c": 1,
        "d": 1.25,
        "e": "2026-11-23",
        "f": "2026-11-23T12:00:00+00:00",
        "g": {"name": "x"},
        "h": [{"id": "n:1"}, {"id": "n:2", "name": "two", "ids": ["i"]}],
        "i": None,  # a collection that is null is for the hub to refuse
    }
    with pytest.raises(TypeError, match="object"):
        as_plain({"a": object()})
