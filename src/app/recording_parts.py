"""What records, wired for ``control``: the recorder, its library, and the flows that run when a recording has ended."""

from collections.abc import Callable

from mixminus.app.ground import Ground
from mixminus.conference.room import Seat
from mixminus.flow.activeflows import ActiveflowService
from mixminus.model.flow import ActiveflowSpec
from mixminus.model.ids import NIL, FlowId
from mixminus.model.recording import Recording
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.recording.storage import open_storage

__all__ = ["open_recordings", "run_at_end"]


def open_recordings(
    ground: Ground, *, seat_of: Callable[[int], Seat | None]
) -> tuple[RecordingService, RecordingLibrary]:
    """Return the recorder and its library, both kept."""
    config = ground.config
    recordings = ground.kept(
        RecordingService(
            ground.store,
            ground.clock,
            directory=config.recordings_directory,
            sample_rate_hz=config.recording_sample_rate_hz,
            storage=open_storage(config.recording_storage_url, config.recordings_directory),
            seat_of=seat_of,
        )
    )
    library = RecordingLibrary(recordings, ground.clock, retention_days=config.recording_retention_days)
    return recordings, ground.kept(library)


def run_at_end(recordings: RecordingService, activeflows: ActiveflowService) -> None:
    """Begin a recording's ``on_end_flow_id`` when it has ended, with its variables (api.md sections 6.6 and 7)."""

    async def launch(recording: Recording) -> None:
        if recording.on_end_flow_id != NIL:
            spec = ActiveflowSpec(
                flow_id=FlowId(recording.on_end_flow_id),
                reference_type="recording",
                reference_id=recording.id,
            )
            await activeflows.launch(recording.customer_id, spec, system=_variables(recording))

    recordings.on_ended.append(launch)


def _variables(recording: Recording) -> dict[str, str]:
    names = [str(each["name"]) for each in recording.files]
    return {
        "voipbin.recording.id": str(recording.id),
        "voipbin.recording.reference_type": recording.reference_type,
        "voipbin.recording.reference_id": str(recording.reference_id),
        "voipbin.recording.format": recording.format,
        "voipbin.recording.recording_name": str(recording.id),
        "voipbin.recording.filenames": ",".join(names),
    }
