"""What follows the end of a transcribe, wired for ``control``."""

from mixminus.flow.activeflows import ActiveflowService
from mixminus.model.flow import ActiveflowSpec
from mixminus.model.ids import NIL, FlowId
from mixminus.model.transcription import Transcribe
from mixminus.speech.recognition.service import TranscriptionService

__all__ = ["run_when_done"]


def run_when_done(transcription: TranscriptionService, activeflows: ActiveflowService) -> None:
    """Begin a transcribe's ``on_end_flow_id`` when it is done, with its variables (api.md sections 6.6 and 8)."""

    async def launch(transcribe: Transcribe) -> None:
        if transcribe.on_end_flow_id != NIL:
            spec = ActiveflowSpec(
                flow_id=FlowId(transcribe.on_end_flow_id),
                reference_type="transcribe",
                reference_id=transcribe.id,
            )
            await activeflows.launch(transcribe.customer_id, spec, system=_variables(transcribe))

    transcription.on_done.append(launch)


def _variables(transcribe: Transcribe) -> dict[str, str]:
    return {
        "voipbin.transcribe.id": str(transcribe.id),
        "voipbin.transcribe.language": transcribe.language,
        "voipbin.transcribe.direction": transcribe.direction,
    }
