"""Chat between rooms and phones by MESSAGE (RFC 3428), with phones that are sockets."""

from typing import Any

import pytest

from tests.support.called_phone import CalledPhone
from tests.support.sip_login import Challenge, answer
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.sip_site import SipSite
from tests.support.waiting import until

PLAIN = "text/plain;charset=UTF-8"
PASSWORD = "correct horse battery"
ALLOW = "INVITE, ACK, BYE, CANCEL, MESSAGE"


async def in_room(
    sip_site: SipSite, room: dict[str, Any], transport: str = "UDP", **headers: str
) -> PhoneCall:
    """Return a call of a new phone, once it is in the room."""
    phone = await sip_site.phone(transport)
    call = phone.call(room["id"], **({"Allow": ALLOW} | headers))
    before = len(await joined(sip_site, room))
    await call.establish()
    await sip_site.site.participants(room["id"], "joined", before + 1)
    return call


async def joined(sip_site: SipSite, room: dict[str, Any]) -> list[dict[str, Any]]:
    _, page = await sip_site.site.api.get(f"/v1.0/conferencecalls?conference_id={room['id']}")
    return [each for each in page["result"] if each["status"] == "joined"][::-1]


async def messages(sip_site: SipSite, room: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Wait until the room has so many messages; return them, oldest first."""

    async def look() -> list[dict[str, Any]] | None:
        _, page = await sip_site.site.api.get(f"/v1.0/conferences/{room['id']}/messages")
        return page["result"][::-1] if len(page["result"]) == count else None

    return await until(look)


async def say(sip_site: SipSite, room: dict[str, Any], text: str, **fields: Any) -> None:
    status, _ = await sip_site.site.api.post(
        f"/v1.0/conferences/{room['id']}/messages", {"text": text, **fields}
    )
    assert status == 200


async def shown(call: PhoneCall, status_code: int = 200) -> str:
    """Answer the next MESSAGE; return its text."""
    message = await call.asked("MESSAGE")
    assert message.header("content-type") == "text/plain"
    call.reply(message, status_code)
    return message.body


def rest(call: PhoneCall) -> list[str]:
    """Return the texts that a phone has got and the test has not read."""
    inbox, found = call.phone.inbox(call.call_id), []
    while not inbox.empty():
        message = inbox.get_nowait()
        found += [message.body] if message.method == "MESSAGE" else []
    return found


async def write(call: PhoneCall, text: str, **headers: str) -> Message:
    call.request("MESSAGE", text, **({"Content_Type": PLAIN} | headers))
    return await call.final()


def outside_of(phone: Phone, address: str) -> PhoneCall:
    """Return what a phone sends MESSAGE with outside of its call."""
    return phone.call(address)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_phone_shows_messages_and_writes_some(sip_site: SipSite, transport: str) -> None:
    room = await sip_site.site.api.room()
    writer, reader = await in_room(sip_site, room, transport), await in_room(sip_site, room, transport)
    silent = await in_room(sip_site, room, Allow="INVITE, ACK, BYE, CANCEL")
    first, second, _ = await joined(sip_site, room)
    await say(sip_site, room, "Welcome", sender_name="Host")
    assert [await shown(writer), await shown(reader)] == ["Host: Welcome"] * 2
    answer_ = await write(writer, "Grüße aus Köln")
    assert answer_.status_code == 202
    assert await shown(reader) == "Ada: Grüße aus Köln"
    await say(sip_site, room, "Only you", sender_name="Host", recipient_id=second["id"])
    assert await shown(reader) == "Host, to you: Only you"
    _, written, private = await messages(sip_site, room, 3)
    assert (written["text"], written["sender_id"], written["sender_name"]) == (
        "Grüße aus Köln",
        first["id"],
        "Ada",
    )
    assert private["recipient_id"] == second["id"]
    # What a phone gets before its BYE is answered is all that it gets.
    assert [(await call.hang_up()).status_code for call in (writer, reader, silent)] == [200] * 3
    assert [rest(call) for call in (writer, reader, silent)] == [[]] * 3
    assert sip_site.endpoint.counters["sip_texts_sent"] == 4
    assert sip_site.site.backend.services.counters()["chat.received"] == 1


async def test_label_is_the_name_of_who_writes(sip_site: SipSite) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    (participant,) = await joined(sip_site, room)
    await sip_site.site.api.send(
        "PATCH", f"/v1.0/conferencecalls/{participant['id']}", json={"label": "Dr. Ada"}
    )
    assert (await write(call, "Hello")).status_code == 202
    (message,) = await messages(sip_site, room, 1)
    assert message["sender_name"] == "Dr. Ada"
    await call.hang_up()


async def test_long_text_comes_in_order_and_piece_by_piece(sip_site: SipSite) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    text = " ".join(f"{number:04}" for number in range(500))
    await say(sip_site, room, text)
    parts = []
    for _ in range(3):
        message = await call.asked("MESSAGE")
        assert rest(call) == []
        call.reply(message, 200)
        parts.append(message.body)
    assert " ".join(parts) == text
    assert max(len(part) for part in parts) <= 1000
    await call.hang_up()


@pytest.mark.parametrize(
    ("text", "headers", "code"),
    [
        ("<b>x</b>", {"Content_Type": "text/html"}, 415),
        ("x", {"Content_Type": "text/plain;charset=iso-8859-1"}, 415),
        ("x", {"Content_Encoding": "gzip"}, 415),
        ("a\x00b", {}, 400),
        ("x" * 4001, {}, 413),
        ("", {}, 200),
    ],
)
async def test_other_texts_are_refused(
    sip_site: SipSite, text: str, headers: dict[str, str], code: int
) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    response = await write(call, text, **headers)
    assert response.status_code == code
    assert ("text/plain" in response.header("accept")) == (code == 415)
    assert (await write(call, "the only one")).status_code == 202
    assert [each["text"] for each in await messages(sip_site, room, 1)] == ["the only one"]
    await call.hang_up()


@pytest.mark.parametrize("code", [405, 408, 481, 500])
async def test_call_goes_on_when_the_phone_refuses_a_text(sip_site: SipSite, code: int) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    await say(sip_site, room, "one")
    assert await shown(call, code) == "one"
    await until(lambda: sip_site.endpoint.counters["sip_texts_refused"] == 1)
    await say(sip_site, room, "two")
    if code != 405:
        assert await shown(call) == "two"
    assert len(await joined(sip_site, room)) == 1
    assert (await call.hang_up()).status_code == 200


async def test_called_phone_gets_and_writes_texts(sip_site: SipSite, bob: CalledPhone) -> None:
    room = await sip_site.site.api.room()
    join = {"type": "conference_join", "option": {"conference_id": room["id"]}}
    target = {"type": "sip", "target": bob.uri}
    status, _ = await sip_site.site.api.post("/v1.0/calls", {"destinations": [target], "actions": [join]})
    assert status == 200
    invite = await bob.asked("INVITE")
    bob.reply(invite, 200, f"Allow: {ALLOW}", body=sdp())
    await sip_site.site.participants(room["id"], "joined")
    await say(sip_site, room, "Hello Bob")
    message = await bob.asked("MESSAGE")
    bob.reply(message, 200)
    assert message.body == "Hello Bob"


async def test_connection_of_the_call_proves_who_writes_outside_of_it(sip_site: SipSite) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room, "TCP")
    outside = outside_of(call.phone, room["id"])
    assert (await write(outside, "By my connection")).status_code == 202
    # Repeated as if the response was lost: one message.
    outside.send("MESSAGE", "By my connection", Content_Type=PLAIN)
    assert (await outside.final()).status_code == 202
    assert (await write(outside_of(call.phone, "another-room"), "Where?")).status_code == 404
    (message,) = await messages(sip_site, room, 1)
    assert message["text"] == "By my connection"
    await call.hang_up()
    assert (await write(outside, "Too late")).status_code == 403


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_other_phones_are_refused(sip_site: SipSite, transport: str) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    other_phone = await sip_site.phone(transport)
    assert (await write(outside_of(other_phone, room["id"]), "Spam")).status_code == 403
    guess = outside_of(other_phone, room["id"])
    guess.call_id, guess.from_, guess.to = call.call_id, call.from_, f"<{call.target}>;tag=guessed"
    assert (await write(guess, "Spam")).status_code == 481
    # A forged source address has the phone's own.
    assert (await write(outside_of(call.phone, room["id"]), "By its UDP socket")).status_code == 403
    _, page = await sip_site.site.api.get(f"/v1.0/conferences/{room['id']}/messages")
    assert page["result"] == []
    await call.hang_up()


async def test_account_of_the_call_proves_who_writes_outside_of_it(sip_site: SipSite) -> None:
    room = await sip_site.site.api.room()
    _, made = await sip_site.site.api.post("/v1.0/extensions", {"extension": "2001", "password": PASSWORD})
    _, other = await sip_site.site.api.post("/v1.0/extensions", {"extension": "2002", "password": PASSWORD})
    phone = await sip_site.phone()
    call = phone.call(room["id"], Allow=ALLOW)
    call.from_ = f"<sip:2001@{made['domain_name']}.registrar.mixminus.local>;tag=x"
    call.invite(sdp())
    refusal = await call.final()
    call.ack_refusal()
    proof = answer(Challenge.of(refusal), method="INVITE", uri=call.target, user="2001", password=PASSWORD)
    call.invite(sdp(), Authorization=proof)
    assert (await call.final()).status_code == 200
    call.ack()
    await sip_site.site.participants(room["id"], "joined")
    for row, code in ((made, 202), (other, 403)):
        name = row["extension"]
        outside = outside_of(phone, room["id"])
        outside.from_ = f"<sip:{name}@{row['domain_name']}.registrar.mixminus.local>;tag=y"
        challenged = await write(outside, f"I am {name}")
        assert challenged.status_code == 401
        challenge = Challenge.of(challenged)
        proof = answer(challenge, method="MESSAGE", uri=outside.target, user=name, password=PASSWORD)
        assert (await write(outside, f"I am {name}", Authorization=proof)).status_code == code
    (message,) = await messages(sip_site, room, 1)
    assert message["text"] == "I am 2001"
    await call.hang_up()


async def test_rate_of_a_phone_is_limited(sip_site: SipSite) -> None:
    room = await sip_site.site.api.room()
    call = await in_room(sip_site, room)
    codes = [(await write(call, str(number))).status_code for number in range(60)]
    assert set(codes) == {202, 503}
    assert codes[:10] == [202] * 10
    await messages(sip_site, room, codes.count(202))
    await call.hang_up()


async def test_text_of_a_phone_outside_a_room_is_counted(sip_site: SipSite) -> None:
    api = sip_site.site.api
    _, flow = await api.post(
        "/v1.0/flows", {"actions": [{"type": "answer"}, {"type": "sleep", "option": {"duration": 60_000}}]}
    )
    await api.post("/v1.0/numbers", {"number": "+15550177", "call_flow_id": flow["id"]})
    phone = await sip_site.phone()
    call = phone.call("15550177", Allow=ALLOW)
    await call.establish()
    assert (await write(call, "Is anybody here?")).status_code == 202
    await until(lambda: sip_site.site.backend.services.counters()["chat.refused"] == 1)
    await call.hang_up()
