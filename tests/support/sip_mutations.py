"""Mutated SIP messages, the same for each seed: what a phone sends in and out of calls, damaged by what breaks parsers."""

import random
import re
from dataclasses import dataclass
from typing import Final

__all__ = ["FuzzedCall", "Mutations"]

_SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
)
_SRTP: Final = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 111 9 101\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/48000\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
    "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
)
_DIGITS: Final = (
    "Signal=5",
    "Signal",
    "Signal=",
    "Signal=5\n",
    "Signal=5\r\nDuration=4294967296\r\n",
    "5",
    "Signal=" + "9" * 3000,
)
_TARGETS: Final = (
    "<sip:x@127.6.99.1:5999>", '"?" <sip:x@127.6.99.1:5999>', "tel:+1555;x=?", "tel:+1555", "<sip:x@127.0.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", "<sip:x;method=BYE>",
    "<sip:x?" + "&".join(["a=b"] * 60) + ">",
)  # fmt: skip
_SESSION: Final = (
    "",
    "Session-Expires: 90;refresher=uac\r\nMin-SE: 90\r\n",
    "Require: timer\r\nSession-Expires: 4294967295\r\n",
    "Require: 100rel\r\n",
)
_IN_DIALOG: Final = (
    "INVITE",
    "UPDATE",
    "INFO",
    "INFO",
    "REFER",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "ACK",
    "MESSAGE",
    "CANCEL",
    "BYE",
)
_OUTSIDE: Final = ("REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "BYE", "CANCEL", "PRACK", "ACK", "PUBLISH")
_EVIL: Final = (
    "\0", "\r", "\n", "\r\n ", '"', '\\"' * 30, "<", ">" * 9, ";;;", "," * 40, ":", "@" * 20, "%n%s%x", "%00", "é", "A" * 300, "A" * 3000,
    "9" * 40, "-1", "4294967296", "0", "\t", " " * 200, "[::1]", "[", "(a(b)c)", "sip:", "tel:", ";lr", ";maddr=1.2.3.4", ";transport=tls",
    "?h=v", "a=fmtp:0 mixminus=AAAA", "m=audio 0 RTP/AVP 0", "c=IN IP4 224.0.0.1", "a=ptime:0", "a=rtpmap:0 L16/4294967295/999",
)  # fmt: skip
_HEADERS: Final = (
    "Via: SIP/2.0/UDP 10.0.0.1;received=fe80::1%?;branch=z9hG4bKq", "Via: " + ", ".join(["SIP/2.0/UDP h"] * 200), "Route: <sip:a@127.0.0.1;lr>",
    "Record-Route: <sip:b@127.0.0.1;lr>, <sip:c@10.0.0.1;transport=tcp;lr>", "Replaces: a;to-tag=b;from-tag=?;early-only", "Event: refer",
    'Authorization: Digest username="1001", realm="?", nonce="n", uri="sip:a@b", response="0", qop=auth, nc=00000001, cnonce="c"',
    'Refer-To: "?" <sip:a@b?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>', "Refer-To: tel:+1;x=?", "Referred-By: <sip:?@b>", "P-Asserted-Identity: ?, tel:+1",
    "History-Info: <sip:a@b>;index=1", "X-Own: ?", "User-Agent: ?", 'Content-Type: multipart/mixed;boundary="b"', "Content-Type: a" + " " * 9000 + "b",
    "Content-Disposition: session;handling=optional", "Content-Transfer-Encoding: base64", "Content-Encoding: gzip", "Path: <sip:p@127.0.0.1;lr>",
    "Expires: ?", "Contact: *", 'Contact: <sip:a@b>;expires=?;+sip.instance="<urn:uuid:?>";reg-id=1;q=0.5', "Supported: outbound, path, replaces",
    "Min-SE: 90", "RAck: 1 1 INVITE", "RSeq: 1", "Retry-After: 5 (?)", "P-Called-Party-ID: <tel:+1?>", "Max-Forwards: 0", "CSeq: \u00b2 INVITE",
)  # fmt: skip
_TORN: Final = (
    b"\xff",
    b"\xc3",
    b"\x80",
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\xd9\xa1",
)
"""What is not UTF-8, and lines, blanks and digits that Python knows and SIP does not."""
_NUMBERS: Final = ("0", "-1", "4294967296", "2147483648", "9" * 30)


@dataclass(slots=True)
class FuzzedCall:
    """A call of the fuzzer; ``uri`` is empty until it is answered."""

    host: str
    port: int
    call_id: str
    tag: str
    number: int = 1
    to: str = ""
    uri: str = ""


class Mutations:
    """Makes messages; everything that is random comes from the seed."""

    def __init__(self, seed: int, user: str) -> None:
        self.chance = random.Random(seed)
        self._user = user

    def call(self, host: str, port: int) -> FuzzedCall:
        return FuzzedCall(
            host, port, f"{self.chance.getrandbits(60):x}@fuzz", f"{self.chance.getrandbits(40):x}"
        )

    def render(
        self, call: FuzzedCall, method: str, *, extra: str = "", body: str = "", kind: str = "application/sdp"
    ) -> str:
        """Return a message as a phone would send it."""
        uri = call.uri or f"sip:{self._user}@127.0.0.1"
        to = call.to or f"<sip:{self._user}@127.0.0.1>"
        content = f"Content-Type: {kind}\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {call.host}:{call.port};branch=z9hG4bK{self.chance.getrandbits(60):x};rport\r\n"
            f'Max-Forwards: 70\r\nFrom: "F" <sip:f@{call.host}>;tag={call.tag}\r\nTo: {to}\r\nCall-ID: {call.call_id}\r\n'
            f"CSeq: {call.number} {method}\r\nContact: <sip:f@{call.host}:{call.port}>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n"
            f"Supported: 100rel, timer, replaces\r\n{extra}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def invite(self, call: FuzzedCall) -> str:
        body = self.chance.choice((_SDP, _SDP, _SRTP, "")).format(host=call.host)
        return self.render(call, "INVITE", extra=self.chance.choice(_SESSION), body=body)

    def outside(self, call: FuzzedCall) -> str:
        return self.render(
            call, self.chance.choice(_OUTSIDE), body=self.chance.choice(("", "x" * 2000)), kind="text/plain"
        )

    def within(self, call: FuzzedCall) -> str:
        """Return a request within an answered call."""
        method = self.chance.choice(_IN_DIALOG)
        call.number += method not in ("ACK", "CANCEL") or self.chance.random() < 0.2
        extra, body, kind = "", "", "application/sdp"
        if method in ("INVITE", "UPDATE", "ACK"):
            body, extra = (
                self.chance.choice((_SDP, _SRTP, "")).format(host=call.host),
                self.chance.choice(_SESSION),
            )
        elif method == "INFO":
            body, kind = (
                self.chance.choice(_DIGITS),
                self.chance.choice(("application/dtmf-relay", "application/dtmf", "x/y")),
            )
        elif method == "REFER":
            extra = f"Refer-To: {self.chance.choice(_TARGETS)}\r\n"
        elif method == "NOTIFY":
            extra = "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"
            body, kind = (
                self.chance.choice(("SIP/2.0 200 OK\r\n", "SIP/2.0 999", "x" * 2000)),
                "message/sipfrag;version=2.0",
            )
        elif method == "PRACK":
            extra = f"RAck: {self.chance.choice(('1', '0', '4294967296'))} {call.number} INVITE\r\n"
        return self.render(call, method, extra=extra, body=body, kind=kind)

    def mutate(self, text: str) -> bytes:
        """Return a message with up to six mutations; one of seven stays whole. Of those, half have bytes that are not text."""
        changes = count = self.chance.choice((0, 1, 1, 1, 2, 3, 6))
        if count and self.chance.random() < 0.3:
            start_line, end, rest = text.partition("\r\n")
            text = f"{start_line}{end}{self.chance.choice(_HEADERS)}{end}{rest}"
            count -= 1
        for _ in range(count):
            text = self._mutation(text) or "x"
        data = text.encode("utf-8", "replace")[:16_000]
        return self._torn(data) if changes and self.chance.random() < 0.5 else data

    def _torn(self, data: bytes) -> bytes:
        """Return the message with bytes of ``_TORN`` in the place of question marks, or anywhere."""
        torn = self.chance.choice(_TORN)
        if b"?" in data and self.chance.random() < 0.7:
            return data.replace(b"?", torn)
        place = self.chance.randrange(len(data))
        return data[:place] + torn + data[place + self.chance.randrange(2) :]

    def _mutation(self, text: str) -> str:
        chance, lines = self.chance, text.split("\r\n")
        place, line = chance.randrange(len(text)), chance.randrange(len(lines))
        match chance.randrange(9):
            case 0:
                return text[:place] + chance.choice(_EVIL) + text[place:]
            case 1:
                return text[:place] + text[place + chance.randrange(1, 40) :]
            case 2:
                lines.insert(line, chance.choice(lines))
            case 3:
                del lines[line]
            case 4:
                return re.sub(
                    r"\d+",
                    lambda match: chance.choice((*_NUMBERS, match[0], match[0])),
                    text,
                    count=chance.randrange(1, 12),
                )
            case 5:
                lines[line] = lines[line].partition(":")[0] + ":" + chance.choice(_EVIL)
            case 6:
                lines[line] = lines[line].replace(" ", "\r\n " if chance.random() < 0.5 else "\t\t")
            case 7:
                return text[:place] + chr(chance.randrange(256)) + text[place + 1 :]
            case _:
                return text.replace("\r\n", chance.choice(("\n", "\r", "\r\n\r\n")), chance.randrange(1, 3))
        return "\r\n".join(lines)
