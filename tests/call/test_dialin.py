"""Which names lead into a room, and which lead nowhere."""

import uuid

import pytest

from mixminus.call.dialin import route
from mixminus.ids import ConferenceId

ROOM = ConferenceId(uuid.UUID("99accfb7-c0dd-4a54-997d-dd18af7bc280"))
DEMO = ConferenceId(uuid.UUID("85252d7b-777b-4580-9420-4df8c6adfc30"))
NAMES = {"demo": DEMO, "1000": DEMO}


@pytest.mark.parametrize(
    ("target", "destination"),
    [
        pytest.param(str(ROOM), ROOM, id="conference id"),
        pytest.param(str(ROOM).upper(), ROOM, id="upper case"),
        pytest.param(f"conference:{ROOM}", ROOM, id="prefixed"),
        pytest.param(f"conference%3A{ROOM}", ROOM, id="prefixed and escaped"),
        pytest.param(f"{ROOM}@192.0.2.1", ROOM, id="with a host"),
        pytest.param(f"sip:{ROOM}@192.0.2.1", ROOM, id="as a URI"),
        pytest.param("demo", DEMO, id="name"),
        pytest.param("1000", DEMO, id="number"),
        pytest.param("direct.0123456789ab", "direct.0123456789ab", id="direct hash"),
        pytest.param("", None, id="nothing"),
        pytest.param("nobody", None, id="unknown name"),
        pytest.param("conference:demo", None, id="a name is not an id"),
        pytest.param(ROOM.hex, None, id="an id without hyphens"),
        pytest.param(f"urn:uuid:{ROOM}", None, id="URN"),
        pytest.param("g" * 36, None, id="36 characters"),
        pytest.param("%00", None, id="control character"),
    ],
)
def test_routing(target: str, destination: object) -> None:
    assert route(target, NAMES) == destination
