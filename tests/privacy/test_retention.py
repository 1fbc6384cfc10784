"""Old calls, transcripts and chat messages are deleted, some at a time; what has not ended and what is new stays."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.chat import ChatMessage
from mixminus.model.flow import Activeflow, ActiveflowStatus
from mixminus.model.ids import NIL, ActiveflowId, CallId, ChatMessageId, ConferencecallId, ConferenceId
from mixminus.privacy.retention import RetentionConfig
from mixminus.store.outbox import Draft
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until

DAY_S = 86_400


def call(backend: Backend, status: CallStatus) -> Call:
    return Call(
        id=CallId(uuid4()),
        customer_id=backend.customer_id,
        source=Address("tel", "+15550100"),
        destination=Address("sip", "b"),
        direction="incoming",
        status=status,
        tm_create=backend.clock.now(),
    )


async def remember(backend: Backend, count: int, *, status: CallStatus = CallStatus.HANGUP) -> None:
    async with backend.store.transaction() as tx:
        for _ in range(count):
            await tx.calls.add(call(backend, status))


async def calls(backend: Backend) -> int:
    async with backend.store.snapshot() as tx:
        return len(await tx.privacy.calls_of(backend.customer_id, "15550100", limit=10_000))


async def test_old_calls_are_deleted_and_those_that_go_on_stay(tmp_path: Path) -> None:
    async with open_backend(tmp_path, ManualClock(), retention=RetentionConfig(calls_days=30)) as backend:
        await remember(backend, 1100)
        await remember(backend, 1, status=CallStatus.PROGRESSING)
        backend.clock.advance(20 * DAY_S)
        await remember(backend, 3)
        await backend.services.privacy.retention.prune()
        assert await calls(backend) == 1104
        backend.clock.advance(11 * DAY_S)

        async def pruned() -> bool:
            backend.clock.advance(3600)  # wakes the hourly pass, wherever the pass before was
            return await calls(backend) == 4

        await until(pruned)
        assert backend.services.counters()["privacy.pruned_calls"] == 1100


def activeflow(backend: Backend, status: ActiveflowStatus, *, webhook_uri: str = "") -> Activeflow:
    return Activeflow(
        id=ActiveflowId(uuid4()),
        customer_id=backend.customer_id,
        flow_id=NIL,
        status=status,
        reference_type="call",
        reference_id=NIL,
        webhook_uri=webhook_uri,
        tm_create=backend.clock.now(),
    )


async def test_old_activeflows_are_deleted_once_their_webhooks_have_nothing_to_receive(
    tmp_path: Path,
) -> None:
    async with open_backend(tmp_path, ManualClock(), retention=RetentionConfig(calls_days=30)) as backend:
        ended = activeflow(backend, ActiveflowStatus.ENDED)
        running = activeflow(backend, ActiveflowStatus.RUNNING)
        awaited = activeflow(backend, ActiveflowStatus.ENDED, webhook_uri="https://example.com/events")
        backend.clock.advance(20 * DAY_S)
        new = activeflow(backend, ActiveflowStatus.ENDED)
        async with backend.store.transaction() as tx:
            for each in (ended, running, awaited, new):
                await tx.activeflows.add(each)
            for each in (ended, awaited):
                customer, data = backend.customer_id, {"id": str(each.id)}
                tx.outbox.add(Draft(customer, "activeflow_updated", customer, data, backend.clock.now()))
        backend.clock.advance(11 * DAY_S)
        await backend.services.privacy.retention.prune()
        async with backend.store.snapshot() as tx:
            left = {each.id for each in (ended, running, awaited, new) if await tx.activeflows.find(each.id)}
        assert left == {running.id, awaited.id, new.id}
        assert backend.services.counters()["privacy.pruned_activeflows"] == 1


async def test_chat_is_kept_for_its_own_time(tmp_path: Path) -> None:
    async with open_backend(tmp_path, ManualClock(), retention=RetentionConfig(chat_days=1)) as backend:
        room = await backend.room()
        await remember(backend, 2)
        message = ChatMessage(
            id=ChatMessageId(uuid4()),
            customer_id=backend.customer_id,
            conference_id=ConferenceId(room.id),
            sender_id=ConferencecallId(NIL),
            sender_name="",
            recipient_id=ConferencecallId(NIL),
            text="old",
            tm_create=backend.clock.now(),
        )
        async with backend.store.transaction() as tx:
            await tx.chat_messages.add(message)
        backend.clock.advance(2 * DAY_S)
        new = replace(message, id=ChatMessageId(uuid4()), text="new", tm_create=backend.clock.now())
        async with backend.store.transaction() as tx:
            await tx.chat_messages.add(new)
        await backend.services.privacy.retention.prune()
        async with backend.store.snapshot() as tx:
            left = await tx.chat_messages.page_of(backend.customer_id, room.id, EVERYTHING)
        assert [each.text for each in left] == ["new"]
        assert await calls(backend) == 2, "calls have no limit here"
