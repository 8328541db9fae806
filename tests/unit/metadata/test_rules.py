from nmdc_runtime.metadata.rules import as_written, with_dates

NOW = "2026-11-23T12:00:00Z"
TYPE = "nmdc:ProvenanceMetadata"


def dates_of(document, stored=None):
    return with_dates(document, stored=stored or {}, now=NOW)["provenance_metadata"]


def test_a_new_document_is_dated_once():
    assert dates_of({"id": "a"}) == {"type": TYPE, "add_date": NOW}


def test_a_new_document_has_no_modification_date_even_if_it_brought_one():
    given = {
        "id": "a",
        "provenance_metadata": {"type": TYPE, "mod_date": "1999", "add_date": "1998"},
    }

    assert dates_of(given) == {"type": TYPE, "add_date": NOW}


def test_a_stored_document_keeps_its_first_date():
    assert dates_of({"id": "a"}, {"a": "2020-01-01T00:00:00Z"}) == {
        "type": TYPE,
        "add_date": "2020-01-01T00:00:00Z",
        "mod_date": NOW,
    }


def test_a_stored_document_without_a_first_date_is_given_none():
    assert dates_of({"id": "a"}, {"a": None}) == {"type": TYPE, "mod_date": NOW}


def test_other_provenance_stays():
    given = {"id": "a", "provenance_metadata": {"git_url": "u", "version": "1"}}

    assert dates_of(given) == {"git_url": "u", "version": "1", "type": TYPE, "add_date": NOW}


def test_the_callers_document_is_not_changed():
    given = {"id": "a", "provenance_metadata": {"version": "1"}}

    written = with_dates(as_written(given), stored={}, now=NOW)
    written["_id"] = "the driver's"

    assert given == {"id": "a", "provenance_metadata": {"version": "1"}}
