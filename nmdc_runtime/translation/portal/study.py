"""The study of a submission, from its forms."""

import re
from collections.abc import Mapping
from typing import Any, Final

from nmdc_runtime.schema.gold_ids import normalize_gold_id
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.tabs import Submission
from nmdc_runtime.translation.portal.texts import clean, clean_at, only
from nmdc_runtime.translation.problems import Problems, quoted
from nmdc_runtime.translation.values import JsonObject
from nmdc_runtime.translation.vocabulary import permissible_values

STUDY_FORM: Final = "studyForm"
OMICS_FORM: Final = "multiOmicsForm"
#: Slot → where the forms have it; a list or one text.
_TEXTS: Final = {
    "name": "studyName",
    "description": "description",
    "notes": "notes",
}
_LISTS: Final = {
    "alternative_names": "alternativeNames",
    "funding_sources": "fundingSources",
    "websites": "linkOutWebpage",
}
_PERSON: Final[Mapping[str, str]] = {"name": "piName", "email": "piEmail", "orcid": "piOrcid"}
#: Slot → form, field and prefix of an identifier.
_IDENTIFIERS: Final[Mapping[str, tuple[str, str, str]]] = {
    "gold_study_identifiers": (STUDY_FORM, "GOLDStudyId", "gold"),
    "insdc_bioproject_identifiers": (STUDY_FORM, "NCBIBioProjectId", "bioproject"),
    "jgi_portal_study_identifiers": (OMICS_FORM, "JGIStudyId", "jgi.proposal"),
    "emsl_project_identifiers": (OMICS_FORM, "studyNumber", "emsl.project"),
}
_DOIS: Final = (
    (STUDY_FORM, "dataDois", "dataset_doi"),
    (OMICS_FORM, "awardDois", "award_doi"),
    (STUDY_FORM, "publicationDois", "publication_doi"),
)
#: Slot → form and field, where one field is all that a slot is from.
FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    **{slot: (STUDY_FORM, name) for slot, name in (_TEXTS | _LISTS).items()},
    **{slot: (form, name) for slot, (form, name, _) in _IDENTIFIERS.items()},
    "has_credit_associations": (STUDY_FORM, "contributors"),
}
_DOI_SITE: Final = re.compile(r"\A(?:https?://)?(?:[a-z0-9-]+\.)*doi\.org/", re.IGNORECASE)
_PAGE: Final = re.compile(r"https?://\S*/([^/\s]+)/?", re.IGNORECASE)


def study_label(submission_id: str | None) -> Label:
    """Return what stands for the id of the study that a submission becomes."""
    return Label("nmdc:Study", f"portal/{submission_id or ''}/study")


def study_document(
    submission: Submission, label: Label, options: PortalOptions, problems: Problems
) -> JsonObject:
    """Return the ``nmdc:Study`` of a submission; what its forms have of no use is reported."""
    forms = {name: _form(submission.forms, name, problems) for name in (STUDY_FORM, OMICS_FORM)}
    form = forms[STUDY_FORM]
    found: JsonObject = {"id": label, "type": "nmdc:Study"}
    for slot, name in _TEXTS.items():
        found[slot] = _text(only(clean_at(form, [name])), name, problems)
    found["title"] = found["name"]
    for slot, name in _LISTS.items():
        texts = [_text(each, name, problems) for each in _list(form.get(name))]
        found[slot] = [text for text in texts if text is not None]
    for slot, (where, name, prefix) in _IDENTIFIERS.items():
        value = only(clean_at(forms, [where, name]))
        found[slot] = [identifier(str(value), prefix=prefix)] if value else []
    found["associated_dois"] = _dois(forms, problems)
    found["has_credit_associations"] = _credit(_list(form.get("contributors")), problems)
    found["principal_investigator"] = _investigator(form, options, problems) if form else None
    found["study_category"] = _category(options, problems)
    kept = {slot: value for slot, value in found.items() if value not in (None, [])}
    return kept | options.provenance_slot()


def identifier(text: str, *, prefix: str) -> str:
    """Return an identifier with the prefix as the schema writes it, also of the address of a page.

    ``GOLD:Gs1``, ``Gs1`` and ``https://…/Gs1`` are ``gold:Gs1``; whether it has the form of one is
    the schema's to say.
    """
    bare = text.strip()
    if prefix == "doi":
        bare = _DOI_SITE.sub("", bare)
    elif page := _PAGE.fullmatch(bare):
        bare = page.group(1)
    if prefix == "gold":
        bare = normalize_gold_id(bare)
    head, colon, rest = bare.partition(":")
    if colon and head.strip().lower() == prefix.lower():
        return f"{prefix}:{rest.strip()}"
    if prefix != "doi" and colon:
        return bare
    return f"{prefix}:{bare}"


