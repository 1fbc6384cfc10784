"""The image's files agree with the rest: ports, the user, what is copied, and the settings that compose passes on."""

import re

import pytest
import yaml

from mixminus.app.settings import Settings, setting_name
from tests.support.documentation import ROOT

FOLDER = ROOT / "deploy" / "docker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))


def test_the_server_does_not_run_as_root_and_only_the_last_stage_is_shipped() -> None:
    *_, last = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    user = re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user is not None
    assert f"--uid {user[1]}" in last
    assert "COPY --from=build" in last
    assert "gcc" not in DOCKERFILE


def test_the_image_contains_the_wheel_alone() -> None:
    kept = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    assert kept == ["*", "!build/artefacts/*.whl"]
    assert "build/artefacts/*.whl" in DOCKERFILE


def test_the_default_ports_are_exposed() -> None:
    exposed = set(re.findall(r"(\d+)/(?:udp|tcp)", DOCKERFILE))
    fields = Settings.model_fields
    assert exposed == {str(fields[name].default) for name in ("sip_port", "http_port", "webrtc_port")}


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_services_are_restarted_and_report_their_health(service: str) -> None:
    assert COMPOSE["services"][service]["restart"] == "on-failure"
    assert COMPOSE["services"][service]["healthcheck"]["test"]


def test_compose_passes_settings_that_exist_and_the_limits_that_the_mixer_needs() -> None:
    service = COMPOSE["services"]["mixminus"]
    assert set(service["environment"]) <= {setting_name(name) for name in Settings.model_fields}
    assert service["network_mode"] == "host"
    assert service["ulimits"]["rtprio"] >= 20
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
