"""GOLD: studies, biosamples and sequencing projects of JGI's Genomes OnLine Database."""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, ClassVar, Final, TypeVar

import requests

from nmdc_runtime.clients.peers import PeerAnswerInvalid, PeerClient, parsed
from nmdc_runtime.kernel.errors import NmdcError

Record = dict[str, Any]
Found = TypeVar("Found")

BIOSAMPLE_ID: Final = "biosampleGoldId"
#: What GOLD has answered in one run: the largest studies take some tens of megabytes.
MOST_KEPT_BYTES: Final = 256 * 1024 * 1024
_PREFIX: Final = re.compile(r"^gold:", re.IGNORECASE)
#: Analysis projects, biosamples, organisms, projects and studies.
_ID: Final = re.compile(r"G[abops][0-9]+")


def join_projects(biosamples: Iterable[Record], projects: Iterable[Record]) -> None:
    """Give each biosample its sequencing projects, in ``projects``; records without ids have none.

    Of several biosamples with one id, the last has the projects.
    """
    by_id = {
        gold_id: each
        for each in biosamples
        if isinstance(gold_id := each.get(BIOSAMPLE_ID), str) and gold_id
    }
    for project in projects:
        gold_id = project.get(BIOSAMPLE_ID)
        biosample = by_id.get(gold_id) if isinstance(gold_id, str) else None
        if biosample is not None:
            held = biosample.get("projects")
            biosample["projects"] = [*held, project] if isinstance(held, list) else [project]


class GoldIdInvalid(NmdcError):
    """Something else than an id of GOLD's."""

    title: ClassVar[str] = "No id of GOLD's"

    def __init__(self, gold_id: str) -> None:
        super().__init__(
            f"{gold_id!r} is no id of GOLD's: those are like Gs0149396, with or without `gold:`",
            gold_id=gold_id,
        )


class GoldClient(PeerClient):
    """Asks GOLD, with HTTP Basic authentication unless another way is given.

    An answer is kept for as long as the client lives and there is room, so that a run asks for the
    same thing once; whoever gets it may change what they got.

    Parameters
    ----------
    auth
        How to authenticate instead of by name and password.
    most_kept_bytes
        How much is kept; the oldest answers make room.
    """

    peer = "GOLD"

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        auth: Callable[[requests.PreparedRequest], requests.PreparedRequest] | None = None,
        most_kept_bytes: int = MOST_KEPT_BYTES,
        **options: Any,  # noqa: ANN401 (as the base)
    ) -> None:
        super().__init__(base_url, **options)
        self._session.auth = auth or requests.auth.HTTPBasicAuth(
            username.encode(), password.encode()
        )
        self._answers: dict[tuple[str, str, str], bytes] = {}
        self._kept_bytes = 0
        self._most_kept_bytes = most_kept_bytes
        self._keeping = Lock()

    def fetch_biosamples_by_study(
        self,
        study_id: str,
        include_project: bool = True,
    ) -> list[Record]:
        """Fetch the biosamples of a study, each with its sequencing projects in ``projects``.

        Projects of no biosample, or of one that is not the study's, are left out. Of several
        biosamples with one id, the last has the projects.
        """
        biosamples = self._list("biosamples", "studyGoldId", study_id)
        if include_project:
            join_projects(biosamples, self.fetch_projects_by_study(study_id))
        return biosamples

    def fetch_projects_by_study(self, study_id: str) -> list[Record]:
        """Fetch the sequencing projects of a study."""
        return self._list("projects", "studyGoldId", study_id)

    def fetch_analysis_projects_by_study(self, study_id: str) -> list[Record]:
        """Fetch the analysis projects of a study."""
        return self._list("analysis_projects", "studyGoldId", study_id)

    def fetch_study(self, study_id: str) -> Record | None:
        """Fetch a study; None if GOLD has none with this id."""
        return next(iter(self._list("studies", "studyGoldId", study_id)), None)

    def fetch_projects_by_biosample(self, biosample_id: str) -> list[Record]:
        """Fetch the sequencing projects of a biosample."""
        return self._list("projects", "biosampleGoldId", biosample_id)

    def fetch_biosample_by_biosample_id(self, biosample_id: str) -> list[Record]:
        """Fetch a biosample: a list of one, or of none."""
        return self._list("biosamples", "biosampleGoldId", biosample_id)

    def fetch_projects_by_biosamples(self, biosample_ids: Iterable[str]) -> dict[str, list[Record]]:
        """Fetch the sequencing projects of many biosamples, several at a time."""
        return self._each(self.fetch_projects_by_biosample, biosample_ids)

    def fetch_biosamples_by_biosample_ids(
        self, biosample_ids: Iterable[str]
    ) -> dict[str, list[Record]]:
        """Fetch many biosamples, several at a time; the list of one that is unknown is empty."""
        return self._each(self.fetch_biosample_by_biosample_id, biosample_ids)

    def _each(self, fetch: Callable[[str], Found], ids: Iterable[str]) -> dict[str, Found]:
        distinct = list(dict.fromkeys(ids))
        with ThreadPoolExecutor(self.connections, thread_name_prefix="gold") as pool:
            return dict(zip(distinct, pool.map(fetch, distinct), strict=True))

    def _list(self, path: str, parameter: str, gold_id: str) -> list[Record]:
        local = _PREFIX.sub("", gold_id.strip())
        if not _ID.fullmatch(local):
            raise GoldIdInvalid(gold_id)
        key = (path, parameter, local)
        kept = self._answers.get(key)
        if kept is not None:
            listed: list[Record] = parsed(kept)
            return listed
        answer = self.request("GET", path, params={parameter: local})
        found = self.as_json(answer)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise PeerAnswerInvalid(self.peer, answer.url, "it is no list of records")
        self._keep(key, answer.content)
        return found

    def _keep(self, key: tuple[str, str, str], content: bytes) -> None:
        with self._keeping:  # several threads ask at a time
            self._kept_bytes += len(content) - len(self._answers.pop(key, b""))
            self._answers[key] = content
            while self._kept_bytes > self._most_kept_bytes:
                oldest = next(iter(self._answers))
                self._kept_bytes -= len(self._answers.pop(oldest))
