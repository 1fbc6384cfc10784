"""Idempotency-Key: a repeated request is executed once (draft-ietf-httpapi-idempotency-key-header)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mixminus.access.idempotency import (
    Answer,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    IdempotencyKeysExhausted,
    IdempotencyOutcomeUnknown,
    IdempotencyService,
)
from mixminus.model.ids import CustomerId
from tests.api.client import ApiClient
from tests.support.clock import ManualClock
from tests.support.database import content
from tests.support.waiting import until

API = "/v1.0/conferences"
BODY = {"type": "conference", "name": "once"}


async def create(api: ApiClient, key: str, body: object = BODY, path: str = API) -> tuple[int, Any, bool]:
    async with api.request("POST", path, json=body, headers={"Idempotency-Key": key}) as response:
        return response.status, await response.json(), "Idempotency-Replayed" in response.headers


async def rooms(api: ApiClient) -> int:
    _, page = await api.get(API)
    return len(page["result"])


async def test_repetition_gets_the_stored_answer(api: ApiClient) -> None:
    first, second = await create(api, "k"), await create(api, "k")
    assert first[0] == 200
    assert second == (first[0], first[1], True)
    assert await rooms(api) == 1


async def test_quoted_key_and_other_root_are_the_same_request(api: ApiClient) -> None:
    first = await create(api, '"k"')
    second = await create(api, "k", path="/v1/conferences")
    assert (second[1], second[2]) == (first[1], True)


async def test_idempotency_key_belongs_to_one_request(api: ApiClient) -> None:
    await create(api, "k")
    for path, body in (
        (API, {**BODY, "name": "other"}),
        (f"{API}?a=b", BODY),
        (f"{API}/{uuid4()}/whip", BODY),
    ):
        status, answer, _ = await create(api, "k", body, path)
        assert (status, answer["error"]["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await rooms(api) == 1


async def test_idempotency_key_belongs_to_one_customer(api: ApiClient) -> None:
    await create(api, "k")
    headers = {"Idempotency-Key": "k"}
    token = await api.other_customer()
    status, room = await api.send("POST", API, json={"type": "connect"}, headers=headers, token=token)
    assert (status, room["type"]) == (200, "connect")


async def test_replayed_error_has_the_new_request_id(api: ApiClient) -> None:
    headers = {"Idempotency-Key": "k"}
    for replayed in (False, True):
        async with api.request("POST", API, json={"type": "party"}, headers=headers) as response:
            assert response.status == 400
            assert ("Idempotency-Replayed" in response.headers) is replayed
            assert (await response.json())["error"]["request_id"] == response.headers["X-Request-Id"]


async def test_concurrent_repetitions_create_one_room(api: ApiClient) -> None:
    answers = await asyncio.gather(*(create(api, "k") for _ in range(20)))
    done = [answer for answer in answers if answer[0] == 200]
    refused = [answer for answer in answers if answer[0] != 200]
    assert len({answer[1]["id"] for answer in done}) == 1
    assert all((each[0], each[1]["error"]["reason"]) == (409, "IDEMPOTENCY_KEY_IN_USE") for each in refused)
    assert await rooms(api) == 1


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "\u00e4"])
async def test_invalid_idempotency_key_is_rejected(api: ApiClient, key: str) -> None:
    status, answer, _ = await create(api, key)
    assert (status, answer["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")


async def test_access_key_token_is_shown_once(api: ApiClient, tmp_path: Path) -> None:
    body = {"expire": 86400}
    status, made, _ = await create(api, "k", body, "/v1.0/accesskeys")
    assert status == 200
    status, answer, _ = await create(api, "k", body, "/v1.0/accesskeys")
    assert (status, answer["error"]["reason"]) == (409, "IDEMPOTENCY_OUTCOME_UNKNOWN")
    assert made["token"].encode() not in content(tmp_path)


async def test_idempotency_key_is_ignored_for_other_methods(api: ApiClient) -> None:
    room = await api.room()
    for _ in range(2):
        async with api.request("GET", f"{API}/{room['id']}", headers={"Idempotency-Key": "k"}) as response:
            assert response.status == 200
            assert "Idempotency-Replayed" not in response.headers


DONE = Answer(200, (("Content-Type", "application/json"),), b"{}")


class Memory:
    """The service on its own, and a handler that counts."""

    def __init__(self, api: ApiClient, customer_id: CustomerId) -> None:
        self.clock = ManualClock()
        self.api = api
        self.customer_id = customer_id
        self.service = self.opened()
        self.handled = 0
        self.answer = DONE
        self.gate = asyncio.Event()
        self.gate.set()

    def opened(self) -> IdempotencyService:
        return IdempotencyService(self.api.store, self.clock, max_keys=3)

    async def handle(self) -> Answer:
        self.handled += 1
        await self.gate.wait()
        return self.answer

    async def once(self, key: str = "k", digest: str = "d") -> tuple[Answer, bool]:
        return await self.service.once(self.customer_id, key, digest, self.handle)

    async def stuck(self) -> asyncio.Future[tuple[Answer, bool]]:
        """Begin a request whose handler waits for the gate."""
        self.gate.clear()
        first = asyncio.ensure_future(self.once())
        await until(lambda: self.handled)
        return first


@pytest.fixture
async def memory(api: ApiClient) -> Memory:
    identity, _ = await api.access.ensure_default(None)
    return Memory(api, identity.customer_id)


async def test_stored_answer_expires_after_a_day(memory: Memory) -> None:
    await memory.once()
    memory.clock.advance(timedelta(hours=23, minutes=59).total_seconds())
    assert await memory.once() == (DONE, True)
    memory.clock.advance(120)
    assert await memory.once() == (DONE, False)


async def test_concurrent_repetition_is_refused_at_once(memory: Memory) -> None:
    first = await memory.stuck()
    with pytest.raises(IdempotencyKeyInUse):
        await memory.once()
    memory.gate.set()
    assert await first == (DONE, False)
    assert memory.handled == 1


async def test_interrupted_request_is_not_executed_again(memory: Memory) -> None:
    first = await memory.stuck()
    memory.service = memory.opened()
    with pytest.raises(IdempotencyOutcomeUnknown):
        await memory.once()
    with pytest.raises(IdempotencyKeyReused):
        await memory.once(digest="another")
    memory.gate.set()
    await first
    assert memory.handled == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_retryable_answer_is_not_stored(memory: Memory, status: int) -> None:
    memory.answer = Answer(status, (), b"")
    await memory.once()
    memory.answer = DONE
    assert await memory.once() == (DONE, False)


async def test_secret_answer_is_not_replayed(memory: Memory) -> None:
    memory.answer = Answer(200, (), b"token", secret=True)
    assert (await memory.once())[0].body == b"token"
    with pytest.raises(IdempotencyOutcomeUnknown):
        await memory.once()


async def test_number_of_idempotency_keys_is_limited(memory: Memory) -> None:
    for key in "abc":
        await memory.once(key)
    with pytest.raises(IdempotencyKeysExhausted):
        await memory.once("d")
    assert await memory.once("a") == (DONE, True)
