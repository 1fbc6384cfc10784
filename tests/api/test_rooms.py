"""Extensions of the API: settings of rooms, changes of participants, who hears whom, PINs of browsers."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from tests.api.client import ApiClient
from tests.support.backend import backend
from tests.support.site import Site, site
from tests.support.waiting import until

__all__ = ["backend", "site"]

SETTINGS: dict[str, Any] = {
    "max_participants": 5,
    "pin": "1234",
    "moderator_pin": "99",
    "locked": True,
    "wait_for_moderator": True,
    "lobby": True,
    "end_when_moderator_leaves": True,
    "entry_tone": True,
    "relay_digits": True,
    "levelling": True,
    "noise_suppression": True,
    "exit_tone": True,
    "music_when_alone": True,
    "record_on_start": True,
    "announce": "names",
    "prompts": "all",
    "language": "en-GB",
    "prompt_texts": {"alone": "Nobody else is here."},
    "dtmf_menu": {"*6": "mute", "*0": "leave"},
}


async def test_settings_are_stored_and_reset(api: ApiClient) -> None:
    status, room = await api.post("/v1.0/conferences", {"type": "conference", **SETTINGS})
    assert status == 200
    path = f"/v1.0/conferences/{room['id']}"
    _, shown = await api.get(path)
    assert {key: shown[key] for key in SETTINGS} == SETTINGS
    _, page = await api.get("/v1.0/conferences")
    assert page["result"][0]["pin"] == "1234"
    _, put = await api.send("PUT", path, json={"pin": "5"})
    assert put["pin"] == "5"
    assert not any(put[key] for key in SETTINGS.keys() - {"pin", "prompts"})
    assert put["prompts"] == "pin"


@pytest.mark.parametrize(
    "wrong",
    [
        {"pin": "12a"},
        {"pin": "1" * 17},
        {"pin": 1234},
        {"pin": "1", "moderator_pin": "1"},
        {"max_participants": -1},
        {"locked": "yes"},
        {"levelling": "on"},
        {"noise_suppression": "on"},
        {"announce": "loudly"},
        {"prompts": True},
        {"language": "no language"},
        {"prompt_texts": {"weather": "It rains."}},
        {"prompt_texts": {"alone": 1}},
        {"dtmf_menu": {"*6": "fly"}},
        {"dtmf_menu": {"six": "mute"}},
        {"dtmf_menu": {"*": "mute", "*6": "leave"}},
        {"dtmf_menu": {str(number): "mute" for number in range(10, 27)}},
    ],
)
async def test_create_rejects_invalid_settings(api: ApiClient, wrong: dict[str, Any]) -> None:
    room = await api.room()
    status, _ = await api.post("/v1.0/conferences", {"type": "conference", **wrong})
    assert status == 400
    status, _ = await api.send("PUT", f"/v1.0/conferences/{room['id']}", json=wrong)
    assert status == 400


async def test_regenerated_direct_hash_replaces_the_old_one(site: Site) -> None:
    room = await site.api.room()
    path = f"/v1.0/conferences/{room['id']}/direct-hash-regenerate"
    status, changed = await site.api.send("POST", path)
    assert (status, changed["id"]) == (200, room["id"])
    assert changed["direct_hash"].startswith("direct.")
    old, new = await site.backend.dial(room["direct_hash"]), await site.backend.dial(changed["direct_hash"])
    await until(lambda: old.done == ["reject 404"])
    await site.participants(room["id"], "joined")
    assert new.done == ["answer"]
    status, answer = await site.api.send("POST", "/v1.0/conferences/x/direct-hash-regenerate")
    assert (status, answer["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")


async def test_patch_participant_changes_only_given_fields(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    assert (caller["role"], caller["muted"], caller["gain_db"], caller["label"]) == (
        "participant",
        False,
        0.0,
        "",
    )
    path = f"/v1.0/conferencecalls/{caller['id']}"
    status, changed = await site.api.send(
        "PATCH", path, json={"role": "moderator", "gain_db": -3, "label": "Ann", "deaf": None}
    )
    assert (status, changed["role"], changed["gain_db"], changed["label"]) == (200, "moderator", -3.0, "Ann")
    status, changed = await site.api.send("PATCH", path, json={"muted": True, "deaf": True})
    assert (changed["muted"], changed["deaf"], changed["label"]) == (True, True, "Ann")
    _, listed = await site.api.get(f"/v1.0/conferences/{room['id']}/talking")
    assert listed["result"][0]["muted"]


async def test_a_participant_is_levelled_as_its_room_says_or_by_its_own_choice(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    path = f"/v1.0/conferencecalls/{caller['id']}"
    assert caller["levelling"] == "room"
    for choice in ("on", "off", "room"):
        status, changed = await site.api.send("PATCH", path, json={"levelling": choice})
        assert (status, changed["levelling"]) == (200, choice)
    status, changed = await site.api.send("PATCH", path, json={"levelling": "on"})
    status, changed = await site.api.send("PATCH", path, json={"label": "Ann", "levelling": None})
    assert (status, changed["levelling"]) == (200, "on")
    assert (await site.api.get(path))[1]["levelling"] == "on"


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "king"},
        {"gain_db": 25},
        {"muted": 1},
        {"levelling": True},
        {"noise_suppression": "yes"},
        {"label": "x" * 256},
    ],
)
async def test_patch_participant_rejects_invalid_fields(site: Site, wrong: dict[str, Any]) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    status, _ = await site.api.send("PATCH", f"/v1.0/conferencecalls/{caller['id']}", json=wrong)
    assert status == 400
    assert await site.participants(room["id"], "joined") == [caller]


async def test_patch_participant_that_left_is_a_conflict(site: Site) -> None:
    status, answer = await site.api.send("PATCH", f"/v1.0/conferencecalls/{uuid4()}", json={"muted": True})
    assert (status, answer["error"]["reason"]) == (404, "CONFERENCECALL_NOT_FOUND")
    room = await site.api.room()
    leg = await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    leg.bye()
    await site.participants(room["id"], "leaved")
    status, answer = await site.api.send(
        "PATCH", f"/v1.0/conferencecalls/{caller['id']}", json={"muted": True}
    )
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")


async def test_hears_put_get_delete(site: Site) -> None:
    room = await site.api.room()
    for _ in range(3):
        await site.backend.dial(room["id"])
    agent, coach, customer = [each["id"] for each in await site.participants(room["id"], "joined", 3)]
    path = f"/v1.0/conferences/{room['id']}/hears"
    body = {
        "coach": [{"coach": coach, "participant": agent}],
        "mute_for_one": [{"listener": coach, "speaker": customer}],
        "exceptions": [{"listener": agent, "speaker": customer, "gain_db": -6.0}],
    }
    status, rules = await site.api.send("PUT", path, json=body)
    assert status == 200
    assert {(each["listener"], each["speaker"], each["gain_db"]) for each in rules["result"]} == {
        (customer, coach, None),
        (coach, customer, None),
        (agent, customer, -6.0),
    }
    assert rules["whisper"] == [{"speaker": coach, "listeners": [agent]}]
    assert await site.api.get(path) == (200, rules)
    assert await site.api.send("PUT", path, json=rules) == (200, rules)
    cleared: dict[str, list[Any]] = {"exceptions": [], "whisper": [], "result": []}
    assert await site.api.send("DELETE", path) == (200, cleared)
    assert await site.api.get(path) == (200, cleared)


async def test_whisper_applies_to_later_participants(site: Site) -> None:
    room = await site.api.room()
    for _ in range(2):
        await site.backend.dial(room["id"])
    agent, coach = [each["id"] for each in await site.participants(room["id"], "joined", 2)]
    path = f"/v1.0/conferences/{room['id']}/hears"
    await site.api.send("PUT", path, json={"whisper": [{"speaker": coach, "listeners": [agent]}]})
    await site.backend.dial(room["id"])
    later = (await site.participants(room["id"], "joined", 3))[-1]["id"]
    _, rules = await site.api.get(path)
    assert rules["result"] == [{"listener": later, "speaker": coach, "gain_db": None}]


async def test_hears_rejects_unknown_participants(site: Site) -> None:
    room = await site.api.room()
    path = f"/v1.0/conferences/{room['id']}/hears"
    absent = {"mute_for_one": [{"listener": str(uuid4()), "speaker": str(uuid4())}]}
    status, answer = await site.api.send("PUT", path, json=absent)
    assert (status, answer["error"]["reason"]) == (404, "CONFERENCECALL_NOT_FOUND")
    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    status, answer = await site.api.send("PUT", path, json={})
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    status, _ = await site.api.get(f"/v1.0/conferences/{uuid4()}/hears")
    assert status == 404


@pytest.fixture
async def offer() -> AsyncIterator[str]:
    browser = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    browser.addTransceiver("audio")
    await browser.setLocalDescription(await browser.createOffer())
    yield browser.localDescription.sdp
    await browser.close()


async def whip(
    api: ApiClient, room: str, offer: str, headers: dict[str, str] | None = None, **query: str
) -> Any:
    """Join as a browser; return the status, and the reason of a refusal."""
    path = f"/v1.0/conferences/{room}/whip"
    wanted = {"Content-Type": "application/sdp", **(headers or {})}
    async with api.request("POST", path, params=query, data=offer, headers=wanted) as response:
        if response.status == 201:
            return 201, ""
        return response.status, (await response.json())["error"]["reason"]


@pytest.mark.parametrize(
    ("settings", "status", "reason"),
    [
        ({"locked": True}, 409, "CONFERENCE_LOCKED"),
        ({"pin": "1"}, 403, "CONFERENCE_PIN_INVALID"),
    ],
)
async def test_whip_error_names_the_reason(
    api: ApiClient, offer: str, settings: dict[str, Any], status: int, reason: str
) -> None:
    _, room = await api.post("/v1.0/conferences", {"type": "conference", **settings})
    assert await whip(api, room["id"], offer, pin="2") == (status, reason)


async def test_whip_accepts_a_pin_and_respects_the_limit(api: ApiClient, offer: str) -> None:
    settings = {"pin": "1", "moderator_pin": "2", "max_participants": 1}
    _, room = await api.post("/v1.0/conferences", {"type": "conference", **settings})
    assert await whip(api, room["id"], offer, {"X-Conference-Pin": "2"}) == (201, "")

    async def moderator() -> bool:
        _, page = await api.get(f"/v1.0/conferencecalls?conference_id={room['id']}")
        return [(each["status"], each["role"]) for each in page["result"]] == [("joined", "moderator")]

    await until(moderator)
    assert await whip(api, room["id"], offer, pin="1") == (409, "CONFERENCE_FULL")


async def test_whip_answers_the_first_of_a_connect_room(api: ApiClient, offer: str) -> None:
    room = await api.room("connect")
    assert await whip(api, room["id"], offer) == (201, "")
