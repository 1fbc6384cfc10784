"""Reading of hostile text takes time in proportion to its length.

Strings are generated of what the grammars treat specially: a prefix, a pump that is repeated, a suffix that makes a
match fail. The processor time for a string must not grow faster than the string, within a generous factor.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from mixminus.errors import MixMinusError
from mixminus.sip.edge.digest import read_credentials
from mixminus.sip.edge.digits import parse_digit
from mixminus.sip.edge.message import Headers, Request, Response, StreamFramer, Unparseable, parse
from mixminus.sip.edge.repair import Repair
from mixminus.sip.edge.rewriting import request_headers
from mixminus.sip.edge.validation import fault_of
from mixminus.sip.grammar import (
    NameAddress,
    SipUri,
    Unreadable,
    Via,
    parameters_of,
    parse_refer_to,
    scheme_of,
    split_list,
)
from mixminus.sip.sdp.description import parse as parse_sdp
from mixminus.sip.telephone import subscriber_of

SHORT, LONG = 2_000, 16_000
# 8 would be linear, 64 quadratic.
MOST = 30
# Less is not measured reliably.
NOTICED_S = 0.004
PIECES = [
    '"', '\\"', "\\", "<", ">", ";", ",", ":", "=", " ", "\t", "\r\n ", "@", "a", "1", "a=", ";a", ';a="', '",', "<a", "(", "%", "sip:",
    "a@", "\r\nl:", "a,", "[", ".", "a.", "-", "/", "SIP/", "?", "&a=",
]  # fmt: skip
PREFIXES = ["", "<sip:a@b>;x=", "sip:", "SIP/2.0/UDP h;a=", 'Digest a="', "v=0\r\no=", "<sip:", '"']
NAMES = (
    "via", "route", "from", "to", "contact", "call-id", "cseq", "content-type", "content-disposition", "content-encoding", "supported", "require",
    "allow", "session-expires", "min-se", "retry-after", "www-authenticate", "record-route", "refer-to", "max-forwards",
)  # fmt: skip


def message(text: str) -> bytes:
    return f"OPTIONS sip:x@y SIP/2.0\r\nVia: {text}\r\nRoute: {text}\r\n\r\n".encode()


def feed(text: str) -> None:
    framer = StreamFramer()
    for place in range(0, len(text), 512):
        framer.feed(text[place : place + 512].encode())


def serve(text: str) -> None:
    """Do what the edge does with the headers of a request, each of which has this text."""
    request = Request("INVITE", text, Headers([(name, text) for name in NAMES]))
    Repair(Counter()).request(request)
    fault_of(request)
    for name in NAMES:
        with suppress(Unreadable):
            request_headers("INVITE", Headers([(name, text)]))


READERS: dict[str, Callable[[str], object]] = {
    "list": split_list,
    "parameters": lambda text: parameters_of(f";{text}"),
    "address": NameAddress.parse,
    "uri": SipUri.parse,
    "scheme": scheme_of,
    "via": Via.parse,
    "refer to": parse_refer_to,
    "credentials": read_credentials,
    "digit": lambda text: parse_digit(text.encode()),
    "telephone number": lambda text: subscriber_of(SipUri("sip", text, "h", 0, {})),
    "request": serve,
    "response": lambda text: Repair(Counter()).response(
        Response(200, text, Headers([(name, text) for name in NAMES])), None
    ),
    "message": lambda text: parse(message(text)),
    "stream": feed,
    "session description": parse_sdp,
}


def cost_s(read: Callable[[str], object], text: str) -> float:
    """Return the least processor time of a few runs."""
    times = []
    for _ in range(3):
        begin_s = time.process_time()
        with suppress(Unreadable, Unparseable, MixMinusError):
            read(text)
        times.append(time.process_time() - begin_s)
    return min(times)


def evil(seed: int, length: int) -> str:
    chance = random.Random(seed)
    pump = "".join(chance.choices(PIECES, k=chance.randint(1, 3)))
    prefix, suffix = chance.choice(PREFIXES), chance.choice(["", "\0", '"', "x", ">", "\n"])
    return prefix + pump * (length // len(pump)) + suffix


@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_length_only(name: str) -> None:
    read = READERS[name]
    for seed in range(250):
        long_s = cost_s(read, evil(seed, LONG))
        if long_s > NOTICED_S:
            short_s = cost_s(read, evil(seed, SHORT))
            assert long_s < MOST * short_s, f"seed {seed}: {evil(seed, 40)!r}"


def test_generator_finds_what_is_quadratic() -> None:
    """The pattern that lists were split by until a flood of quotes was found."""
    pieces = re.compile(r'"(?:[^"\\]|\\.)*"|<[^>]*>|[^",<]+|[",<]')
    assert any(
        cost_s(pieces.findall, evil(seed, LONG // 4))
        > MOST / 4 * cost_s(pieces.findall, evil(seed, SHORT // 4))
        for seed in range(250)
    )


@pytest.mark.parametrize(("name", "pump"), [("telephone number", "1"), ("request", "a "), ("response", "a ")])
def test_what_was_quadratic_is_linear(name: str, pump: str) -> None:
    """A number that ends in a letter, and a media type with blanks in it."""

    def text(length: int) -> str:
        return pump[0] + pump[-1] * length + "x"

    long_s = cost_s(READERS[name], text(LONG))
    assert long_s < max(NOTICED_S, MOST * cost_s(READERS[name], text(SHORT)))
