"""The three nodes of ``compose.cluster.yaml``, read by docker-compose, and run as processes with its environment and commands.

Containers of its host network share the machine's addresses and ports, as processes do; what is not tried is the images.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
import yaml

from mixminus.app.settings import Settings, setting_name
from tests.deploy.test_prometheus import DASHBOARD, LATER, RULES, used
from tests.support.documentation import ROOT
from tests.support.kamailio import running_kamailio
from tests.support.kamailio_front import CONFIG
from tests.support.netns import ADDRESS
from tests.support.nodes import living
from tests.support.postgresql import PostgreSQL
from tests.support.raw_phone import RawPhone
from tests.support.s3 import s3_server
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import tone
from tests.support.waiting import eventually

# Three servers, started one after another.
pytestmark = pytest.mark.timeout(900)

FILE: Final = ROOT / "deploy" / "docker" / "compose.cluster.yaml"
SECRETS: Final = {
    "ADDRESS": ADDRESS,
    "CLUSTER_SECRET": "a secret that the three nodes of this file share",
    "SECRETS_KEY": "YSBrZXkgb2YgdGVzdHMsIG9mIHRoaXJ0eS10d28gYnk=",
    "POSTGRES_PASSWORD": "postgres-4711",
    "STORAGE_PASSWORD": "storage-4711",
    "METRICS_TOKEN": "token-of-prometheus",
    "SHARDS": "1",
}
NODES: Final = ("node1", "node2", "node3")
AWS: Final = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")


def compose(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["docker-compose", "-f", str(FILE), *arguments]
    environment = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """What docker-compose makes of the file."""
    done = compose("config", **SECRETS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


@pytest.mark.parametrize("name", sorted(SECRETS.keys() - {"METRICS_TOKEN", "SHARDS"}))
def test_a_secret_that_is_not_set_is_asked_for(name: str) -> None:
    done = compose("config", **{key: value for key, value in SECRETS.items() if key != name})
    assert done.returncode != 0
    assert name in done.stderr


def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    copy = tmp_path / FILE.name
    copy.write_text(FILE.read_text("utf-8").replace("stop_grace_period", "stop_grace_periods"))
    command = ["docker-compose", "-f", str(copy), "config"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin", **SECRETS}
    )
    assert done.returncode != 0
    assert "stop_grace_periods" in done.stderr


def test_the_other_compose_file_is_accepted_too() -> None:
    command = ["docker-compose", "-f", str(FILE.with_name("compose.yaml")), "config", "--quiet"]
    environment = {"PATH": "/usr/bin", "POSTGRES_PASSWORD": "secret"}
    assert subprocess.run(command, capture_output=True, check=False, env=environment).returncode == 0


def test_each_node_has_ports_of_its_own_and_settings_that_exist(services: dict[str, Any]) -> None:
    known = {setting_name(name) for name in Settings.model_fields} | set(AWS)
    ports: set[int] = set()
    for node in NODES:
        environment = services[node]["environment"]
        assert set(environment) <= known
        own = {
            int(value) for name, value in environment.items() if re.search(r"(HTTP|SIP|WEBRTC)_PORT$", name)
        }
        own |= {int(environment["MIXMINUS_CLUSTER_ADDRESS"].rpartition(":")[2])}
        first, last = (int(environment[f"MIXMINUS_RTP_PORT_{end}"]) for end in ("MIN", "MAX"))
        own |= set(range(first, last + 1))
        assert not own & ports
        ports |= own
        assert services[node]["network_mode"] == "host"
        assert services[node]["ulimits"]["rtprio"] >= 20
        assert services[node]["cap_drop"] == ["ALL"]
    assert not ports & {5060, 5432, 9000}


def test_a_node_is_not_killed_while_it_drains(services: dict[str, Any]) -> None:
    for node in NODES:
        minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(\d+)s", services[node]["stop_grace_period"]).groups()  # type: ignore[union-attr]
        grace_s = 60 * int(minutes or 0) + int(seconds)
        assert grace_s >= int(services[node]["environment"]["MIXMINUS_DRAIN_S"]) + 10


def test_every_service_is_restarted_and_reports_its_health(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["restart"] == "on-failure"
        assert service["healthcheck"]["test"]


@dataclass(frozen=True, slots=True)
class Stack:
    """The running services."""

    nodes: list[Server]
    bucket: Any
    """A client of the storage."""


@pytest.fixture(scope="module")
def stack(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with ExitStack() as stack:
        database = PostgreSQL(listen_addresses="127.0.0.1", port="5432")
        stack.callback(database.close)
        database.create("mixminus")
        client = stack.enter_context(_storage(services["node1"]["environment"]))
        nodes = [stack.enter_context(_node(services[name], tmp_path_factory.mktemp(name))) for name in NODES]
        for node in nodes:
            eventually(lambda node=node: len(living(node.call("GET", "/nodes"))) == 3, what="three nodes")  # type: ignore[misc]
        stack.enter_context(_proxy(services["proxy"], tmp_path_factory.mktemp("proxy")))
        yield Stack(nodes, client)


def _node(service: dict[str, Any], folder: Path) -> Server:
    """Start a node, again if it fails, as its service says: one that stood still for 6 s on a busy machine has ended."""
    assert service["restart"] == "on-failure"
    settings = service["environment"] | {"MIXMINUS_SIP_MAX_CALLS": "10"}
    for _ in range(4):
        with suppress(AssertionError):
            return Server(folder, **settings)
    return Server(folder, **settings)


@contextmanager
def _storage(environment: dict[str, str]) -> Iterator[Any]:
    """Run moto's server at the address of the storage, with the bucket that the storage's command makes."""
    endpoint, key, secret, region = (environment[name] for name in AWS)
    with s3_server(int(endpoint.rpartition(":")[2])):
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            region_name=region,
        )
        client.create_bucket(Bucket="recordings")
        yield client
        client.close()


@contextmanager
def _proxy(service: dict[str, Any], folder: Path) -> Iterator[None]:
    """Run Kamailio by the command of its service; only its folders are others."""
    places = {"/run/kamailio": str(folder), "/etc/kamailio/kamailio.cfg": str(CONFIG), "$$": "$"}
    words = [*service["entrypoint"], *service["command"]]
    for path, own in places.items():
        assert any(path in word for word in words)
        words = [word.replace(path, own) for word in words]
    variables = [f"{name}={value}" for name, value in service["environment"].items()]
    with running_kamailio(["/usr/bin/env", *variables, *words], folder / "kamailio.log"):
        yield


def test_phones_that_call_the_proxy_are_in_one_room_and_its_recording_is_read_at_every_node(
    stack: Stack,
) -> None:
    one, two, three = stack.nodes
    room = one.new_room(name="shared")
    proxy = (ADDRESS, 5060)
    with RawPhone(patience_s=32) as first, RawPhone(patience_s=32) as second:
        for phone in (first, second):
            phone.dial(proxy, room)
        two.wait_for_participants(room, 2)
        assert three.call("POST", f"/conferences/{room}/recording_start").status == 200
        recording = two.room(room)["recording_id"]
        first.talk(tone(440.0, 1.0, sample_rate_hz=8000))
        assert two.call("POST", f"/conferences/{room}/recording_stop").status == 200
    path, headers = f"/v1.0/recordingfiles/{recording}", {"Authorization": f"Bearer {ACCESS_KEY}"}
    for node in stack.nodes:
        eventually(
            lambda node=node: node.request("GET", path, headers=headers).status == 200,  # type: ignore[misc]
            timeout_s=120,
            what="the recording is complete",
        )
    eventually(
        lambda: "Contents" in stack.bucket.list_objects_v2(Bucket="recordings", Prefix=recording),
        timeout_s=120,
        what="it is in the storage",
    )
    read = {node.request("GET", path, headers=headers).body for node in stack.nodes}
    assert len(read) == 1
    assert read.pop()[:4] == b"RIFF"


def test_the_metrics_token_reads_all_that_alerts_and_dashboard_use(stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
    wanted = used(RULES.read_text("utf-8")) | used(DASHBOARD.read_text("utf-8"))
    for node in stack.nodes:
        answer = node.request("GET", "/metrics", headers=headers)
        assert answer.status == 200
        missing = wanted - used(answer.body.decode())
        assert not [name for name in missing if not name.startswith(LATER)]
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=answer.body, capture_output=True, check=False
        )
        assert checked.returncode in (0, 3), checked.stderr  # 3: style alone


def test_a_killed_node_is_replaced_and_calls_go_on_by_the_proxy(stack: Stack) -> None:
    """The last test of the stack: it ends a node."""
    home, *others = stack.nodes
    room = home.new_room(name="taken over")
    home.kill()

    def open_elsewhere() -> bool:
        answer = others[0].call("PUT", f"/conferences/{room}", {"name": "whole"})
        return answer.status == 200

    eventually(open_elsewhere, timeout_s=60, what="the room is open at another node")
    with RawPhone(patience_s=32) as phone:
        phone.dial((ADDRESS, 5060), room)
        others[1].wait_for_participants(room, 1)
