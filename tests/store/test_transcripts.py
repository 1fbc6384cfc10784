"""Transcripts are found by their words, and only by their customer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mixminus.model.access import CustomerSpec, Identity
from mixminus.model.ids import NIL, CustomerId, TranscribeId, TranscriptId, new_id
from mixminus.model.permissions import Permission
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from mixminus.store.page import Page
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock

OPERATOR = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)
SAID = (
    "Please enter your password, followed by the pound key.",
    "That is a valid extension!",
    "Enter the conference number.",
    "Ça va? It's the 21st of été.",
)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    async with open_backend(tmp_path, ManualClock()) as opened:
        yield opened


async def say(backend: Backend, customer_id: CustomerId, messages: tuple[str, ...]) -> TranscribeId:
    now = backend.clock.now()
    transcribe = Transcribe(
        id=TranscribeId(new_id()),
        customer_id=customer_id,
        reference_type="recording",
        reference_id=new_id(),
        status=TranscribeStatus.DONE,
        language="en-US",
        direction="both",
        provider="",
        on_end_flow_id=NIL,
        tm_create=now,
    )
    async with backend.store.transaction() as tx:
        await tx.transcribes.add(transcribe)
        for number, message in enumerate(messages):
            await tx.transcripts.add(
                Transcript(
                    id=TranscriptId(new_id()),
                    customer_id=customer_id,
                    transcribe_id=transcribe.id,
                    direction="in",
                    message=message,
                    conferencecall_id=NIL,
                    call_id=NIL,
                    label="",
                    start_us=number * 1_000_000,
                    end_us=number * 1_000_000 + 500_000,
                    confidence=0.5,
                    tm_create=now + timedelta(seconds=number),
                )
            )
    return transcribe.id


async def found(backend: Backend, query: str, page: Page = EVERYTHING) -> list[str]:
    hits = await backend.services.transcription.search(backend.customer_id, query.split(), page)
    return [each.message for each in hits]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        pytest.param("enter", [2, 0], id="one word, newest first"),
        pytest.param("ENTER pound", [0], id="all words, whatever their case"),
        pytest.param("passwor", [], id="whole words"),
        pytest.param("extension!", [1], id="punctuation is nothing"),
        pytest.param("it's été", [3], id="apostrophe, accent"),
        pytest.param("ete", [], id="an accent counts"),
        pytest.param("enter OR extension", [], id="no operators"),
        pytest.param('"enter', [2, 0], id="no quotes"),
        pytest.param("enter*", [2, 0], id="no stars"),
        pytest.param("!!!", [], id="no word at all"),
    ],
)
async def test_words_are_found(backend: Backend, query: str, hits: list[int]) -> None:
    await say(backend, backend.customer_id, SAID)
    assert await found(backend, query) == [SAID[hit] for hit in hits]


async def test_pages_go_back_in_time(backend: Backend) -> None:
    await say(backend, backend.customer_id, SAID)
    assert await found(backend, "enter", Page(1, EVERYTHING.before)) == [SAID[2]]


async def test_others_find_nothing_of_it(backend: Backend) -> None:
    other = await backend.services.access.customers.create(OPERATOR, CustomerSpec(name="other"))
    await say(backend, other.id, SAID)
    assert await found(backend, "enter") == []


async def test_what_is_deleted_is_not_found_and_not_there(backend: Backend) -> None:
    transcribe_id = await say(backend, backend.customer_id, SAID)
    kept = await say(backend, backend.customer_id, SAID[:1])
    deleted = await backend.services.transcription.delete(backend.customer_id, transcribe_id)
    assert deleted.tm_delete is not None
    assert await found(backend, "enter") == [SAID[0]]
    assert await backend.services.transcription.transcripts(backend.customer_id, transcribe_id) == []
    assert [
        each.id for each in await backend.services.transcription.list(backend.customer_id, EVERYTHING)
    ] == [kept]
