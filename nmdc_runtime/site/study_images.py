"""The pictures of a study: the portal makes them public, and we keep copies of our own."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import dagster as dg
import requests

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.sourced import SourceName
from nmdc_runtime.kernel.audit import SYSTEM
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.objects.service import GRIDFS_SHOULDER
from nmdc_runtime.site.database_files import NAMESPACE
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import PORTAL_POOL
from nmdc_runtime.site.submitting import COMPLETE, PASSING
from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.portal.images import with_study_images
from nmdc_runtime.translation.portal.options import SOURCE
from nmdc_runtime.translation.portal.study import study_label
from nmdc_runtime.translation.portal.texts import clean
from nmdc_runtime.wiring import Services

#: A picture for a web page.
MOST_BYTES: Final = 20_000_000
#: Kinds of pictures that are shown and run no script, with the extension of their files.
PICTURES: Final = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
}


@dg.op(retry_policy=RETRY_UNAVAILABLE, pool=PORTAL_POOL)
def add_public_image_urls(  # noqa: PLR0917 (Dagster calls it by name)
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    nmdc_portal_api_client: dg.ResourceParam[NmdcPortalClient],
    database: Any,  # noqa: ANN401 (collections by name)
    submission_id: str,
    ingested: dict[str, Any],
    study_id: str | None = None,
    metadata_submission: dict[str, Any] | None = None,
) -> Any:  # noqa: ANN401 (collections by name)
    """Tell the portal in which study the submission lives on; return the study with its pictures.

    Only after all is written: a portal that names a study which the hub refused would mislead for
    good. The study keeps its id, so that who was broken off here may do all of it again. A study
    that the samples only join gets no pictures: it is somebody else's.

    Parameters
    ----------
    ingested
        The summary of the run that has written the submission.
    study_id
        Whoever launches the run says which study the samples join.
    metadata_submission
        What the portal said of the submission when the run began.
    """
    if ingested["status"] != COMPLETE:
        raise dg.Failure(description="the submission is not written", allow_retries=False)
    envelope = metadata_submission or {}
    if study_id:
        if clean(envelope.get("nmdc_study_id")) != study_id:
            with permanent_unless_unavailable():
                nmdc_portal_api_client.finalize_submission(submission_id, study_id=study_id)
        context.add_output_metadata({"study_id": study_id, "has_news": False})
        return Database({})
    # What the translation has called it: people write the same id in capitals too.
    named = clean(envelope.get("id")) or submission_id
    study = own_study(services, database, str(named))
    if study is None:
        context.log.info(f"{submission_id} has made no study: the portal is told nothing")
        return Database({})
    with permanent_unless_unavailable():
        images = nmdc_portal_api_client.finalize_submission(submission_id, study_id=study["id"])
        pictures = Pictures(
            services,
            nmdc_portal_api_client,
            context.log,
            is_last_try=context.retry_number >= RETRY_UNAVAILABLE.max_retries,
        )
        urls = images.get("study_image_urls")
        illustrated = with_study_images(
            study,
            pictures.keep(images.get("pi_image_url")),
            pictures.keep(images.get("primary_study_image_url")),
            [
                kept
                for each in (urls if isinstance(urls, list) else [])
                if (kept := pictures.keep(each)) is not None
            ],
        )
    context.add_output_metadata({"study_id": study["id"], "has_news": illustrated != study})
    return Database({} if illustrated == study else {"study_set": [illustrated]})


def own_study(services: Services, database: Any, submission_id: str) -> Document | None:  # noqa: ANN401 (as above)
    """Return the study as it is stored that the submission has become, now or in an earlier run."""
    made = database.get("study_set") or []
    label = study_label(submission_id)
    name = SourceName(SOURCE, label.class_uri, label.key)
    study_id = made[0]["id"] if made else services.source_ids.find([name]).get(name)
    stored = services.metadata.store.find_documents("study_set", [study_id] if study_id else [])
    return next(({k: v for k, v in each.items() if k != "_id"} for each in stored.values()), None)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Keeps copies of the portal's pictures.

    Parameters
    ----------
    is_last_try
        Whether nobody will try again to fetch what could not be fetched now.
    """

    services: Services
    portal: NmdcPortalClient
    log: dg.DagsterLogManager
    is_last_try: bool

    def keep(self, url: object) -> str | None:
        """Return the address of our copy of a picture; that of the portal's if it has none."""
        if not isinstance(url, str) or not url:
            return None
        downloads = Downloads(most_bytes=MOST_BYTES, own_url=self.portal.base_url)
        try:
            answer = downloads.fetch(url)
        except (requests.RequestException, NmdcError, ValueError) as error:
            if may_come_later(error) and not self.is_last_try:
                raise
            self.log.warning(f"the study keeps the portal's address {url}: {error}")
            return url
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in PICTURES:
            self.log.warning(f"the study keeps the portal's address {url}: it is {kind!r}")
            return url
        return self._kept(
            StoredFile(name=_file_name(url, kind), content_type=kind, content=answer.content), url
        )

    def _kept(self, picture: StoredFile, url: str) -> str:
        # In GridFS, whose files have addresses that stay: those into the bucket are good for
        # minutes.
        services = self.services
        fresh_id = local_part(services.ids.mint_internal(NAMESPACE, shoulder=GRIDFS_SHOULDER))
        kept = services.objects.keep(
            fresh_id,
            picture,
            description="Picture of a study, from the submission portal",
            username=SYSTEM,
        )
        if kept.id == fresh_id:
            services.audit.record("keep_picture", f"objects/{kept.id}", details={"url": url})
        return f"{services.settings.api_host_external}/metadata/stored_files/{kept.id}"


def may_come_later(error: Exception) -> bool:
    """Tell whether a picture that could not be had may be there in a while."""
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return status in PASSING or status >= requests.codes.server_error
    if isinstance(error, NmdcError):
        return error.kind is ErrorKind.UNAVAILABLE
    # An address that is none is a ValueError too.
    return isinstance(error, requests.RequestException) and not isinstance(error, ValueError)


def _file_name(url: str, kind: str) -> str:
    path = PurePosixPath(unquote(urlsplit(url).path))
    return path.name if path.suffix else f"{path.name or 'picture'}{PICTURES[kind]}"
