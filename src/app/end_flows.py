"""The flows that run when a recording or transcribe has ended (``on_end_flow_id``, api.md 6.6, 7, 8)."""

from mixminus.flow.activeflows import ActiveflowService
from mixminus.model.flow import ActiveflowSpec
from mixminus.model.ids import NIL, FlowId
from mixminus.model.recording import Recording
from mixminus.model.transcription import Transcribe

__all__ = ["after_recording", "after_transcribe"]


async def after_recording(activeflows: ActiveflowService, recording: Recording) -> None:
    """Run a recording's ``on_end_flow_id``, if it has one, with the recording's variables."""
    if recording.on_end_flow_id == NIL:
        return
    spec = ActiveflowSpec(
        flow_id=FlowId(recording.on_end_flow_id), reference_type="recording", reference_id=recording.id
    )
    variables = {
        "voipbin.recording.id": str(recording.id),
        "voipbin.recording.reference_type": recording.reference_type,
        "voipbin.recording.reference_id": str(recording.reference_id),
        "voipbin.recording.format": recording.format,
        "voipbin.recording.recording_name": str(recording.id),
        "voipbin.recording.filenames": ",".join(str(each["name"]) for each in recording.files),
    }
    await activeflows.launch(recording.customer_id, spec, system=variables)


async def after_transcribe(activeflows: ActiveflowService, transcribe: Transcribe) -> None:
    """Run a transcribe's ``on_end_flow_id``, if it has one, with the transcribe's variables."""
    if transcribe.on_end_flow_id == NIL:
        return
    spec = ActiveflowSpec(
        flow_id=FlowId(transcribe.on_end_flow_id), reference_type="transcribe", reference_id=transcribe.id
    )
    variables = {
        "voipbin.transcribe.id": str(transcribe.id),
        "voipbin.transcribe.language": transcribe.language,
        "voipbin.transcribe.direction": transcribe.direction,
    }
    await activeflows.launch(transcribe.customer_id, spec, system=variables)
