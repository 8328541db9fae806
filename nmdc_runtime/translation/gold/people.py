"""People in GOLD's records."""

from typing import Any, Final

from nmdc_runtime.translation.gold.reading import Reading

PI: Final = "PI"


def principal_investigator(reading: Reading) -> dict[str, Any] | None:
    """Return the ``nmdc:PersonValue`` of the first contact with the role of PI.

    None if that contact lacks a name or an email: a later one is not asked.
    """
    for contact in reading.objects("contacts"):
        roles = contact.get("roles")
        if not (isinstance(roles, list) and PI in roles):
            continue
        name, email = contact.get("name"), contact.get("email")
        if not (isinstance(name, str) and isinstance(email, str) and name.strip()):
            return None
        return {
            "type": "nmdc:PersonValue",
            "has_raw_value": name,
            "name": name,
            "email": email,
        }
    return None
