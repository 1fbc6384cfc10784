"""Speakings: text is said into a running call or room, piece by piece, as VoIPBIN's clients ask for it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from mixminus.call.speaking_session import MAX_WAITING
from tests.support.caller import Caller, run, run_until
from tests.support.site import Site, site

__all__ = ["site"]

PATH = "/v1.0/speakings"
AUDIBLE = 500
LONG = "This is a long text. " * 40


class Scene:
    """A room with callers."""

    def __init__(self, site: Site, room_id: str) -> None:
        self.site = site
        self.room_id = room_id
        self.callers: list[Caller] = []

    async def dial(self) -> dict[str, Any]:
        """Let one more caller join; return its call."""
        backend = self.site.backend
        self.callers.append(await Caller.dial(backend, self.room_id))

        async def look() -> bool:
            return len((await self.site.conference(self.room_id))["conferencecall_ids"]) == len(self.callers)

        await run_until(backend, self.callers, look)
        _, page = await self.site.api.get("/v1.0/calls")
        newest: dict[str, Any] = page["result"][0]
        return newest

    async def begin(self, **fields: Any) -> dict[str, Any]:
        status, speaking = await self.site.api.post(PATH, fields)
        assert status == 200, speaking
        assert isinstance(speaking, dict)
        return speaking

    async def ask(self, speaking: dict[str, Any], what: str, **body: Any) -> tuple[int, Any]:
        return await self.site.api.post(f"{PATH}/{speaking['id']}/{what}", body)

    async def heard_by(self, number: int) -> bool:
        """Run until this caller hears something."""
        for caller in self.callers:
            caller.forget()
        await run_until(self.site.backend, self.callers, lambda: loud(self.callers[number]))
        return True

    async def becomes_silent(self) -> None:
        """Run until no caller has heard anything for half a second."""

        async def look() -> bool:
            for caller in self.callers:
                caller.forget()
            await run(self.site.backend, self.callers, 0.5)
            return not any(map(loud, self.callers))

        await run_until(self.site.backend, self.callers, look)


def loud(caller: Caller) -> bool:
    return bool((np.abs(caller.heard) > AUDIBLE).any())


@pytest.fixture
async def scene(site: Site) -> AsyncIterator[Scene]:
    room = await site.api.room()
    opened = Scene(site, room["id"])
    yield opened
    for caller in opened.callers:
        caller.close()


async def test_texts_are_said_to_a_call_one_after_the_other(scene: Scene) -> None:
    call = await scene.dial()
    await scene.dial()
    body = {"language": "en-US", "provider": "elevenlabs", "voice_id": "", "direction": "in"}
    speaking = await scene.begin(reference_type="call", reference_id=call["id"], **body)
    assert {name: speaking[name] for name in ("reference_type", "reference_id", "status", "provider")} == {
        "reference_type": "call",
        "reference_id": call["id"],
        "status": "active",
        "provider": "elevenlabs",
    }
    for text in ("First.", "Second."):
        status, shown = await scene.ask(speaking, "say", text=text)
        assert (status, shown) == (200, speaking)
    assert await scene.heard_by(0)
    assert not loud(scene.callers[1]), "only the call hears it"
    await scene.becomes_silent()
    await scene.ask(speaking, "say", text="Third.")
    assert await scene.heard_by(0)


@pytest.mark.parametrize("reference_type", ["confbridge", "conference"])
async def test_all_in_a_room_hear_what_is_said_to_it(scene: Scene, reference_type: str) -> None:
    await scene.dial()
    await scene.dial()
    speaking = await scene.begin(reference_type=reference_type, reference_id=scene.room_id)
    assert speaking["reference_type"] == "confbridge"
    await scene.ask(speaking, "say", text="Hello to all.")
    assert await scene.heard_by(0)
    assert await scene.heard_by(1)


async def test_others_in_the_calls_room_hear_both_directions(scene: Scene) -> None:
    call = await scene.dial()
    await scene.dial()
    speaking = await scene.begin(reference_type="call", reference_id=call["id"], direction="both")
    await scene.ask(speaking, "say", text="Hello to all.")
    assert await scene.heard_by(1)
    assert await scene.heard_by(0)


async def test_flush_discards_all_texts_and_the_speaking_goes_on(scene: Scene) -> None:
    call = await scene.dial()
    speaking = await scene.begin(reference_type="call", reference_id=call["id"])
    for _ in range(3):
        await scene.ask(speaking, "say", text=LONG)
    assert await scene.heard_by(0)
    status, shown = await scene.ask(speaking, "flush")
    assert (status, shown["status"]) == (200, "active")
    await scene.becomes_silent()
    await scene.ask(speaking, "say", text="Now.")
    assert await scene.heard_by(0)


async def test_queue_of_texts_is_bounded(scene: Scene) -> None:
    speaking = await scene.begin(reference_type="confbridge", reference_id=scene.room_id)
    for _ in range(MAX_WAITING):
        assert (await scene.ask(speaking, "say", text="x"))[0] == 200
    status, refused = await scene.ask(speaking, "say", text="x")
    assert (status, refused["error"]["reason"]) == (409, "SPEAKING_QUEUE_FULL")
    assert (await scene.ask(speaking, "flush"))[0] == 200
    assert (await scene.ask(speaking, "say", text="x"))[0] == 200


async def test_stop_ends_it_at_once_and_twice_is_harmless(scene: Scene) -> None:
    call = await scene.dial()
    speaking = await scene.begin(reference_type="call", reference_id=call["id"])
    status, refused = await scene.site.api.post(PATH, {"reference_type": "call", "reference_id": call["id"]})
    assert (status, refused["error"]["reason"]) == (409, "SPEAKING_ALREADY_ACTIVE")
    await scene.ask(speaking, "say", text=LONG)
    assert await scene.heard_by(0)
    for _ in range(2):
        status, stopped = await scene.ask(speaking, "stop")
        assert (status, stopped["status"]) == (200, "stopped")
    await scene.becomes_silent()
    for what, body in (("say", {"text": "x"}), ("flush", {})):
        status, refused = await scene.ask(speaking, what, **body)
        assert (status, refused["error"]["reason"]) == (409, "STATE_INVALID")
    again = await scene.begin(reference_type="call", reference_id=call["id"])
    _, page = await scene.site.api.get(f"{PATH}?page_size=10&page_token=")
    assert [each["id"] for each in page["result"]] == [again["id"], speaking["id"]]
    status, deleted = await scene.site.api.send("DELETE", f"{PATH}/{again['id']}")
    assert (status, deleted["status"]) == (200, "stopped")
    assert not deleted["tm_delete"].startswith("9999")
    assert (await scene.site.api.get(f"{PATH}/{again['id']}"))[0] == 404


async def test_it_stops_with_its_call_and_events_say_so(scene: Scene) -> None:
    call = await scene.dial()
    speaking = await scene.begin(reference_type="call", reference_id=call["id"])
    await scene.ask(speaking, "say", text=LONG)
    assert await scene.heard_by(0)
    scene.callers[0].leg.bye()

    async def stopped() -> bool:
        _, found = await scene.site.api.get(f"{PATH}/{speaking['id']}")
        return bool(found["status"] == "stopped")

    await run_until(scene.site.backend, [], stopped)
    types: list[str] = []

    async def published() -> bool:
        _, page = await scene.site.api.get("/v1.0/events?after=0")
        types[:] = [each["type"] for each in page["result"] if each["type"].startswith("speaking_")]
        return len(types) > 1

    await run_until(scene.site.backend, [], published)
    assert types == ["speaking_started", "speaking_stopped"]
    status, refused = await scene.site.api.post(PATH, {"reference_type": "call", "reference_id": call["id"]})
    assert (status, refused["error"]["reason"]) == (409, "CALL_STATE_INVALID")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"reference_id": str(uuid4())}, 404),
        ({"reference_id": "x"}, 400),
        ({"reference_type": "agent"}, 400),
        ({"direction": "out"}, 400),
        ({"direction": "sideways"}, 400),
    ],
)
async def test_speaking_that_cannot_be_is_refused(
    scene: Scene, changed: dict[str, Any], expected: int
) -> None:
    body = {"reference_type": "confbridge", "reference_id": scene.room_id}
    assert (await scene.site.api.post(PATH, body | changed))[0] == expected


@pytest.mark.parametrize("text", ["", " \n", "x" * 5001])
async def test_text_that_cannot_be_said_is_refused(scene: Scene, text: str) -> None:
    speaking = await scene.begin(reference_type="confbridge", reference_id=scene.room_id)
    assert (await scene.ask(speaking, "say", text=text))[0] == 400
    assert (await scene.ask(speaking, "say"))[0] == 400
