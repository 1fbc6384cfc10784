"""What a log may tell of an error, whoever logs it, and what it may not."""

import subprocess
import sys

import orjson
import pytest

SECRET = "+4915112345678"
FAILURE = """
def fail(secret):
    key = f"vb_{secret}"
    try:
        raise ValueError(f"bad number {key}")
    except ValueError as error:
        raise RuntimeError(secret) from error

def group(secret):
    try:
        fail(secret)
    except RuntimeError as error:
        raise ExceptionGroup(secret, [error])
"""
LOGGED = {
    "ours": "log.get('part').error('it failed', exc_info=error)",
    "ours, as the current one": "log.get('part').exception('it failed')",
    "a library's": "logging.getLogger('library').exception('it failed\\nfor %s', sys.argv[1])",
    "nobody's": "raise",
}
CONFIGURED = {
    "lines": "log.configure(level='info', json=False)",
    "json": "log.configure(level='info', json=True)",
    "not yet": "",
}


def run(configure: str, tell: str, failure: str = "fail") -> str:
    """Fail in a process of its own, and return what it has written."""
    program = f"""
import logging, sys
from mixminus import log
{FAILURE}
{configure}
try:
    {failure}(sys.argv[1])
except Exception as error:
    {tell}
"""
    done = subprocess.run(
        [sys.executable, "-c", program, SECRET], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("configure", "tell", "failure"),
    [
        # Until it is configured, only our own loggers are ours.
        *(("not yet", tell, "fail") for tell in ("ours", "ours, as the current one")),
        *(("lines", tell, "fail") for tell in LOGGED),
        *(("json", tell, "group") for tell in LOGGED),
    ],
)
def test_a_traceback_tells_where_and_what_but_nothing_of_anybody(
    configure: str, tell: str, failure: str
) -> None:
    told = run(CONFIGURED[configure], LOGGED[tell], failure)
    assert "RuntimeError" in told
    assert "ValueError" in told
    assert "in fail" in told
    assert SECRET not in told
    assert "vb_" not in told
    if configure == "json":
        events = [orjson.loads(line) for line in told.splitlines()]
        assert [event["event"] for event in events] == [
            "process failed" if tell == "nobody's" else "it failed"
        ]


def test_what_is_known_of_an_error_is_told() -> None:
    told = run(
        CONFIGURED["lines"], "log.get('x').error('failed', exc_info=FileNotFoundError(2, sys.argv[1]))"
    )
    assert "FileNotFoundError: No such file or directory" in told
    assert SECRET not in told
