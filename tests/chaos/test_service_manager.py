"""The unit under a real systemd: calls end before it stops, and it comes back after it was killed."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Report
from tests.support.documentation import ROOT
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.service_sandbox import can_raise_limits
from tests.support.systemd import Systemd
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="systemd as process 1 needs root"),
]

NAME = "mixminus.service"
UNIT = (ROOT / "deploy" / "systemd" / NAME).read_text("utf-8")
STOP_S = 15
"""Of TimeoutStopSec: the server must ask for more while it drains."""
DRAIN_S = 300
VOICE = tone(440.0, 1.0, sample_rate_hz=8000)
PATIENCE_S = 32
START_S = 180


class Service(Server):
    """The server as a unit of systemd."""

    def __init__(self, directory: Path, systemd: Systemd, *, stop_s: int = START_S, **settings: str) -> None:
        self._systemd = systemd
        self._stop_s = stop_s
        super().__init__(directory, MIXMINUS_DATA_DIR="/var/lib/mixminus", **settings)

    def start(self) -> None:
        drop_in = self.directory / "units" / f"{NAME}.d" / "settings.conf"
        drop_in.parent.mkdir(exist_ok=True)
        lines = [f"Environment={name}={value}" for name, value in self._settings.items()]
        drop_in.write_text("\n".join(["[Service]", f"TimeoutStopSec={self._stop_s}", *lines, ""]))
        assert self._systemd.systemctl("daemon-reload").returncode == 0
        started = self._systemd.systemctl("start", NAME)
        assert started.returncode == 0, started.stderr + self._systemd.systemctl("status", NAME).stdout

    def stop(self) -> int:
        self._systemd.systemctl("stop", NAME)
        return int(self._systemd.show(NAME, "ExecMainStatus"))


def drop_in(folder: Path) -> str:
    """Return what differs here: the program, no unit of the machine before it, and limits that may not be raised."""
    limits = [] if can_raise_limits() else ["LimitRTPRIO=", "LimitNOFILE=", "OOMScoreAdjust="]
    return "\n".join(
        [
            "[Unit]",
            "DefaultDependencies=no",
            "[Service]",
            "ExecStart=",
            f"ExecStart={sys.executable} -m mixminus serve",
            # The program may be in the home of root, where no other user reads it.
            "ProtectHome=read-only",
            "User=root",
            "Group=root",
            f"StandardOutput=append:{folder}/server.log",
            "StandardError=inherit",
            f"TimeoutStartSec={START_S}",
            *limits,
            "",
        ]
    )


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    units = {NAME: UNIT, f"{NAME}.d/test.conf": drop_in(tmp_path)}
    with Systemd(tmp_path, units) as running:
        yield running


def dial(phone: RawPhone, server: Server, room: str) -> None:
    phone.dial((server.host, server.sip_port), room)
    phone.talk(VOICE)


def is_refused(server: Server, room: str) -> bool:
    with RawPhone(patience_s=PATIENCE_S) as late:
        try:
            dial(late, server, room)
        except AssertionError as error:
            assert "SIP/2.0 503" in str(error)
            return True
    return False


@pytest.mark.timeout(900)
def test_stop_lets_calls_end_first(tmp_path: Path, systemd: Systemd, report: Report) -> None:
    server = Service(
        tmp_path, systemd, stop_s=STOP_S, MIXMINUS_DRAIN_S=str(DRAIN_S), MIXMINUS_SIP_MAX_CALLS="4"
    )
    room = server.new_room()
    with RawPhone(patience_s=PATIENCE_S) as phone:
        dial(phone, server, room)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        eventually(
            lambda: systemd.show(NAME, "StatusText") == "draining: 1 calls", timeout_s=60, what="it drains"
        )
        # The edge refuses them within a second.
        eventually(lambda: is_refused(server, room), timeout_s=60, what="new calls are refused")
        heard = len(phone.arrivals)
        play_for(STOP_S + 5)
        assert systemd.show(NAME, "ActiveState") == "deactivating"
        assert len(phone.arrivals) > heard, "the call goes on"
        phone.hang_up()
    begun_s = time.monotonic()
    stopping.join()
    assert [systemd.show(NAME, name) for name in ("Result", "ExecMainStatus", "ActiveState")] == [
        "success",
        "0",
        "inactive",
    ]
    assert "Traceback" not in server.log
    report(fault="drain under systemd", ended_s=time.monotonic() - begun_s)


@pytest.mark.timeout(900)
def test_killed_server_comes_back(tmp_path: Path, systemd: Systemd, report: Report) -> None:
    server = Service(tmp_path, systemd, MIXMINUS_SIP_MAX_CALLS="4")
    assert systemd.show(NAME, "OOMPolicy") == "continue", "a child that is killed for memory is replaced"
    room = server.new_room()
    with RawPhone(patience_s=PATIENCE_S) as phone:
        dial(phone, server, room)
        systemd.systemctl("kill", "-s", "KILL", "--kill-whom=main", NAME)
        begun_s = time.monotonic()
        phone.wait_for_bye(PATIENCE_S)
        bye_s = time.monotonic() - begun_s
    eventually(
        lambda: (systemd.show(NAME, "NRestarts"), systemd.show(NAME, "ActiveState")) == ("1", "active"),
        timeout_s=START_S,
        what="it was started again",
    )
    with RawPhone(patience_s=PATIENCE_S) as phone:
        dial(phone, server, server.new_room())
        whole_s = time.monotonic() - begun_s
    assert server.stop() == 0
    report(fault="killed under systemd", bye_s=bye_s, whole_s=whole_s)
