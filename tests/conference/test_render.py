"""Conferences, participants and recordings are rendered with exactly the keys of the API."""

from mixminus.model.ids import ConferencecallId, RecordingId
from mixminus.model.recording import RecordingOptions
from mixminus.store.timestamps import UNSET, TimestampStyle
from mixminus.wire.conference import ConferencecallView, ConferenceView
from mixminus.wire.recording import RecordingView
from tests.support.backend import Backend

CONFERENCE = """
    id customer_id type status name detail data timeout pre_actions post_actions pre_flow_id post_flow_id
    conferencecall_ids recording_id recording_ids transcribe_id transcribe_ids direct_hash
    tm_end tm_create tm_update tm_delete
    max_participants pin moderator_pin locked wait_for_moderator lobby breakout_of end_when_moderator_leaves
    entry_tone exit_tone music_when_alone record_on_start announce prompts language prompt_texts
    dtmf_menu lobby breakout_of relay_digits levelling noise_suppression
"""
CONFERENCECALL = """
    id customer_id activeflow_id conference_id reference_type reference_id status tm_create tm_update tm_delete
    role muted deaf gain_db talking on_hold label waiting hand_raised levelling noise_suppression
"""
RECORDING = """
    id customer_id owner_type owner_id activeflow_id reference_type reference_id status format on_end_flow_id
    channels stems paused progress error seal files
    tm_start tm_end tm_create tm_update tm_delete
"""


async def test_every_key_is_rendered(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    started = await backend.conferences.recording_start(backend.customer_id, room.id, RecordingOptions())
    shown = ConferenceView.render(started, TimestampStyle.LEGACY)
    assert set(shown) == set(CONFERENCE.split())
    assert shown["tm_end"] == shown["tm_delete"] == UNSET
    (id_,) = started.conferencecall_ids
    participant = await backend.participants.get_call(backend.customer_id, ConferencecallId(id_))
    shown = ConferencecallView.render(participant, TimestampStyle.RFC3339)
    assert set(shown) == set(CONFERENCECALL.split())
    assert shown["tm_delete"] is None
    recording = await backend.recordings.get(backend.customer_id, RecordingId(started.recording_id))
    shown = RecordingView.render(recording, TimestampStyle.LEGACY)
    assert set(shown) == set(RECORDING.split())
    assert shown["reference_type"] == "confbridge"
