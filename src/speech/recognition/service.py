"""TranscriptionService: starts, stops, lists and deletes transcriptions (api.md section 8).

How speech becomes text:

    tap or file -> Source -> CommandQueue ~~pipe~~> worker process: voice detector -> Segmenter -> Engine
                                 ^                                                                   |
    rows, events <- TranscriptWriter <----------------------- reports <------------------------------+

Sessions runs one session per transcription; RecogniserPool owns the worker processes. A queue keeps what its
worker has not acknowledged: when a worker dies, another one is sent the same audio again.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from mixminus.call.errors import CallNotFound
from mixminus.call.registry import ANY_STATUS, LiveCalls
from mixminus.clock import Clock
from mixminus.conference.errors import ConferenceNotFound
from mixminus.conference.room import Rooms
from mixminus.errors import Conflict, InvalidArgument, NotFound
from mixminus.mixer import MIX, Bridge, Tap
from mixminus.model.conference import Conference
from mixminus.model.ids import (
    NIL,
    CallId,
    ConferenceId,
    CustomerId,
    RecordingId,
    TranscribeId,
    new_id,
)
from mixminus.model.recording import Recording
from mixminus.model.transcription import (
    ReferenceType,
    Speaker,
    Transcribe,
    TranscribeOptions,
    TranscribeStatus,
    Transcript,
)
from mixminus.recording.errors import FileNotFound, RecordingUnavailable
from mixminus.recording.service import RecordingService
from mixminus.speech.recognition.engine import AUTOMATIC
from mixminus.speech.recognition.errors import (
    TranscribeAlreadyProgressing,
    TranscribeNotActive,
    TranscribeNotFound,
)
from mixminus.speech.recognition.export import Export
from mixminus.speech.recognition.ledger import OnDone, TranscribeLedger
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ
from mixminus.speech.recognition.pool import RecogniserPool
from mixminus.speech.recognition.sessions import Sessions
from mixminus.speech.recognition.sources import FileSource, Speakers, TapSource, Track, tracks_of
from mixminus.speech.recognition.transcript_writer import direction_of_stem
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["TranscriptionService"]


class TranscriptionService:
    """Implements ``conference.protocols.Transcriber``; another customer's id is not found."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        live_calls: LiveCalls,
        recordings: RecordingService,
        pool: RecogniserPool,
        on_done: OnDone,
    ) -> None:
        """``on_done`` is called with each transcription that is done, until the service closes."""
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._recordings = recordings
        self._pool = pool
        self._live_calls = live_calls
        self._ledger = TranscribeLedger(store, clock, on_done)
        self._sessions = Sessions(store, clock, self._ledger, pool)

    @property
    def counters(self) -> Mapping[str, int]:
        return self._sessions.counters

    @property
    def pids(self) -> Sequence[int]:
        """Process ids of the running recognisers."""
        return self._pool.pids

    @property
    def translator_pids(self) -> Sequence[int]:
        """Process ids of the running translators; each leads a process group."""
        return self._sessions.translator.pids

    async def repair(self) -> None:
        """End the transcriptions left by the previous run; audio that was not recognised is lost."""
        async with self._store.snapshot() as tx:
            unfinished = await tx.transcribes.unfinished()
        for transcribe in unfinished:
            await self._ledger.mark_done(transcribe.id, abandoned=True)

    async def start(self, conference: Conference, bridge: Bridge, options: TranscribeOptions) -> Transcribe:
        """Start a transcription of a conference, each participant separately; in its language, unless one is named."""
        if conference.transcribe_id != NIL:
            raise TranscribeAlreadyProgressing(f"transcribe {conference.transcribe_id} is progressing")
        options = options.or_in(conference.settings.language)
        language = self._require(options)
        transcribe = self._new(conference.customer_id, "confbridge", conference.id, options)
        tap = bridge.open_tap(SAMPLE_RATE_HZ, stems=True)
        await self._hear(transcribe, language, tap, self._speaker_of)
        return transcribe

    async def stop(self, conference: Conference) -> None:
        """Stop a conference's transcription; ``transcribe_done`` follows when all text is stored."""
        if conference.transcribe_id == NIL:
            raise TranscribeNotActive(f"conference {conference.id} is not being transcribed")
        await self._end(TranscribeId(conference.transcribe_id))

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop the transcription of a conference whose bridge is about to close."""
        for transcribe_id in self._sessions.of({conference_id}):
            await self._end(transcribe_id)

    async def begin(
        self, customer_id: CustomerId, type_: ReferenceType, reference_id: UUID, options: TranscribeOptions
    ) -> Transcribe:
        """Start a transcription of a conference, call or recording.

        A recording is transcribed once per language, and language that it is translated to.
        """
        if type_ == "confbridge":
            return await self._begin_conference(customer_id, ConferenceId(reference_id), options)
        if type_ == "call":
            return await self.begin_call(customer_id, CallId(reference_id), options)
        if type_ == "recording":
            return await self.begin_recording(customer_id, RecordingId(reference_id), options)
        raise InvalidArgument("reference_type is not call, confbridge or recording")

    async def begin_call(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> Transcribe:
        """Start a transcription of what a call says (in) and hears (out), until the call ends."""
        async with self._store.snapshot() as tx:
            call = await tx.calls.find(call_id)
        call = owned(call, customer_id, CallNotFound(f"no call {call_id}"))
        live = self._live_calls.require(call, ANY_STATUS)
        language = self._require(options)
        transcribe = self._new(customer_id, "call", call_id, options)
        port = live.port

        def speaker_of(stem: int) -> Speaker:
            return (self._speaker_of(stem) if stem == port.id else None) or Speaker(call_id=call_id)

        await self._hear(transcribe, language, port.open_tap(SAMPLE_RATE_HZ), speaker_of, lambda: port.closed)
        return transcribe

    async def begin_recordings(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> None:
        """Start transcriptions of a call's ended recordings."""
        async with self._store.snapshot() as tx:
            found = await tx.recordings.ended_of(call_id)
        for recording_id in found:
            # A deleted or incomplete recording does not affect the others.
            with suppress(NotFound, Conflict):
                await self.begin_recording(customer_id, RecordingId(recording_id), options)

    async def end(self, customer_id: CustomerId, transcribe_id: TranscribeId) -> Transcribe:
        """Stop a transcription; one that has stopped is returned unchanged."""
        await self.get(customer_id, transcribe_id)
        await self._end(transcribe_id)
        return await self.get(customer_id, transcribe_id)

    async def end_call(self, call_id: CallId) -> None:
        """Stop the transcription of a call, if there is one."""
        for transcribe_id in self._sessions.of({call_id}):
            await self._end(transcribe_id)

    async def get(self, customer_id: CustomerId, transcribe_id: TranscribeId) -> Transcribe:
        async with self._store.snapshot() as tx:
            transcribe = await tx.transcribes.find(transcribe_id)
        return owned(transcribe, customer_id, TranscribeNotFound(f"no transcribe {transcribe_id}"))

    async def list(
        self, customer_id: CustomerId, page: Page, reference: tuple[str, UUID] | None = None
    ) -> list[Transcribe]:
        """Return transcriptions that are not deleted, optionally of one reference, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.transcribes.page(customer_id, page, reference)

    async def delete(self, customer_id: CustomerId, transcribe_id: TranscribeId) -> Transcribe:
        """Stop a transcription, take it out of the lists, and delete its transcripts."""
        await self.end(customer_id, transcribe_id)
        return await self._ledger.mark_deleted(transcribe_id)

    async def transcripts(self, customer_id: CustomerId, transcribe_id: TranscribeId) -> Sequence[Transcript]:
        """Return all transcripts in order of time."""
        await self.get(customer_id, transcribe_id)
        async with self._store.snapshot() as tx:
            return await tx.transcripts.of(transcribe_id)

    async def export(self, customer_id: CustomerId, transcribe_id: TranscribeId) -> Export:
        """Return all transcripts, and of a room the chat messages to all of the same time."""
        transcribe = await self.get(customer_id, transcribe_id)
        async with self._store.snapshot() as tx:
            said = await tx.transcripts.of(transcribe_id)
            if transcribe.reference_type != "confbridge":
                return Export(said)
            begin, end = transcribe.tm_create, transcribe.tm_stop
            return Export(said, await tx.chat_messages.to_all(transcribe.reference_id, begin, end), begin)

    async def transcript_page(
        self, customer_id: CustomerId, transcribe_id: TranscribeId, page: Page
    ) -> Sequence[Transcript]:
        """Return a page of transcripts, newest first."""
        await self.get(customer_id, transcribe_id)
        async with self._store.snapshot() as tx:
            return await tx.transcripts.page(transcribe_id, page)

    async def search(self, customer_id: CustomerId, words: Sequence[str], page: Page) -> Sequence[Transcript]:
        """Return transcripts that contain all these words, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.transcripts.search(customer_id, words, page)

    def is_over(self, conference_id: ConferenceId) -> bool:
        """Return whether a room has ended and all that was said in it is recognised."""
        return self._rooms.find(conference_id) is None and not self._sessions.of({conference_id})

    def behind_s(self, transcribe_id: TranscribeId) -> float:
        """Return how many seconds recognition is behind."""
        return self._sessions.behind_s(transcribe_id)

    async def close(self) -> None:
        """Stop all transcriptions, wait a few seconds for audio in progress, and stop the recognisers."""
        self._ledger.close()
        await self._sessions.close()

    async def _begin_conference(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: TranscribeOptions
    ) -> Transcribe:
        async with self._rooms.lock(conference_id):
            async with self._store.snapshot() as tx:
                conference = await tx.conferences.find(conference_id)
            conference = owned(conference, customer_id, ConferenceNotFound(f"no conference {conference_id}"))
            return await self.start(conference, self._rooms.require(conference).bridge, options)

    async def begin_recording(
        self, customer_id: CustomerId, recording_id: RecordingId, options: TranscribeOptions
    ) -> Transcribe:
        """Start a transcription of an ended recording, of its stems if it has any; of a conference's in its language, unless one is named."""
        recording = await self._recordings.ended(customer_id, recording_id)
        if recording.reference_type == "confbridge" and not options.language:
            async with self._store.snapshot() as tx:
                conference = await tx.conferences.find(ConferenceId(recording.reference_id))
            options = options.or_in(conference.settings.language if conference else "")
        language = self._require(options)
        async with self._store.snapshot() as tx:
            before = await tx.transcribes.of_reference(customer_id, "recording", recording_id)
        for transcribe in before:
            same = transcribe.language.partition("-")[0].lower() == language
            if same and transcribe.translate_to == options.translate_to:
                return transcribe
        tracks = await self._tracks(recording)
        speakers = Speakers()
        for stem, track in tracks.items():
            for at, speaker in track.speakers:
                speakers.note(stem, at, speaker)
        files = {stem: track.open for stem, track in tracks.items()}
        transcribe = self._new(customer_id, "recording", recording_id, options)
        await self._ledger.create(transcribe)
        self._sessions.open(transcribe, language, FileSource(files, self._clock), speakers)
        return transcribe

    async def _tracks(self, recording: Recording) -> dict[int, Track]:
        """Return the audio files of a recording, wherever it is stored.

        Raises FileNotFound, RecordingUnavailable.
        """
        look = functools.partial(tracks_of, self._recordings.storage, recording)
        try:
            return await self._recordings.on_disk(look)
        except FileNotFoundError:
            raise FileNotFound(f"recording {recording.id} has no file") from None
        except OSError as exc:
            raise RecordingUnavailable("the storage does not answer") from exc

    async def _hear(
        self,
        transcribe: Transcribe,
        language: str,
        tap: Tap,
        speaker_of: Callable[[int], Speaker | None],
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start a session on a tap that is already open when the transcription is announced."""
        try:
            await self._ledger.create(transcribe)
        except BaseException:
            tap.close()
            raise
        speakers = Speakers()

        def wanted(stem: int) -> bool:
            return stem != MIX and transcribe.direction in ("both", direction_of_stem(stem))

        source = TapSource(
            tap, self._clock, wanted=wanted, speakers=speakers, speaker_of=speaker_of, over=over
        )
        self._sessions.open(transcribe, language, source, speakers)

    def _require(self, options: TranscribeOptions) -> str:
        """Return the language to recognise; LanguageNotSupported, RecogniserMissing or TranslationNotSupported."""
        language = self._pool.require(options.language)
        if options.translate_to and language == AUTOMATIC:
            raise TranslationNotSupported(
                "translate_to needs the language that is spoken: name it instead of `auto`"
            )
        if options.translate_to:
            self._sessions.translator.require(options.language, options.translate_to)
        return language

    async def _end(self, transcribe_id: TranscribeId) -> None:
        await self._ledger.mark_stopped(transcribe_id)
        if not self._sessions.end(transcribe_id):
            # The session's end could not be stored: the database was unavailable.
            await self._ledger.mark_done(transcribe_id)

    def _speaker_of(self, port_id: int) -> Speaker | None:
        seat = self._rooms.seat_of(port_id)
        return Speaker(seat.id, seat.call_id) if seat else None

    def _new(
        self,
        customer_id: CustomerId,
        reference_type: ReferenceType,
        reference_id: UUID,
        options: TranscribeOptions,
    ) -> Transcribe:
        return Transcribe(
            id=TranscribeId(new_id()),
            customer_id=customer_id,
            reference_type=reference_type,
            reference_id=reference_id,
            status=TranscribeStatus.PROGRESSING,
            language=options.language,
            direction=options.direction,
            provider=options.provider,
            on_end_flow_id=options.on_end_flow_id,
            tm_create=self._clock.now(),
            translate_to=options.translate_to,
        )
