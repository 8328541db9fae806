"""The pictures of a study, whose addresses the portal gives when a submission is finalized."""

from collections.abc import Iterable
from typing import Any

from nmdc_runtime.translation.values import JsonObject


def with_study_images(
    study: JsonObject,
    pi_image_url: str | None,
    primary_study_image_url: str | None,
    study_image_urls: Iterable[str] = (),
) -> JsonObject:
    """Return the study with the pictures; those that it has stay, and none is there twice.

    The primary picture has display order 0, the others 1, 2 and so on.
    """
    found = dict(study)
    if pi_image_url:
        person: dict[str, Any] = {"type": "nmdc:PersonValue"}
        person |= study.get("principal_investigator") or {}
        found["principal_investigator"] = person | {"profile_image_url": pi_image_url}
    ordered = [(0, primary_study_image_url), *enumerate(study_image_urls, start=1)]
    images = list(study.get("study_image") or ())
    there = {each.get("url") for each in images}
    images += [
        {"type": "nmdc:ImageValue", "url": url, "display_order": order}
        for order, url in ordered
        if url and url not in there
    ]
    return found | ({"study_image": images} if images else {})
