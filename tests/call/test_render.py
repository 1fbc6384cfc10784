"""Calls and groupcalls are rendered with exactly the keys of the API."""

from dataclasses import replace
from datetime import UTC, datetime

from mixminus.model.call import Address, Call, CallStatus, MuteDirection
from mixminus.model.ids import NIL, CallId, CustomerId
from mixminus.store.timestamps import TimestampStyle
from mixminus.wire.call import CallView

CALL = Call(
    id=CallId(NIL),
    customer_id=CustomerId(NIL),
    source=Address("sip", "alice"),
    destination=Address("conference", "99accfb7-c0dd-4a54-997d-dd18af7bc280"),
    direction="incoming",
    status=CallStatus.RINGING,
    tm_create=datetime(2030, 1, 1, tzinfo=UTC),
)
KEYS = """
    id customer_id owner_type owner_id flow_id activeflow_id type master_call_id chained_call_ids recording_id
    recording_ids groupcall_id source destination status action metadata headers diversions direction mute_direction hangup_by
    hangup_reason answered_by answered_by_ms greeting_ms tm_progressing tm_ringing tm_hangup tm_create tm_update tm_delete
"""


def test_all_keys_are_rendered_with_unset_times() -> None:
    shown = CallView.render(CALL, TimestampStyle.LEGACY)
    assert set(shown) == set(KEYS.split())
    assert shown["tm_create"] == "2030-01-01 00:00:00.000000"
    assert {shown[key] for key in shown if key.startswith("tm_")} == {
        "2030-01-01 00:00:00.000000",
        "9999-01-01 00:00:00.000000",
    }
    assert shown["source"] == {"type": "sip", "target": "alice", "target_name": "", "name": "", "detail": ""}


def test_mute_is_rendered_as_a_word() -> None:
    words = {
        CallView.render(replace(CALL, mute=mute), TimestampStyle.LEGACY)["mute_direction"]
        for mute in (MuteDirection.NONE, MuteDirection.IN, MuteDirection.OUT, MuteDirection.BOTH)
    }
    assert words == {"", "in", "out", "both"}
