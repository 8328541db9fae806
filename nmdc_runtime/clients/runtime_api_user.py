"""A hub, spoken to as a user: metadata is checked, submitted and found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import requests

from nmdc_runtime.clients.runtime_api_base import SUBMIT_TIMEOUT_S, RuntimeApiClient
from nmdc_runtime.schema.gold_ids import normalize_gold_id
from nmdc_runtime.schema.plain import as_plain

Documents = list[dict[str, Any]]

#: Documents that a request for more of them brings.
PAGE_SIZE: Final = 1_000


class RuntimeApiUserClient(RuntimeApiClient):
    """A hub, spoken to as a user."""

    def __init__(self, base_url: str, username: str, password: str, **options: Any) -> None:  # noqa: ANN401 (as the base)
        super().__init__(base_url, **options)
        self.username = username
        self._password = password

    def _credentials(self) -> dict[str, str]:
        return {
            "grant_type": "password",
            "username": self.username,
            "password": self._password,
        }

    def validate_metadata(self, database: object) -> requests.Response:
        """Have documents checked: a LinkML database, or collections by name."""
        return self.request(
            "POST", "/metadata/json:validate", as_plain(database), timeout_s=SUBMIT_TIMEOUT_S
        )

    def submit_metadata(
        self, database: object, *, idempotency_key: str | None = None
    ) -> requests.Response:
        """Submit documents; the answer's ``detail.run_id`` names the run that writes them.

        Parameters
        ----------
        database
            A LinkML database, or collections by name, each a list of documents.
        idempotency_key
            The same for the same documents, if they may be submitted again, e.g. by another
            process after this one died. One of its own is made for each call otherwise.
        """
        return self.request(
            "POST",
            "/metadata/json:submit",
            as_plain(database),
            timeout_s=SUBMIT_TIMEOUT_S,
            idempotency_key=idempotency_key or uuid4().hex,
        )

    def get_run_info(self, run_id: str) -> requests.Response:
        """Fetch the summary of a run."""
        return self.request("GET", f"/runs/{run_id}")

    def list_run_events(self, run_id: str) -> Documents:
        """Fetch what happened to a run, newest first."""
        return self.list_resources(f"/runs/{run_id}/events")

    def find(self, collection: str, query: Mapping[str, Any]) -> Documents:
        """Find all documents of a collection that a MongoDB query matches, batch by batch."""
        return list(self._batches({"find": collection, "filter": query, "batchSize": PAGE_SIZE}))

    def get_study(self, study_id: str) -> Documents:
        """Find a study: a list of one, or of none."""
        return self.find("study_set", {"id": study_id})

    def get_biosamples_by_gold_biosample_id(self, gold_biosample_id: str) -> Documents:
        """Find the biosamples that GOLD knows by this id, however it is written."""
        query = {"$elemMatch": {"$eq": normalize_gold_id(gold_biosample_id)}}
        return self.find("biosample_set", {"gold_biosample_identifiers": query})

    def get_omics_processing_records_by_gold_project_id(self, gold_project_id: str) -> Documents:
        """Find the data generations that are a sequencing project of GOLD's.

        The name is that of the class whose place ``DataGeneration`` has taken.
        """
        query = {"$elemMatch": {"$eq": normalize_gold_id(gold_project_id)}}
        return self.find("data_generation_set", {"gold_sequencing_project_identifiers": query})

    def get_omics_processing_by_name(self, name: str) -> Documents:
        """Find the data generations whose names match a regular expression, in any case.

        The name is that of the class whose place ``DataGeneration`` has taken.
        """
        return self.find("data_generation_set", {"name": {"$regex": name, "$options": "i"}})

    def get_biosamples_for_study(self, study_id: str) -> Documents:
        """Fetch the biosamples of a study."""
        return self._of_study("biosample_set", study_id)

    def get_data_generation_records_for_study(self, study_id: str) -> Documents:
        """Fetch the data generations of a study."""
        return self._of_study("data_generation_set", study_id)

    def get_linked_instances(self, ids: Sequence[str], types: Sequence[str]) -> Documents:
        """Fetch whole documents of some types, upstream and downstream of any of the ids.

        The ids stand in the request's address: a hundred at once are well.
        """
        request = {
            "ids": list(ids),
            "types": list(types),
            "hydrate": "true",
            "max_page_size": PAGE_SIZE,
        }
        return self.list_resources("/nmdcschema/linked_instances", request)

    def get_linked_data_generation_records_for_biosample(self, biosample_id: str) -> Documents:
        """Fetch the data generations upstream and downstream of a biosample."""
        return self.get_linked_instances([biosample_id], ["nmdc:DataGeneration"])

    def get_linked_pooling_for_biosample(self, biosample_id: str) -> Documents:
        """Fetch the poolings upstream and downstream of a biosample."""
        return self.get_linked_instances([biosample_id], ["nmdc:Pooling"])

    def get_linked_library_preparation_for_processed_sample(
        self, processed_sample_id: str
    ) -> Documents:
        """Fetch the library preparations upstream and downstream of a processed sample."""
        return self.get_linked_instances([processed_sample_id], ["nmdc:LibraryPreparation"])

    def _of_study(self, collection: str, study_id: str) -> Documents:
        request = {"filter": {"associated_studies": study_id}, "max_page_size": PAGE_SIZE}
        return self.list_resources(f"/nmdcschema/{collection}", request)

    def _batches(self, command: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            cursor = self.request("POST", "/queries:run", command).json()["cursor"]
            yield from cursor["batch"]
            if cursor.get("id") is None:
                return
            command = {"getMore": cursor["id"]}
