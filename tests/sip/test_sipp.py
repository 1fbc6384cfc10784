"""SIPp as the caller: many calls at once, held and hung up, over UDP and TCP."""

import asyncio
import shutil
from pathlib import Path

import pytest

from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import end_of, open_backend

SCENARIO = Path(__file__).with_name("scenarios") / "hold.xml"
CALLS = 40


def errors_of(directory: Path) -> list[str]:
    """Return SIPp's error messages."""
    return [path.read_text()[:2000] for path in directory.glob("*errors*")]


@pytest.mark.parametrize("transport", ["u1", "t1", "tn"])
async def test_forty_calls_are_held_and_hung_up(transport: str, tmp_path: Path) -> None:
    program = shutil.which("sipp")
    assert program, "SIPp is missing: apt-get install sip-tester"
    async with open_backend(SipConfig(port=0, max_calls=CALLS)) as backend:
        options = ["-m", str(CALLS), "-l", str(CALLS), "-r", "20", "-i", "127.0.0.1", "-t", transport]
        sipp = await asyncio.create_subprocess_exec(
            *[program, f"127.0.0.1:{backend.endpoint.port}", "-sf", str(SCENARIO), "-s", "1000", *options],
            *["-nostdin", "-timeout", "60", "-trace_err", "-max_socket", "1000"],
            cwd=tmp_path,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await sipp.wait() == 0, errors_of(tmp_path)
        assert len(backend.receiver.legs) == CALLS
        for leg in backend.receiver.legs:
            assert await end_of(leg) == (HangupReason.NORMAL, True)
