"""The README's table of behaviours, from api.md section 18: ``python -m tests.conformance.behaviours`` rewrites it.

A behaviour that has a test is told in the test's own words: the first line of its module, after the number.
"""

import ast
import re
from pathlib import Path
from typing import Final

__all__ = ["BEGIN", "END", "README", "readme_with_table", "tests"]

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- behaviours -->"
END: Final = "<!-- end of behaviours -->"
TITLE: Final = re.compile(r"(\d+): (.+)")
FILE: Final = re.compile(r"test_18_(\d\d)_\w+\.py")
# What those are about that have no test yet.
TOPICS: Final = {
    1: "POST /conferences answers 200 with every key",
    2: "starting, progressing, and never back",
    3: "what a create refuses",
    4: "JSON whatever the Content-Type",
    5: "four ways to present a credential",
    6: "unknown, foreign and malformed ids",
    7: "two hear each other, and not themselves",
    8: "three hear the sum of the others",
    9: "joining, then joined",
    10: "a hang-up is leaved within a second",
    11: "a kick removes from the room, not from the call",
    12: "a second kick is 409",
    13: "a kick while joining",
    14: "connect: two parties, and the end",
    15: "a conference lives on without participants",
    16: "DELETE, empty or not, and again",
    17: "nobody joins a room that is over",
    18: "timeouts",
    19: "PUT: full replacement, and its timer",
    20: "three failing health checks remove",
    21: "participants older than a day",
    22: "recording without body and participants",
    23: "one recording at a time",
    24: "the recording's file",
    25: "the recording's duration",
    26: "the room's end finishes its recording",
    27: "transcribe_start and transcribe_stop",
    28: "transcripts, by webhook and WebSocket",
    29: "pre_actions and post_actions",
    30: "the order of events",
    31: "webhooks: body, retries, signature",
    32: "WebSocket topics",
    33: "WebSocket: what closes it, pings",
    34: "pagination",
    35: "timestamps",
    36: "/v1, ROUTE_NOT_FOUND, X-Request-Id",
    37: "mute, each direction for itself",
    38: "hold, music on hold, silence",
    39: "POST /calls and what becomes of it",
    40: "SIP dial-in: id, hash, name, number",
    41: "REGISTER, digest, contacts, forking",
    42: "digits_receive",
    43: "goto, and a flow that runs away",
    44: "unknown actions and variables",
    45: "media_stream",
    46: "/auth/login",
    47: "access keys are shown once",
    48: "GET of what is deleted",
    49: "many at once",
    50: "restart",
}


def tests() -> dict[int, list[tuple[str, str]]]:
    """Return path and title of the tests of each behaviour, by its number."""
    found: dict[int, list[tuple[str, str]]] = {}
    for path in sorted(Path(__file__).parent.glob("test_18_*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        title, file = TITLE.match(docstring), FILE.fullmatch(path.name)
        assert title and file, (
            f"{path.name}: the name is test_18_NN_word.py, the docstring begins with `NN: `"
        )
        assert int(title[1]) == int(file[1]), f"{path.name}: is it {title[1]} or {file[1]}?"
        found.setdefault(int(title[1]), []).append((str(path.relative_to(ROOT)), title[2]))
    return found


def readme_with_table() -> str:
    """Return the README with the table that the tests say."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_table()}{END}{after}"


def _table() -> str:
    shown = tests()
    rows = [f"| {number} | {_cell(topic, shown.get(number, []))} |\n" for number, topic in TOPICS.items()]
    return "| | behaviour, and the test that shows it |\n|---|---|\n" + "".join(rows)


def _cell(topic: str, files: list[tuple[str, str]]) -> str:
    if not files:
        return f"{topic}: not shown yet"
    return "; ".join(f"[{title.rstrip('.')}]({path})" for path, title in files)


if __name__ == "__main__":
    README.write_text(readme_with_table(), "utf-8")
