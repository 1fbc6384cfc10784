"""Links: records of every message, order, and what ends a link."""

import asyncio
import dataclasses
import typing
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp import web

from mixminus.cluster import leg_messages, messages
from mixminus.cluster.leg_messages import HearsCell, HearsSet, Joined
from mixminus.cluster.link import Link, LinkBroken, decode, encode
from mixminus.cluster.messages import Closed, Message
from mixminus.cluster.peers import Peer
from mixminus.model.hears import Hears, HearsException, Whisper
from mixminus.model.ids import ConferencecallId
from mixminus.model.menu import MenuAction
from mixminus.model.playback import PlaybackRequest
from tests.support.netns import ADDRESS
from tests.support.waiting import until

SAMPLES: dict[object, object] = {
    UUID: uuid4(),
    str: "text",
    int: 7,
    bool: True,
    float: 1.5,
    float | None: None,
    dict[str, str]: {"count": "2"},
    dict[str, MenuAction]: {"*6": "mute"},
    PlaybackRequest: PlaybackRequest(text="a text", stream_urls=("one.wav", "two.wav"), loop=0),
    tuple[HearsCell, ...]: (HearsCell(uuid4(), uuid4(), None), HearsCell(uuid4(), uuid4(), -6.0)),
    tuple[UUID, ...]: (uuid4(), uuid4()),
    tuple[int, ...]: (1, 2),
    tuple[messages.HeldSeat, ...]: (
        messages.HeldSeat(uuid4(), 3, uuid4(), "a name", "sip", joined=True, on_hold=False),
    ),
    Hears: Hears(
        (HearsException(ConferencecallId(uuid4()), ConferencecallId(uuid4()), None),),
        (Whisper(ConferencecallId(uuid4()), (ConferencecallId(uuid4()),)),),
    ),
    tuple[leg_messages.LegQuality, ...]: (leg_messages.LegQuality(uuid4(), codec="opus", round_trip_ms=3.0),),
}


def sample(kind: type) -> Message:
    """Return a message of a class with a value for each field."""
    fields = typing.get_type_hints(kind)
    values = {
        name: SAMPLES[hint] if hint in SAMPLES else typing.get_args(hint)[0] for name, hint in fields.items()
    }
    message: Message = kind(**values)
    return message


@pytest.mark.parametrize("kind", typing.get_args(Message))
def test_every_message_survives_its_record_and_fields_of_later_versions(kind: type) -> None:
    message = sample(kind)
    record = encode(message)
    assert decode(record) == message
    assert decode(record[:-1] + ',"of_a_later_version":1}') == message


def test_records_that_are_no_messages_are_nothing() -> None:
    record = encode(Closed(uuid4()))
    for wrong in ("", "Closed", "Later {}", "Closed []", record.replace('"room"', '"rooms"'), record[:-1]):
        assert decode(wrong) is None or decode(wrong) == Closed(), wrong
    assert decode(encode(sample(messages.Offer)).replace('"port":7', '"port":"x"')) is None


def test_keys_and_names_are_not_in_what_is_logged() -> None:
    secret = {messages.Offer: "key", messages.Admit: "name", leg_messages.Pressed: "digits"}
    for kind, name in secret.items():
        shown = {field.name for field in dataclasses.fields(kind) if field.repr}
        assert name not in shown


class Pair:
    """Both ends of a link, over a WebSocket."""

    def __init__(self) -> None:
        self.heartbeat_s: float | None = 0.2
        self.counters: Counter[str] = Counter()
        self.got: list[Message] = []
        self.peers = [Peer(uuid4(), "", ""), Peer(uuid4(), "", "")]
        self.socket: aiohttp.ClientWebSocketResponse
        self.served: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=self.heartbeat_s)
        await socket.prepare(request)
        link = Link(socket, self.peers[1], self.counters)
        self.served.set_result(link)
        await link.run(self.got.append)
        return socket


@asynccontextmanager
async def pair(
    *, answers_pings: bool = True, heartbeat_s: float | None = 0.2
) -> AsyncIterator[tuple[Pair, Link, Link]]:
    made = Pair()
    made.heartbeat_s = heartbeat_s
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.add_routes([web.get("/", made.serve)])
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, ADDRESS, 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made.socket = await session.ws_connect(f"http://{host}:{port}/", autoping=answers_pings)
        here = Link(made.socket, made.peers[0], made.counters)
        async with asyncio.timeout(20):
            yield made, here, await made.served


async def test_messages_arrive_in_order_and_unknown_ones_are_counted() -> None:
    async with pair() as (made, here, there):
        running = asyncio.ensure_future(here.run(lambda _: None))
        sent: list[Message] = [Joined(uuid4(), uuid4()) for _ in range(500)]
        sent.insert(250, HearsSet(uuid4(), (HearsCell(uuid4(), uuid4(), None),)))
        for message in sent:
            here.send(message)
        await until(lambda: len(made.got) == len(sent))
        assert made.got == sent
        await made.socket.send_str("OfALaterVersion {}")
        await until(lambda: made.counters["cluster.messages_ignored"] == 1)
        there.end()
        await running
        assert here.broken.done()
        assert made.counters["cluster.links_ended"] == 2
        with pytest.raises(LinkBroken):
            here.send(sent[0])


async def test_a_link_ends_when_the_other_node_does_not_answer() -> None:
    async with pair(answers_pings=False) as (_, here, there):
        running = asyncio.ensure_future(here.run(lambda _: None))
        await there.broken
        await running


async def test_a_link_pings_again_and_again_whatever_else_it_sends() -> None:
    async with pair(answers_pings=False, heartbeat_s=None) as (made, _, there):
        for _ in range(2):
            there.send(Joined(uuid4(), uuid4()))
            kinds = {(await made.socket.receive()).type for _ in range(2)}
            assert kinds == {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING}
        there.end()
        await made.socket.close()


async def test_a_link_ends_when_the_other_node_is_gone() -> None:
    async with pair() as (made, here, there):
        running = asyncio.ensure_future(here.run(lambda _: None))
        made.peers[0].gone.set_result(None)
        await running
        await there.broken


async def test_a_node_that_takes_messages_too_slowly_loses_the_link() -> None:
    async with pair() as (made, here, _):
        with pytest.raises(LinkBroken):
            for _ in range(10_000):  # nothing is sent before ``run``
                here.send(Closed(uuid4()))
        assert made.counters["cluster.links_overflowed"] == 1
        await here.run(lambda _: None)
