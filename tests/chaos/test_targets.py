"""Targets on the network do not answer: webhooks, the storage of recordings. The server goes on, and delivers later."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.ports import free_port
from tests.support.s3 import s3_server
from tests.support.server import Server
from tests.support.waiting import eventually, play_for

ROOMS = 60
BUCKET = "recordings"


@contextmanager
def hanging_target() -> Iterator[str]:
    """Listen, and answer nothing: connections wait in the backlog or stay open."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


def test_webhook_target_hangs(server: Server, witness: Witness, report: Report) -> None:
    with hanging_target() as uri:
        changed = server.call("PUT", "/customer", {"webhook_method": "POST", "webhook_uri": uri})
        assert changed.status == 200, changed.body
        with witness.watch() as seen:
            begun_s = time.monotonic()
            for _ in range(ROOMS):
                assert server.call("POST", "/conferences", {"type": "conference"}).status == 200
            request_s = (time.monotonic() - begun_s) / ROOMS
            call_s = new_call_s(server, witness.room)
        cleared = server.call("PUT", "/customer", {"webhook_method": "", "webhook_uri": ""})
        assert cleared.status == 200, cleared.body
    report(fault="webhook hangs", gap_s=seen.gap_s, request_s=request_s, call_s=call_s)
    assert seen.gap_s < MOST_GAP_S
    assert request_s < 0.2
    assert call_s < 3
    witness.check()


@pytest.mark.long
def test_storage_is_away_and_back(tmp_path: Path, report: Report) -> None:
    port = free_port()
    settings = {
        "MIXMINUS_RECORDING_STORAGE_URL": f"s3://{BUCKET}/calls",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "MIXMINUS_SIP_MAX_CALLS": "8",
    }
    with Server(tmp_path, **settings) as server:
        with Witness(server) as witness, witness.watch() as seen:
            started = server.call("POST", f"/conferences/{witness.room}/recording_start")
            recording = started.json["recording_id"]
            play_for(2)
            server.call("POST", f"/conferences/{witness.room}/recording_stop")
            eventually(
                lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended",
                timeout_s=60,
                what="the recording has ended",
            )
        sound = server.call("GET", f"/recordingfiles/{recording}")
        assert (sound.status, sound.body[:4]) == (200, b"RIFF"), "it is served from the local disk"
        assert server.stop() == 0
        with s3_server(port):
            client = boto3.client(
                "s3",
                endpoint_url=settings["AWS_ENDPOINT_URL"],
                aws_access_key_id="test",
                aws_secret_access_key="test",
                region_name="us-east-1",
            )
            client.create_bucket(Bucket=BUCKET)
            begun_s = time.monotonic()
            server.start()  # maintenance runs at the start, and every hour
            eventually(lambda: _stored(client) == 2, timeout_s=20, what="the files are uploaded")
            stored_s = time.monotonic() - begun_s
            assert server.call("GET", f"/recordingfiles/{recording}").body == sound.body
            client.close()
    report(fault="S3 away", gap_s=seen.gap_s, stored_s=stored_s)
    assert seen.gap_s < MOST_GAP_S


def _stored(client: object) -> int:
    return len(client.list_objects_v2(Bucket=BUCKET).get("Contents", ()))  # type: ignore[attr-defined]
