"""The systemd unit: valid, hardened, and the server works under its limits, with a call and with speech."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mixminus.app.notify import notify
from tests.support.documentation import ROOT
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.service_sandbox import can_raise_limits, command_in, directives
from tests.support.tones import tone

UNIT = ROOT / "deploy" / "systemd" / "mixminus.service"
# Ten times what `systemd-analyze security` prints; 92 is a unit without any hardening.
MAX_EXPOSURE = 20

RECOGNISE = """
import wave, numpy
from mixminus.speech.recognition.whisper import load
with wave.open("/usr/share/asterisk/sounds/en_US_f_Allison/agent-pass.wav") as file:
    pcm = numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16)
print(load("").recognise(numpy.repeat(pcm, 2), "en").text)
"""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    # systemd looks for the program, which this machine has elsewhere.
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/mixminus/bin/mixminus serve", "/bin/true"))
    done = analyze("verify", str(copy))
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_a_misspelt_directive_would_be_found(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(
        UNIT.read_text("utf-8")
        .replace("ProtectHome=", "ProtectHomes=")
        .replace("/opt/mixminus/bin/mixminus serve", "/bin/true")
    )
    assert "ProtectHomes" in analyze("verify", str(copy)).stderr


def test_the_unit_is_hardened() -> None:
    done = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", str(UNIT))
    assert done.returncode == 0, done.stdout[-300:]


def test_mixing_may_have_real_time_priority_and_the_stop_signal_goes_to_the_main_process() -> None:
    values = dict(directives(UNIT))
    assert int(values["LimitRTPRIO"]) >= 20
    assert values["KillMode"] == "control-group"
    assert "RestrictRealtime" not in values


def test_a_child_that_is_killed_for_memory_does_not_end_the_unit() -> None:
    assert dict(directives(UNIT))["OOMPolicy"] == "continue"


def test_the_user_of_the_service_is_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    configuration = UNIT.with_name("mixminus.sysusers")
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(configuration)], check=True, capture_output=True
    )
    assert "mixminus:" in (tmp_path / "etc" / "passwd").read_text()


def limited(unit: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program under the limits of a unit."""
    command = [*command_in(unit), sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def without_written_code(folder: Path) -> Path:
    """Return a copy of the unit with MemoryDenyWriteExecute, for a server without speech to text."""
    text = UNIT.read_text("utf-8")
    assert "MemoryDenyWriteExecute=no" in text
    copy = folder / UNIT.name
    copy.write_text(text.replace("MemoryDenyWriteExecute=no", "MemoryDenyWriteExecute=yes"))
    return copy


def test_the_limits_of_the_unit_are_applied() -> None:
    assert "PermissionError" in limited(UNIT, "import os; os.chown('.', 0, 0)").stderr


def test_speech_is_recognised_under_the_limits_of_the_unit() -> None:
    done = limited(UNIT, RECOGNISE)
    assert "password" in done.stdout.lower(), done.stderr[-1000:]


def test_speech_is_not_recognised_where_no_code_may_be_written(tmp_path: Path) -> None:
    # Once this fails, the unit can have MemoryDenyWriteExecute.
    assert "could not create a primitive" in limited(without_written_code(tmp_path), RECOGNISE).stderr


@pytest.mark.parametrize("strict", [False, True], ids=["as it is", "MemoryDenyWriteExecute"])
def test_the_server_takes_a_call_under_the_limits_of_the_unit(tmp_path: Path, strict: bool) -> None:
    unit = without_written_code(tmp_path) if strict else UNIT
    settings = {
        "MIXMINUS_REALTIME": "on" if can_raise_limits() else "auto",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "PYTHONPATH": str(ROOT),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(settings["NOTIFY_SOCKET"])
        with Server(tmp_path, launcher=command_in(unit), **settings) as server:
            record_a_call(server)
            assert server.stop() == 0
        manager.settimeout(5)
        assert manager.recv(1000) == b"READY=1\nSTATUS=serving"
        assert manager.recv(1000) == b"STOPPING=1\nSTATUS=stopping"
    assert "Traceback" not in server.log
    assert "not permitted" not in server.log.lower()


def record_a_call(server: Server) -> None:
    """Call a room that greets its callers by speech, and record it."""
    greeting = {"type": "talk", "option": {"text": "Welcome.", "language": "en-US"}}
    room = server.new_room(pre_actions=[greeting])
    with RawPhone(patience_s=32) as caller:
        caller.dial((server.host, server.sip_port), room)
        caller.talk(tone(440.0, 1.0, sample_rate_hz=8000))
        # It enters when it has been greeted, for which speech synthesis has to be loaded first.
        server.wait_for_participants(room, 1, timeout_s=60)
        assert server.call("POST", f"/conferences/{room}/recording_start").status == 200
    server.wait_for_participants(room, 0)


def test_states_reach_the_service_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify(READY="1", STATUS="serving")
        assert manager.recv(1000) == b"READY=1\nSTATUS=serving"


def test_states_reach_a_service_manager_in_the_abstract_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0mixminus-notify-test")
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@mixminus-notify-test")
        notify(STOPPING="1")
        assert manager.recv(1000) == b"STOPPING=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_without_a_service_manager_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify(READY="1")
