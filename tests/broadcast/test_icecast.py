"""What an Icecast source does without a network: its URL, headers, and what waits to be sent."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.broadcast.icecast import Outflow, headers_of, mount_url
from mixminus.broadcast.ogg import OPUS
from mixminus.errors import InvalidArgument
from mixminus.model.broadcast import IcecastTarget
from mixminus.webrtc.sdp import parse_offer
from tests.support.offers import CHROMIUM

PACKET = bytes((0x08,))
"""20 ms of wideband silence by SILK (RFC 6716 section 3.1), of no bytes."""


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 8))
async def test_pages_wait_in_order_up_to_a_limit_then_all_are_dropped_and_counted(
    steps: list[bool], limit: int
) -> None:
    counters: Counter[str] = Counter()
    outflow, accepted = Outflow(counters, limit), asyncio.Event()

    async def accept() -> None:
        accepted.set()

    pages = outflow.pages(accept)
    outflow.put([PACKET] * 50)  # left out: it is not accepted yet
    begin = asyncio.ensure_future(anext(pages))
    await accepted.wait()
    outflow.put([PACKET] * 50)
    first = await begin
    waiting = 0
    assert first.startswith(b"OggS")
    assert b"OpusHead" in first
    for is_put in steps:
        if outflow.full.done():
            assert waiting == limit
            break
        if is_put:
            outflow.put([PACKET] * 20)
            waiting += not outflow.full.done()
        elif waiting:
            assert (await anext(pages)).startswith(b"OggS")
            waiting -= 1
    dropped = limit + 1 if outflow.full.done() else 0
    assert counters["broadcasts.icecast_dropped"] == dropped
    outflow.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://radio.example:8000/room.opus", "http://radio.example:8000/room.opus"),
        ("https://radio.example/room.ogg", "https://radio.example/room.ogg"),
        ("icecast://radio.example/room", "http://radio.example:8000/room"),
        ("icecast://[2001:db8::1]:9000/room", "http://[2001:db8::1]:9000/room"),
    ],
)
def test_urls_of_mounts(url: str, expected: str) -> None:
    assert mount_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "room",
        "ftp://radio.example/room",
        "http://radio.example",
        "http://radio.example/",
        "http://radio.example/room#a",
        "http://radio.example/room?pass=secret",
        "http://source:secret@radio.example/room",
        "http://radio.example:99999/room",
        "http:///room",
    ],
)
def test_what_is_no_mount_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument, match="^url: ") as caught:
        mount_url(url)
    assert "secret" not in str(caught.value)


def test_the_password_is_in_the_request_and_not_in_the_text_of_its_target() -> None:
    target = IcecastTarget(url="http://radio.example/room", user="source", password="hackme", name="Meeting")
    headers = headers_of(target)
    assert headers["Authorization"] == "Basic c291cmNlOmhhY2ttZQ=="
    assert (headers["Content-Type"], headers["Ice-Name"]) == ("audio/ogg", "Meeting")
    assert "Ice-Description" not in headers
    assert "hackme" not in repr(target)


def test_the_port_shares_the_encode_of_browsers_that_listen() -> None:
    """Chromium's offer, as WHEP negotiates it; the payload type is not the encoder's."""
    (first, *_) = parse_offer(CHROMIUM).codecs
    assert replace(first, payload_type=OPUS.payload_type) == OPUS
