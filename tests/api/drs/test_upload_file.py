"""A site's client sends a file: promise, bytes, record."""

from hashlib import sha256

import pytest
import requests

from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient
from tests.support.object_storage import storage_variables
from tests.support.uvicorn_hub import running_hub


def test_a_file_is_sent_and_registered_under_the_promised_id(settings, tmp_path):
    file = tmp_path / "reads of plot 1.txt"
    file.write_bytes(b"some bytes")
    empty = tmp_path / "empty.txt"
    empty.touch()
    with (
        running_hub(settings, **storage_variables(settings)) as (url, _),
        RuntimeApiSiteClient(url, "nmdc-runtime", "own-client", "own-client-secret") as client,
    ):
        made = client.upload_file(file, mime_type="text/plain").json()

        assert made["name"] == "reads_of_plot_1.txt"
        assert made["size"] == 10
        assert made["checksums"][0]["checksum"] == sha256(b"some bytes").hexdigest()
        (method,) = made["access_methods"]
        access = client.get_object_access(made["id"], method["access_id"]).json()
        fetched = requests.get(access["url"], timeout=10)
        assert fetched.content == b"some bytes"
        assert fetched.headers["Content-Type"].startswith("text/plain")
        operations = client.list_operations({"filter": {"metadata.object_id": made["id"]}})
        assert [each["done"] for each in operations] == [True]
        assert client.upload_file(empty).json()["size"] == 0

        with pytest.raises(requests.HTTPError) as refused:
            client.upload_file(file)  # another object has its checksum
        assert refused.value.response.status_code == 409
