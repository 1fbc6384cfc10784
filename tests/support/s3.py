"""moto's S3 server, over real HTTP; each begins empty, although all of a process share what they store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

__all__ = ["BUCKET", "bucket", "keys", "open_bucket", "s3_server", "variables"]

BUCKET: Final = "recordings"


@contextmanager
def s3_server(port: int = 0) -> Iterator[str]:
    """Run a server and yield its URL; any free port by default."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    host, taken = server.get_host_and_port()
    url = f"http://{host}:{taken}"
    try:
        with urlopen(Request(f"{url}/moto-api/reset", method="POST")):
            yield url
    finally:
        server.stop()


def variables(url: str) -> Mapping[str, str]:
    """Return the standard variables of AWS' clients for a server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@contextmanager
def open_bucket(url: str) -> Iterator[Any]:
    """Make the bucket, and yield a client."""
    names = variables(url)
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=names["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=names["AWS_SECRET_ACCESS_KEY"],
        region_name=names["AWS_DEFAULT_REGION"],
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket, found by the standard variables of AWS' clients."""
    with s3_server() as url, open_bucket(url) as client:
        for name, value in variables(url).items():
            monkeypatch.setenv(name, value)
        yield client


def keys(client: Any) -> set[str]:
    """Return the names of what the bucket has, a thousand at most."""
    return {each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", ())}
