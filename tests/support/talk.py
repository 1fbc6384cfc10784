"""Send speech from PCM phones, and wait for its transcripts."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import numpy as np

from mixminus.model.ids import TranscribeId
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from mixminus.store.outbox import Event
from tests.support.backend import Backend
from tests.support.legs import PcmLeg
from tests.support.tones import Pcm, tone
from tests.support.waiting import until

__all__ = ["converse", "done", "event_data", "heard", "speak", "whistle"]

RATE_HZ: Final = 16000
TICKS_A_SECOND: Final = 50
PATIENCE_S: Final = 60.0
PIECE_S: Final = 5


def whistle(frequency_hz: float, seconds: float) -> Pcm:
    return tone(frequency_hz, seconds, sample_rate_hz=RATE_HZ)


def speak(backend: Backend, voices: Mapping[PcmLeg, Pcm], *, rest_s: float = 1.5) -> None:
    """Send the voices of all phones, then silence for ``rest_s``; the engine processes it at once."""
    rates = {leg: leg.port.sample_rate_hz // TICKS_A_SECOND for leg in voices}
    longest = max(-(-pcm.size // rates[leg]) for leg, pcm in voices.items()) + int(rest_s * TICKS_A_SECOND)
    for tick in range(longest):
        for leg, pcm in voices.items():
            frame = pcm[tick * rates[leg] : (tick + 1) * rates[leg]]
            leg.port.write(np.pad(frame, (0, rates[leg] - frame.size)))
        backend.tick()


async def converse(backend: Backend, voices: Mapping[PcmLeg, Pcm], *, rest_s: float = 1.5) -> None:
    """Send voices of any length as ``speak`` does, in pieces, so that the listeners can read in between."""
    seconds = max(pcm.size / leg.port.sample_rate_hz for leg, pcm in voices.items())
    for start_s in range(0, int(seconds) + 1, PIECE_S):
        piece = {leg: _piece(leg, pcm, start_s) for leg, pcm in voices.items()}
        speak(backend, piece, rest_s=rest_s if start_s + PIECE_S > seconds else 0.0)
        await backend.clock.run_cycle(0.1)


def _piece(leg: PcmLeg, pcm: Pcm, start_s: int) -> Pcm:
    rate_hz = leg.port.sample_rate_hz
    return pcm[start_s * rate_hz : (start_s + PIECE_S) * rate_hz]


async def heard(backend: Backend, transcribe_id: UUID | str, count: int) -> list[Transcript]:
    """Wait until there are ``count`` transcripts, advancing the clock; return them in order."""

    async def look() -> list[Transcript] | None:
        backend.clock.advance(0.1)
        found = await backend.services.transcription.transcripts(
            backend.customer_id, TranscribeId(UUID(str(transcribe_id)))
        )
        return list(found) if len(found) >= count else None

    return await until(look, within_s=PATIENCE_S)


async def done(backend: Backend, transcribe_id: UUID | str, *, within_s: float = PATIENCE_S) -> Transcribe:
    """Wait until the transcribe is done, and return it."""

    async def look() -> Transcribe | None:
        backend.clock.advance(0.1)
        found = await backend.services.transcription.get(
            backend.customer_id, TranscribeId(UUID(str(transcribe_id)))
        )
        return found if found.status is TranscribeStatus.DONE else None

    return await until(look, within_s=within_s)


def event_data(events: list[Event], prefix: str) -> list[dict[str, Any]]:
    """Return the data of all events of a type."""
    return [event.data for event in events if event.type.startswith(prefix)]
