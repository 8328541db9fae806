"""People in GOLD's records."""

from typing import Any, Final

from nmdc_runtime.translation.gold.reading import Reading

PI: Final = "PI"


def principal_investigator(reading: Reading) -> dict[str, Any] | None:
    """Return the ``nmdc:PersonValue`` of the first contact with the role of PI.

    None, reported, if that contact lacks a name or says nothing of an email: a later one is not
    asked. An email that is blank is left out.
    """
    for contact in reading.objects("contacts"):
        roles = contact.get("roles")
        if not (isinstance(roles, list) and PI in roles):
            continue
        name, email = _text(contact.get("name")), _text(contact.get("email"))
        if name is None or "email" not in contact:
            reading.report(
                "bad_value",
                "contacts",
                name,
                "the PI lacks a name or an email and is left out",
            )
            return None
        person = {"type": "nmdc:PersonValue", "has_raw_value": name, "name": name}
        return person if email is None else person | {"email": email}
    return None


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None
