"""Fuzz the parsers in Python that read what unknown clients send: nothing but their own errors may come out.

``make fuzz`` runs them with more examples (FUZZ_EXAMPLES).
"""

import os
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.sip.edge.message import MAX_MESSAGE_BYTES, Unparseable
from mixminus.sip.edge.websocket_framing import WebSocketFraming
from mixminus.webrtc.sdp import parse_offer
from tests.sip.test_websocket_framing import HANDSHAKE, frame
from tests.support.offers import CHROMIUM, FIREFOX

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
fuzzed = settings(max_examples=EXAMPLES, deadline=None)

FRAMES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(frame, st.integers(0, 255), st.binary(max_size=200)),
        st.builds(lambda whole, cut: whole[:cut], st.just(frame(0x82, b"x" * 300)), st.integers(0, 300)),
    ),
    max_size=12,
)


@fuzzed
@given(FRAMES, st.booleans(), st.integers(1, 64))
def test_websocket_frames(pieces: list[bytes], shaken: bool, step: int) -> None:
    framing = WebSocketFraming()
    stream = (HANDSHAKE if shaken else b"") + b"".join(pieces)
    for place in range(0, len(stream), step):
        try:
            messages = framing.feed(stream[place : place + step])
        except Unparseable:
            break
        assert all(len(each) <= MAX_MESSAGE_BYTES for each in messages)
        if framing.closed:
            assert framing.feed(b"more") == []


@fuzzed
@given(st.data())
def test_offers_of_browsers(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from((CHROMIUM, FIREFOX))).splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(("drop", "double", "cut", "text", "digits", "swap")))
        line = lines[place]
        if change == "drop" and len(lines) > 1:
            del lines[place]
        elif change == "double":
            lines.insert(place, line)
        elif change == "cut":
            lines[place] = line[: data.draw(st.integers(0, len(line)))]
        elif change == "text":
            lines[place] = line[:2] + data.draw(st.text(max_size=40))
        elif change == "digits":
            lines[place] = line.replace("1", data.draw(st.sampled_from(("-1", "9" * 30, "", "x"))))
        else:
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
    begun_s = time.monotonic()
    try:
        parse_offer("\r\n".join(lines))
    except InvalidArgument as error:
        assert str(error)
    assert time.monotonic() - begun_s < 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
OPTIONS = sorted({field for each in CATALOGUE.types.values() for field in each.option.model_fields})
ACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(sorted(CATALOGUE.names)) | JSON,
        "id": st.uuids().map(str) | JSON,
        "next_id": JSON,
        "option": st.dictionaries(st.sampled_from(OPTIONS) | st.text(max_size=8), JSON, max_size=6) | JSON,
    },
)


@fuzzed
@given(st.lists(ACTIONS, max_size=4))
def test_actions_of_flows(raw: list[dict[str, Any]]) -> None:
    try:
        normalised = CATALOGUE.normalise(raw)
    except InvalidArgument as error:
        assert str(error)
    else:
        assert len(normalised) == len(raw)
