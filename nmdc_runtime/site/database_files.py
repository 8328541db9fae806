"""Ops that keep what a run has made as a file: a database as JSON, or any text."""

import hashlib
import re
from pathlib import Path
from typing import Any, Final

import dagster as dg
import orjson

from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.kernel.audit import SYSTEM
from nmdc_runtime.objects.models import DrsObject
from nmdc_runtime.objects.service import GRIDFS_SHOULDER
from nmdc_runtime.schema.plain import as_plain
from nmdc_runtime.site.asset_events import MOST_PREVIEW_BYTES, drs_materialisation, preview
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.translation.database import digest_of_what_is_said
from nmdc_runtime.wiring import Services

#: Published: ids of exports are minted in it.
NAMESPACE: Final = "export-json"
JSON: Final = "application/json"
#: Bytes that are handed on at once.
PART: Final = 1 << 20
#: More than an event shows, so that it says that it shows no more.
BEGINNING: Final = 2 * MOST_PREVIEW_BYTES
#: How a text is told from others by its name: so many characters of it are digested.
TOLD_BY: Final = 20
_NOT_IN_KEYS: Final = re.compile(r"[^A-Za-z0-9]+")


class ExportConfig(dg.Config):
    """Who wants the export."""

    username: str


@dg.op
def nmdc_schema_object_to_dict(object: Any) -> dict[str, Any]:  # noqa: ANN401 (published)
    """Return an object of the schema, e.g. a database, as JSON has it."""
    plain: dict[str, Any] = as_plain(object)
    return plain


@dg.op
def nmdc_schema_database_export_filename(study: dict[str, Any]) -> str:
    """Return how the file of a study's database is called."""
    return f"database_from_{study.get('id') or study.get('studyGoldId')}.json"


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def export_json_to_drs(  # noqa: PLR0917 (Dagster calls it by name)
    context: dg.OpExecutionContext,
    config: ExportConfig,
    services: dg.ResourceParam[Services],
    data: dict[str, Any],
    filename: str,
    description: str = "",
) -> list[str]:
    """Keep a value as JSON; return the path of the object.

    If there is one with the same bytes, or with documents that differ in nothing but in when and
    by which release they were made, that one.
    """
    plain = as_plain(data)
    content = orjson.dumps(plain)
    kept = keep(
        services,
        content,
        name=filename,
        content_type=JSON,
        description=description,
        username=config.username,
        same_as=digest_of_what_is_said(plain),
    )
    sha256 = next(each.checksum for each in kept.checksums if each.type == "sha256")
    if sha256 != hashlib.sha256(content).hexdigest():  # those documents were made earlier
        content = b"".join(services.objects.read(kept.id))
    shown = (
        dg.MetadataValue.json(orjson.loads(content))
        if len(content) <= MOST_PREVIEW_BYTES
        else dg.MetadataValue.text(
            preview(content[: 2 * MOST_PREVIEW_BYTES].decode(errors="ignore"))
        )
    )
    link = link_of(services, kept)
    context.log_event(
        dg.AssetMaterialization(
            asset_key=[filename],
            metadata={
                "drs_object_id": kept.id,
                "link": dg.MetadataValue.url(link),
                "json": shown,
            },
        )
    )
    context.log_event(
        drs_materialisation(
            kept.id,
            name=filename,
            link=link,
            size_bytes=kept.size,
            sha256=sha256,
        )
    )
    return [f"/objects/{kept.id}"]


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def render_text(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    text: Any,  # noqa: ANN401 (any JSON)
    subject: str = "",
) -> Any:  # noqa: ANN401 (what came in)
    """Show a text, or a value as indented JSON, in the UI, and keep it as a file and an object.

    Parameters
    ----------
    subject
        What it is about, e.g. the id of a study: it names the asset. Without one, the first
        characters of the text do.
    """
    rendered, extension, content_type = rendered_as(text)
    name = f"rendered_text_{context.run_id}.{extension}"
    path = Path(context.instance.storage_directory()) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rendered, encoding="utf-8")
    kept = keep(
        services,
        rendered.encode(),
        name=name,
        content_type=content_type,
        description=f"What the run {context.run_id} has to say {subject}".strip(),
        username=SYSTEM,
    )
    context.log_event(
        dg.AssetMaterialization(
            asset_key=f"rendered_text_{key_part(rendered, subject)}",
            metadata={
                "file_path": dg.MetadataValue.path(str(path)),
                "content": dg.MetadataValue.text(preview(rendered)),
                "drs_object_id": kept.id,
                "link": dg.MetadataValue.url(link_of(services, kept)),
            },
        )
    )
    return text


def rendered_as(text: object) -> tuple[str, str, str]:
    """Return a value as people read it, with the extension and the media type of its file."""
    if isinstance(text, dict | list):
        return orjson.dumps(as_plain(text), option=orjson.OPT_INDENT_2).decode(), "json", JSON
    return str(text), "txt", "text/plain"


def key_part(rendered: str, subject: str) -> str:
    """Return what tells the asset of a text from those of other texts."""
    if subject:
        return _NOT_IN_KEYS.sub("_", subject)
    return hashlib.md5(rendered[:TOLD_BY].encode(), usedforsecurity=False).hexdigest()[:8]


def keep(
    services: Services,
    content: bytes,
    *,
    name: str,
    content_type: str,
    description: str,
    username: str,
    same_as: str | None = None,
) -> DrsObject:
    """Keep bytes as a DRS object, or return the one that holds the same: `keep_parts`."""
    fresh_id = local_part(services.ids.mint_internal(NAMESPACE, shoulder=GRIDFS_SHOULDER))
    with permanent_unless_unavailable():
        kept = services.objects.keep_parts(
            fresh_id,
            (content[at : at + PART] for at in range(0, len(content), PART)),
            name=name,
            content_type=content_type,
            description=description,
            username=username,
            same_as=same_as,
        )
    if kept.id == fresh_id:
        facts = {"name": name, "size_bytes": len(content)}
        services.audit.record("export_json", f"objects/{kept.id}", details=facts)
    return kept


def link_of(services: Services, kept: DrsObject) -> str:
    """Return the address of an object's DRS record."""
    return f"{services.settings.api_host_external}/ga4gh/drs/v1/objects/{kept.id}"
