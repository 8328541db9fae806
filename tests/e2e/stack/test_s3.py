"""The S3 service by itself: what it refuses, what it keeps."""

import secrets
import shutil
import signal
from collections.abc import Callable, Iterator

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from nmdc_runtime.cli.stack.probes import http_answers
from nmdc_runtime.cli.stack.s3 import S3
from tests.support.processes import running
from tests.support.servers import S3Endpoint, free_port, shared_s3, wait_until

MEGABYTE = 1 << 20


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


def client_of(endpoint: S3Endpoint, secret: str | None = None):
    return boto3.client(
        "s3",
        endpoint_url=endpoint.url,
        aws_access_key_id=endpoint.key,
        aws_secret_access_key=secret or endpoint.secret,
        region_name=endpoint.region,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@pytest.fixture
def presigned(s3_endpoint) -> Callable[..., str]:
    def presign(operation: str, key: str, secret: str | None = None) -> str:
        url: str = client_of(s3_endpoint, secret).generate_presigned_url(
            operation, {"Bucket": s3_endpoint.bucket, "Key": key}, ExpiresIn=60
        )
        return url

    return presign


def test_s3_takes_and_gives_objects_by_presigned_urls_and_ranges(presigned):
    body = secrets.token_bytes(1000)

    assert requests.put(presigned("put_object", "a/b c"), data=body, timeout=10).status_code == 200
    whole = requests.get(presigned("get_object", "a/b c"), timeout=10)
    part = requests.get(
        presigned("get_object", "a/b c"), headers={"Range": "bytes=10-19"}, timeout=10
    )

    assert whole.content == body
    assert (part.status_code, part.content) == (206, body[10:20])


def test_s3_refuses_a_forged_a_changed_and_a_missing_signature(presigned, s3_endpoint):
    forged = presigned("put_object", "forged", secret="somebody-else's")
    changed = presigned("put_object", "mine").replace("/mine?", "/yours?")
    missing = f"{s3_endpoint.url}/{s3_endpoint.bucket}/missing"

    answers = [requests.put(url, data=b"x", timeout=10) for url in (forged, changed, missing)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    with pytest.raises(ClientError, match="404"):
        client_of(s3_endpoint).head_object(Bucket=s3_endpoint.bucket, Key="forged")


def test_s3_puts_the_parts_of_a_large_object_together(s3_endpoint):
    client = client_of(s3_endpoint)
    place = {"Bucket": s3_endpoint.bucket, "Key": "large"}
    parts = [secrets.token_bytes(5 * MEGABYTE), secrets.token_bytes(MEGABYTE)]

    upload = client.create_multipart_upload(**place)["UploadId"]
    tags = [
        client.upload_part(**place, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    client.complete_multipart_upload(
        **place,
        UploadId=upload,
        MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        },
    )

    assert client.get_object(**place)["Body"].read() == b"".join(parts)


def test_s3_keeps_its_objects_when_it_is_killed(tmp_path):
    server = S3(
        folder=tmp_path / "an s3",
        port=free_port(),
        key="key-of-a-test",
        secret="secret-of-a-test",
        region="us-east-1",
        bucket="nmdc-runtime",
    )
    client = client_of(S3Endpoint(server.url, server.key, server.secret))
    probe = http_answers(server.url, statuses=range(200, 500))
    for is_first in (True, False):
        server.prepare()
        with running(server.command(), signal.SIGKILL, server.environment()):
            wait_until(lambda: probe() is None, timeout_s=30, what="S3")
            if is_first:
                client.put_object(Bucket="nmdc-runtime", Key="kept", Body=b"this")
            assert client.get_object(Bucket="nmdc-runtime", Key="kept")["Body"].read() == b"this"
    shutil.rmtree(server.folder)
