"""A bucket of its own for each test, at the S3 service that all share."""

from uuid import uuid4

from pydantic import SecretStr

from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.config import ObjectStorageSettings, Settings
from tests.support.servers import S3Endpoint


def a_bucket(endpoint: S3Endpoint, **facts: object) -> S3Storage:
    """Return a bucket that nobody else uses; it is made when it is first written to."""
    settings = ObjectStorageSettings(
        endpoint_url=endpoint.url,
        region=endpoint.region,
        key=SecretStr(endpoint.key),
        secret=SecretStr(endpoint.secret),
        bucket=f"bucket-{uuid4().hex[:20]}",
    )
    return S3Storage(settings, **{"makes_bucket": True, **facts})


def with_storage(settings: Settings, endpoint: S3Endpoint) -> Settings:
    """Return the settings of a hub that has this S3 service."""
    return settings.model_copy(
        update={
            "do_endpoint_url": endpoint.url,
            "do_region_name": endpoint.region,
            "do_spaces_key": SecretStr(endpoint.key),
            "do_spaces_secret": SecretStr(endpoint.secret),
        }
    )


def storage_variables(settings: Settings) -> dict[str, str]:
    """Return the variables from which a process reaches the same S3 service."""
    return {
        "DO_ENDPOINT_URL": settings.do_endpoint_url,
        "DO_REGION_NAME": settings.do_region_name,
        "DO_SPACES_KEY": settings.do_spaces_key.get_secret_value(),
        "DO_SPACES_SECRET": settings.do_spaces_secret.get_secret_value(),
    }
