"""What the log contains of an error, from any logger, and what it must not."""

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


def run(configure: str, statement: str, failure: str = "fail") -> str:
    """Fail in a separate process, and return its output."""
    program = f"""
import logging, sys
from mixminus import log
{FAILURE}
{configure}
try:
    {failure}(sys.argv[1])
except Exception as error:
    {statement}
"""
    done = subprocess.run(
        [sys.executable, "-c", program, SECRET], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("configure", "statement", "failure"),
    [
        # Before logging is configured, only loggers of mixminus have its format.
        *(("not yet", statement, "fail") for statement in ("ours", "ours, as the current one")),
        *(("lines", statement, "fail") for statement in LOGGED),
        *(("json", statement, "group") for statement in LOGGED),
    ],
)
def test_a_traceback_has_places_and_types_but_no_user_data(
    configure: str, statement: str, failure: str
) -> None:
    output = run(CONFIGURED[configure], LOGGED[statement], failure)
    assert "RuntimeError" in output
    assert "ValueError" in output
    assert "in fail" in output
    assert SECRET not in output
    assert "vb_" not in output
    if configure == "json":
        events = [orjson.loads(line) for line in output.splitlines()]
        assert [event["event"] for event in events] == [
            "process failed" if statement == "nobody's" else "it failed"
        ]


def test_the_text_of_an_error_without_user_data_is_logged() -> None:
    output = run(
        CONFIGURED["lines"], "log.get('x').error('failed', exc_info=FileNotFoundError(2, sys.argv[1]))"
    )
    assert "FileNotFoundError: No such file or directory" in output
    assert SECRET not in output