def _form(forms: Mapping[str, Any], name: str, problems: Problems) -> Mapping[str, Any]:
    form = clean(forms.get(name)) or {}
    if isinstance(form, Mapping):
        return form
    # Without the one there is no study, without the other only some of its identifiers.
    code = "bad_submission" if name == STUDY_FORM else "bad_value"
    problems.add(code, f"{name} of the submission is no object", table=name, value=form)
    return {}


def _list(value: object) -> list[Any]:
    """Return the values of a field that may hold several; a single one is a list of one.

    Objects all of whose values are blank, as empty lines of a form are, are nothing.
    """
    found = clean(value)
    listed = found if isinstance(found, list) else [found]
    return [each for each in listed if each is not None and not _is_blank(each)]


def _is_blank(value: object) -> bool:
    return isinstance(value, Mapping) and all(clean(each) is None for each in value.values())


def _text(value: object, name: str, problems: Problems, *, person: str | None = None) -> str | None:
    """Return a text, also of a number; what is neither is reported."""
    if not isinstance(value, dict | list):
        return None if value is None else str(value)
    problems.add(
        "bad_value",
        f"{STUDY_FORM}.{name}: a text is wanted, not {quoted(value)}",
        table=STUDY_FORM,
        natural_id=person,
        column=name,
        value=value,
    )
    return None


def _dois(forms: Mapping[str, Mapping[str, Any]], problems: Problems) -> list[JsonObject]:
    found: list[JsonObject] = []
    for form, name, category in _DOIS:
        for entry in _list(clean_at(forms, [form, name])):
            value = clean(entry.get("value")) if isinstance(entry, Mapping) else None
            if not isinstance(value, str):
                problems.add(
                    "bad_identifier",
                    f"{form}.{name} has an entry without a DOI: {quoted(entry)}",
                    table=form,
                    column=name,
                    value=entry,
                )
                continue
            doi = {
                "type": "nmdc:Doi",
                "doi_value": identifier(value, prefix="doi"),
                "doi_category": category,
            }
            provider = clean(entry.get("provider"))
            known = permissible_values("DoiProviderEnum")
            if provider is not None and not (isinstance(provider, str) and provider in known):
                problems.add(
                    "unknown_choice",
                    f"Unknown DoiProviderEnum enumeration code: {provider} (of the DOI {value})",
                    table=form,
                    column=name,
                    value=provider,
                )
                provider = None
            found.append(doi | ({"doi_provider": provider} if provider else {}))
    return found


def _credit(contributors: list[Any], problems: Problems) -> list[JsonObject]:
    found: list[JsonObject] = []
    known = permissible_values("CreditEnum")
    for each in contributors:
        if not isinstance(each, Mapping):
            problems.add(
                "bad_value",
                f"{STUDY_FORM}.contributors: a contributor is wanted, not {quoted(each)}",
                table=STUDY_FORM,
                column="contributors",
                value=each,
            )
            continue
        name = _text(clean(each.get("name")), "contributors", problems)
        roles: list[str] = []
        for role in _list(each.get("roles")):
            if isinstance(role, str) and role in known:
                roles.append(role)
                continue
            problems.add(
                "unknown_choice",
                f"Unknown CreditEnum enumeration code: {role} (of contributor {name})",
                table=STUDY_FORM,
                natural_id=name,
                column="contributors",
                value=role,
            )
        if not roles:
            problems.add(
                "contributor_without_role",
                f"applied_roles must be supplied: contributor {name} has no role",
                table=STUDY_FORM,
                natural_id=name,
                column="contributors",
            )
            continue
        orcid = _text(clean(each.get("orcid")), "contributors", problems, person=name)
        person = {"name": name, "orcid": orcid}
        found.append(
            {
                "type": "prov:Association",
                "applies_to_person": {"type": "nmdc:PersonValue"}
                | {slot: value for slot, value in person.items() if value is not None},
                "applied_roles": roles,
            }
        )
    return found


def _investigator(
    form: Mapping[str, Any], options: PortalOptions, problems: Problems
) -> JsonObject:
    given = {slot: _text(form.get(name), name, problems) for slot, name in _PERSON.items()}
    given["profile_image_url"] = options.study_pi_image_url
    if not options.compat:
        given = {slot: clean(value) for slot, value in given.items()}
    return {"type": "nmdc:PersonValue"} | {
        slot: value for slot, value in given.items() if value is not None
    }


def _category(options: PortalOptions, problems: Problems) -> str | None:
    if options.study_category in permissible_values("StudyCategoryEnum"):
        return options.study_category
    problems.add(
        "missing_study_category",
        "study_category must be supplied: "
        + ("there is none" if not options.study_category else f"{options.study_category!r} is none")
        + " of the schema's StudyCategoryEnum",
        value=options.study_category,
    )
    return None
