"""SIPVicious, the scanner that reaches every public SIP server within minutes, finds nothing."""

import subprocess
import sys
from typing import Final

import pytest

from tests.support.server import Server

EXTENSIONS: Final = ("1001", "1002")
RANGE: Final = "995-1010"

# The tool under another name than its own, which the server does not answer.
DISGUISED: Final = """
import sys
from sipvicious import svwar
from sipvicious.libs import svhelper
made = svhelper.makeRequest
made.__defaults__ = tuple("phone" if each == "friendly-scanner" else each for each in made.__defaults__)
sys.argv[0] = "svwar"
svwar.main()
"""


@pytest.fixture(scope="module", autouse=True)
def extensions(server: Server) -> None:
    for extension in EXTENSIONS:
        body = {"extension": extension, "password": f"secret-{extension}"}
        assert server.call("POST", "/extensions", body).status == 200


def output(server: Server, *command: str) -> str:
    """Run a tool of SIPVicious against the server; return all that it prints."""
    arguments = [sys.executable, *command, "-p", str(server.sip_port), server.host]
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    return run.stdout + run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("svmap",), id="svmap"),
        pytest.param(("svwar", f"-e{RANGE}", "-mINVITE"), id="svwar, INVITE"),
        pytest.param(("svwar", f"-e{RANGE}", "-mREGISTER"), id="svwar, REGISTER"),
        pytest.param(("svwar", f"-e{RANGE}", "-mOPTIONS"), id="svwar, OPTIONS"),
        pytest.param(("svcrack", "-u1001", "-r1-5"), id="svcrack"),
    ],
)
def test_sipvicious_finds_nothing(server: Server, arguments: tuple[str, ...]) -> None:
    tool, *options = arguments
    printed = output(server, "-c", f"from sipvicious.{tool} import main; main()", *options)
    assert "found nothing" in printed
    assert not any(f"| {each}" in printed for each in EXTENSIONS)


@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS"])
def test_scanner_under_another_name_finds_no_extension(server: Server, method: str) -> None:
    printed = output(server, "-c", DISGUISED, f"-e{RANGE}", f"-m{method}")
    assert "timed out" not in printed, "it was answered"
    assert "found nothing" in printed
    assert not any(f"| {each}" in printed for each in EXTENSIONS)
