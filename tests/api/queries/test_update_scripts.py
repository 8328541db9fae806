"""The commands that the database updater makes, run by `POST /queries:run`."""

from nmdc_runtime.translation.updater.insdc import BIOSAMPLE_SLOT, plan_insdc_updates
from nmdc_runtime.translation.updater.reads import NmdcStudy
from tests.support.documents import a_study, biosamples

STUDY = "nmdc:sty-11-aa0001"


def test_identifiers_are_added_once_however_often_the_script_runs(run, hub, database) -> None:
    with_list, without = biosamples(2, study_id=STUDY)
    with_list |= {"gold_biosample_identifiers": ["gold:Gb1"], BIOSAMPLE_SLOT: ["biosample:SAMN9"]}
    without |= {"gold_biosample_identifiers": ["gold:Gb2"]}
    database["study_set"].insert_one(a_study("aa0001"))
    database["biosample_set"].insert_many([dict(with_list), dict(without)])
    nmdc = NmdcStudy(study_id=STUDY, biosamples=[with_list, without])
    projects = {
        gold_id: [{"projectGoldId": "Gp1", "ncbiBioSampleAccession": accession}]
        for gold_id, accession in (("Gb1", " SAMN1 "), ("Gb2", "biosample:SAMN2"))
    }
    updates, _ = plan_insdc_updates(nmdc, projects)

    for _ in range(2):
        for command in updates.commands:
            answer = run(command)
            assert answer.status_code == 200, answer.text
            assert answer.json()["n"] == 2
        found = {each["id"]: each[BIOSAMPLE_SLOT] for each in database["biosample_set"].find()}
        assert found == {
            with_list["id"]: ["biosample:SAMN9", "biosample:SAMN1"],
            without["id"]: ["biosample:SAMN2"],
        }
    stored = list(database["biosample_set"].find({}, {"_id": 0}))
    assert (
        plan_insdc_updates(NmdcStudy(study_id=STUDY, biosamples=stored), projects)[0].commands == []
    )
