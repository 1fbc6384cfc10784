"""Malformed requests fill no log: one line in ten seconds says how many there were."""

import logging

from aiohttp.http_exceptions import BadHttpMessage

from mixminus.api import server_log


def record(error: Exception) -> logging.LogRecord:
    return logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "Error", (), (type(error), error, None))


def test_malformed_requests_are_counted_and_other_errors_are_logged() -> None:
    lines = server_log._Malformed()
    malformed = [record(BadHttpMessage("a stranger's\n")) for _ in range(1001)]
    assert [lines.filter(each) for each in malformed[:1000]] == [True] + [False] * 999
    malformed[-1].created += server_log._LINE_S
    assert lines.filter(malformed[-1])
    shown = [
        (each.levelno, each.msg, each.exc_info, vars(each)["fields"])
        for each in (malformed[0], malformed[-1])
    ]
    warning = (logging.WARNING, "malformed request", None)
    assert shown == [
        (*warning, {"error": "BadHttpMessage", "count": 1}),
        (*warning, {"error": "BadHttpMessage", "count": 1000}),
    ]
    defect = record(ValueError("a defect"))
    assert lines.filter(defect)
    assert (defect.levelno, defect.msg) == (logging.ERROR, "Error")
