"""The sheets of ``docs/howto/changesheets.md`` do what the page says."""

import json
import re
from pathlib import Path

from tests.support.documents import a_study, biosamples

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "changesheets.md"
BLOCK = re.compile(r'^```\w+ title="(?P<title>[^"]+)"\n(?P<text>.*?)^```$', re.M | re.S)


def test_the_sheets_of_the_page_come_to_what_it_says(hub, database):
    study = a_study("34xj1150")
    database["study_set"].insert_one(study)
    database["biosample_set"].insert_many(biosamples(1, study_id=study["id"]))
    blocks = {each["title"]: each["text"] for each in BLOCK.finditer(PAGE.read_text())}

    answers = {
        name: hub.post("/metadata/changesheets:validate", files={"uploaded_file": (name, text)})
        for name, text in blocks.items()
        if name.endswith(".csv")
    }

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"changes.csv": 200, "credit.csv": 200, "wrong.csv": 400}
    assert answers["wrong.csv"].json()["problems"] == json.loads(blocks["Problems"])
    (credit,) = answers["credit.csv"].json()["results_of_updates"]
    assert credit["doc_after"]["has_credit_associations"] == [
        {
            "type": "prov:Association",
            "applied_roles": ["Investigation", "Methodology"],
            "applies_to_person": {"type": "nmdc:PersonValue", "name": "Ada Example"},
        }
    ]
