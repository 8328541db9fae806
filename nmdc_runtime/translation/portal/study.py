"""The study of a submission, from its forms."""

import re
from collections.abc import Mapping
from typing import Any, Final

from nmdc_runtime.schema.gold_ids import normalize_gold_id
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.tabs import Submission
from nmdc_runtime.translation.portal.texts import clean, clean_at
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.values import JsonObject
from nmdc_runtime.translation.vocabulary import permissible_values

STUDY_FORM: Final = "studyForm"
OMICS_FORM: Final = "multiOmicsForm"
#: Slot → where the forms have it; a list or one text.
_TEXTS: Final[Mapping[str, str]] = {
    "name": "studyName",
    "title": "studyName",
    "description": "description",
    "notes": "notes",
}
_LISTS: Final[Mapping[str, str]] = {
    "alternative_names": "alternativeNames",
    "funding_sources": "fundingSources",
    "websites": "linkOutWebpage",
}
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
_DOI_SITE: Final = re.compile(r"https?://(?:[a-z0-9-]+\.)*doi\.org/", re.IGNORECASE)
_PAGE: Final = re.compile(r"https?://\S*/([^/\s]+)/?", re.IGNORECASE)


def study_label(submission_id: str | None) -> Label:
    """Return what stands for the id of the study that a submission becomes."""
    return Label("nmdc:Study", f"portal/{submission_id or ''}/study")


def study_document(
    submission: Submission, label: Label, options: PortalOptions, problems: Problems
) -> JsonObject:
    """Return the ``nmdc:Study`` of a submission; what its forms have of no use is reported."""
    form = clean_at(submission.forms, [STUDY_FORM]) or {}
    if not isinstance(form, Mapping):
        problems.add("bad_submission", f"{STUDY_FORM} of the submission is no object")
        form = {}
    found: JsonObject = {"id": label, "type": "nmdc:Study"}
    for slot, name in _TEXTS.items():
        found[slot] = _text(clean(form.get(name)))
    for slot, name in _LISTS.items():
        value = clean(form.get(name))
        texts = value if isinstance(value, list) else [value]
        found[slot] = [text for each in texts if (text := _text(each)) is not None]
    for slot, (where, name, prefix) in _IDENTIFIERS.items():
        value = clean_at(submission.forms, [where, name])
        found[slot] = [identifier(str(value), prefix=prefix)] if value else []
    found["associated_dois"] = _dois(submission.forms, problems)
    found["has_credit_associations"] = _credit(form.get("contributors"), problems)
    found["principal_investigator"] = _investigator(form, options) if form else None
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


def _text(value: Any) -> str | None:  # noqa: ANN401 (any JSON value)
    return None if value is None or isinstance(value, dict | list) else str(value)


def _dois(forms: Mapping[str, Any], problems: Problems) -> list[JsonObject]:
    found: list[JsonObject] = []
    for form, name, category in _DOIS:
        entries = clean_at(forms, [form, name]) or []
        for entry in entries if isinstance(entries, list) else [entries]:
            value = clean(entry.get("value")) if isinstance(entry, Mapping) else None
            if not isinstance(value, str):
                problems.add(
                    "bad_identifier",
                    f"{form}.{name} has an entry without a DOI",
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
            provider = _text(clean(entry.get("provider")))
            if provider is not None and provider not in permissible_values("DoiProviderEnum"):
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


def _credit(contributors: object, problems: Problems) -> list[JsonObject]:
    found: list[JsonObject] = []
    known = permissible_values("CreditEnum")
    for each in contributors if isinstance(contributors, list) else []:
        if not isinstance(each, Mapping):
            continue
        name = _text(clean(each.get("name")))
        roles: list[str] = []
        given = clean(each.get("roles")) or []
        for role in given if isinstance(given, list) else [given]:
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
        person = {"name": name, "orcid": _text(clean(each.get("orcid")))}
        found.append(
            {
                "type": "prov:Association",
                "applies_to_person": {"type": "nmdc:PersonValue"}
                | {slot: value for slot, value in person.items() if value is not None},
                "applied_roles": roles,
            }
        )
    return found


def _investigator(form: Mapping[str, Any], options: PortalOptions) -> JsonObject:
    given = {
        "name": form.get("piName"),
        "email": form.get("piEmail"),
        "orcid": form.get("piOrcid"),
        "profile_image_url": options.study_pi_image_url,
    }
    if not options.compat:
        given = {slot: clean(value) for slot, value in given.items()}
    return {"type": "nmdc:PersonValue"} | {
        slot: str(value) for slot, value in given.items() if value is not None
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
