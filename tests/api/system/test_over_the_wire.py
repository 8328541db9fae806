"""What only a real server shows: long addresses, bodies of GET, odd logins, proxies."""

import http.client
import json
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.support.uvicorn_hub import running_hub


@pytest.mark.usefixtures("services")
def test_the_hub_takes_what_real_clients_send(settings, database):
    database["study_set"].insert_one({"id": "nmdc:sty-11-a", "type": "nmdc:Study"})
    with running_hub(settings) as (url, _):
        session = requests.Session()
        study = f"{url}/nmdcschema/study_set/nmdc:sty-11-a"

        # R10: a body, and a content type, with GET
        for media_type in ("application/json", "application/x-www-form-urlencoded"):
            answer = session.get(study, data="{}", headers={"Content-Type": media_type})
            assert answer.json()["id"] == "nmdc:sty-11-a"

        # R9: JSON without a content type
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        connection.request("POST", "/metadata/json:validate", body=b'{"study_set": []}')
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"result":"All Okay!"}')
        connection.close()

        # R11: a login that makes no sense, where none is needed
        for login in ("Basic user:pass", "Basic", "Nonsense \xff"):
            answer = session.get(study, headers={"Authorization": login.encode("latin-1")})
            assert answer.status_code == 200

        # R12: an address of 60,000 bytes
        ids = [f"nmdc:sty-11-{number:08}" for number in range(10_000)] + ["nmdc:sty-11-a"]
        text = json.dumps({"id": {"$in": ids}}, separators=(",", ":"))
        long = f"{url}/nmdcschema/study_set?filter={quote(text, safe=',:')}"
        while len(long) > 60_000:
            ids = ids[len(ids) // 20 :]
            text = json.dumps({"id": {"$in": ids}}, separators=(",", ":"))
            long = f"{url}/nmdcschema/study_set?filter={quote(text, safe=',:')}"
        assert len(long) > 55_000
        assert [each["id"] for each in session.get(long).json()["resources"]] == ["nmdc:sty-11-a"]

        # R14: the last slash, behind a proxy that ends TLS, which the hub does not know
        answer = session.get(
            f"{url}/nmdcschema/study_set/",
            headers={"Host": "api.example", "X-Forwarded-Proto": "https"},
            allow_redirects=False,
        )
        assert answer.headers["Location"] == "/nmdcschema/study_set"

        # R17 and the status site
        assert session.get(f"{url}/", allow_redirects=False).status_code == 303
        assert set(session.get(f"{url}/version").json()) >= {"nmdc-runtime", "nmdc-schema"}

        # HEAD on a server that is strict about what follows a head; the connection stays usable
        for path in ("/nmdcschema/study_set?max_page_size=0", "/version", "/jobs:watch"):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            connection.request("HEAD", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            assert answer.status in {200, 401}
            assert answer.read() == b""
            connection.request("GET", "/version")
            assert connection.getresponse().status == 200
            connection.close()
