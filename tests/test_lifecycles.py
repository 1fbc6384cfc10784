"""Every lifecycle's table is total, every state can be reached, every lifecycle can end, and ARCHITECTURE.md prints it."""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mixminus.errors import IllegalTransition
from mixminus.machine import diagram, is_final, step
from mixminus.model.access import CUSTOMER_TRANSITIONS, CustomerStatus
from mixminus.model.broadcast import BROADCAST_TRANSITIONS, BroadcastStatus
from mixminus.model.call import CALL_TRANSITIONS, GROUPCALL_TRANSITIONS, CallStatus, GroupcallStatus
from mixminus.model.conference import (
    CONFERENCE_TRANSITIONS,
    CONFERENCECALL_TRANSITIONS,
    SEAT_TRANSITIONS,
    ConferencecallStatus,
    ConferenceStatus,
    SeatState,
)
from mixminus.model.flow import ACTIVEFLOW_TRANSITIONS, ActiveflowStatus
from mixminus.model.media_stream import MEDIA_STREAM_TRANSITIONS, MediaStreamStatus
from mixminus.model.playback import PLAYBACK_TRANSITIONS, PlaybackStatus
from mixminus.model.recording import RECORDING_TRANSITIONS, RecordingStatus
from mixminus.model.speaking import SPEAKING_TRANSITIONS, SpeakingStatus
from mixminus.model.trace import TRACE_TRANSITIONS, TraceStatus
from mixminus.model.transcription import TRANSCRIBE_TRANSITIONS, TranscribeStatus
from mixminus.sip.dialling import DIALLED_TRANSITIONS, DialledState
from mixminus.sip.incoming_leg import LEG_TRANSITIONS, LegState
from mixminus.webrtc.leg import WEBRTC_LEG_TRANSITIONS, WebRtcLegState
from tests.sip.test_lifecycles import TABLES as SIP_TABLES

ROOT = Path(__file__).resolve().parents[1]
Table = Mapping[Any, Mapping[Any, Any]]
LIVES: dict[str, tuple[Table, Any]] = {
    "conference": (CONFERENCE_TRANSITIONS, ConferenceStatus.STARTING),
    "conferencecall": (CONFERENCECALL_TRANSITIONS, ConferencecallStatus.JOINING),
    "seat": (SEAT_TRANSITIONS, SeatState.RESERVED),
    "activeflow": (ACTIVEFLOW_TRANSITIONS, ActiveflowStatus.RUNNING),
    # Incoming calls begin ringing; outgoing ones pass through it.
    "call": (CALL_TRANSITIONS, CallStatus.DIALING),
    "groupcall": (GROUPCALL_TRANSITIONS, GroupcallStatus.PROGRESSING),
    "recording": (RECORDING_TRANSITIONS, RecordingStatus.INITIATING),
    "phone's leg": (LEG_TRANSITIONS, next(iter(LegState))),
    "dialled phone's leg": (DIALLED_TRANSITIONS, DialledState.DIALLING),
    "browser's leg": (WEBRTC_LEG_TRANSITIONS, WebRtcLegState.OFFERED),
    "speaking": (SPEAKING_TRANSITIONS, SpeakingStatus.ACTIVE),
    "trace": (TRACE_TRANSITIONS, TraceStatus.WAITING),
    "transcribe": (TRANSCRIBE_TRANSITIONS, TranscribeStatus.PROGRESSING),
}
# A customer can be frozen and recovered without end; a playback has three ends, a media stream can be reconnected without end.
TABLES: dict[str, tuple[Table, Any]] = {
    **LIVES,
    "customer": (CUSTOMER_TRANSITIONS, CustomerStatus.ACTIVE),
    "media stream": (MEDIA_STREAM_TRANSITIONS, MediaStreamStatus.CONNECTING),
    "broadcast": (BROADCAST_TRANSITIONS, BroadcastStatus.STARTING),
    "playback": (PLAYBACK_TRANSITIONS, PlaybackStatus.QUEUED),
}


def reachable(table: Table, first: set[Any]) -> set[Any]:
    found, todo = set(first), list(first)
    while todo:
        for state in table[todo.pop()].values():
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


def test_no_table_is_forgotten() -> None:
    """Those of the SIP side's own processes are in ``tests/sip/test_lifecycles.py``."""
    tested = [table for table, _ in TABLES.values()] + list(SIP_TABLES)
    found = 0
    for path in (ROOT / "src").rglob("*.py"):
        for name in re.findall(r"^(\w+_TRANSITIONS): Final", path.read_text(), re.MULTILINE):
            module = ".".join(("mixminus", *path.relative_to(ROOT / "src").with_suffix("").parts))
            table = getattr(importlib.import_module(module), name)
            assert any(table is each for each in tested), f"{module}.{name}"
            found += 1
    assert found >= len(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_row_and_can_be_reached(name: str) -> None:
    table, first = TABLES[name]
    assert set(table) == set(type(first).__members__.values())
    assert reachable(table, {first}) == set(table)


@pytest.mark.parametrize("name", LIVES)
def test_no_state_comes_back_and_every_life_ends_in_the_one_final_state(name: str) -> None:
    table, _ = LIVES[name]
    assert [state for state in table if is_final(table, state)] == [list(table)[-1]]
    for state in table:
        onward = reachable(table, set(table[state].values()))
        assert state not in onward
        assert is_final(table, state) or list(table)[-1] in onward


@pytest.mark.parametrize("name", TABLES)
def test_what_the_table_does_not_say_is_refused(name: str) -> None:
    table, _ = TABLES[name]
    events = {event for row in table.values() for event in row}
    for state, row in table.items():
        for event in events - set(row):
            with pytest.raises(IllegalTransition, match=f" is {state}: {event} requires ") as refusal:
                step(table, state, event)
            required = str(refusal.value).partition(" requires ")[2].split(" or ")
            assert required == [each for each, row in table.items() if event in row]


@pytest.mark.parametrize("name", TABLES)
def test_the_architecture_page_shows_it(name: str) -> None:
    table, _ = TABLES[name]
    assert diagram(table) in (ROOT / "ARCHITECTURE.md").read_text("utf-8")
