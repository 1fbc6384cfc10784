"""Parsing of dialled targets."""

import pytest

from mixminus.call.routing import Dialled, Kind, parse_target

ROOM = "99accfb7-c0dd-4a54-997d-dd18af7bc280"
TO_ROOM = Dialled(Kind.CONFERENCE, ROOM)


@pytest.mark.parametrize(
    ("target", "dialled"),
    [
        pytest.param(ROOM, TO_ROOM, id="conference id"),
        pytest.param(ROOM.upper(), TO_ROOM, id="upper case"),
        pytest.param(f"conference:{ROOM}", TO_ROOM, id="prefixed"),
        pytest.param(f"conference%3A{ROOM}", TO_ROOM, id="prefixed and escaped"),
        pytest.param(f"{ROOM}@192.0.2.1", TO_ROOM, id="with a host"),
        pytest.param(f"sip:{ROOM}@192.0.2.1", TO_ROOM, id="as a URI"),
        pytest.param("demo", Dialled(Kind.USER, "demo"), id="name"),
        pytest.param("1000", Dialled(Kind.USER, "1000"), id="short number, or a name"),
        pytest.param("+15551234567", Dialled(Kind.NUMBER, "+15551234567"), id="E.164"),
        pytest.param("+1 (555) 123-4567", Dialled(Kind.NUMBER, "+15551234567"), id="with separators"),
        pytest.param("tel:15551234567", Dialled(Kind.NUMBER, "15551234567"), id="tel"),
        pytest.param("extension:1001", Dialled(Kind.EXTENSION, "1001"), id="extension"),
        pytest.param("direct.0123456789ab", Dialled(Kind.DIRECT, "direct.0123456789ab"), id="hash"),
        pytest.param("", None, id="nothing"),
        pytest.param("conference:demo", None, id="a name is not an id"),
        pytest.param("agent:1", None, id="agents cannot be dialled"),
        pytest.param("extension:", None, id="no extension"),
        pytest.param("+", None, id="a bare plus"),
        pytest.param("+12x", None, id="no number"),
        pytest.param("+" + "1" * 40, None, id="too long for a number"),
        pytest.param(f"urn:uuid:{ROOM}", None, id="URN"),
        pytest.param("%00", None, id="control character"),
    ],
)
def test_target_is_parsed(target: str, dialled: Dialled | None) -> None:
    assert parse_target(target) == dialled


@pytest.mark.parametrize("target", [ROOM.replace("-", ""), "g" * 36])
def test_almost_an_id_is_a_word(target: str) -> None:
    assert parse_target(target) == Dialled(Kind.USER, target)
