"""The messages of RFC 4475 (SIP torture tests), by their names there, and what the edge does with each.

Shortened where length does not matter. The outcome is a status code, ``FORWARDED`` to a worker, ``ASKED``: a
request to the server, or ``DROPPED`` without a response.
"""

from dataclasses import dataclass

FORWARDED = 1
ASKED = 2
DROPPED = 0


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    message: bytes
    outcome: int


_SDP = (
    "v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n"
    "m=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
)


def _message(start_line: str, *headers: str, body: str = "", length: str | None = None) -> bytes:
    lines = [start_line, *headers, f"Content-Length: {len(body) if length is None else length}", "", body]
    return "\r\n".join(lines).encode()


def _usual(method: str, *, number: str = "1", without: tuple[str, ...] = ()) -> list[str]:
    lines = [
        "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423",
        "Max-Forwards: 70",
        "From: sip:j_user@example.com;tag=98asjd8",
        "To: sip:user@example.com",
        "Call-ID: case.0ha0isnda977644900765@10.0.0.1",
        f"CSeq: {number} {method}",
        "Contact: <sip:caller@host5.example.net>",
    ]
    return [line for line in lines if line.partition(":")[0] not in without]


def _invite(start_line: str = "INVITE sip:user@example.com SIP/2.0", *extra: str, **given: object) -> bytes:
    lines = _usual("INVITE", **given)  # type: ignore[arg-type]  # passed on
    return _message(start_line, *lines, "Content-Type: application/sdp", *extra, body=_SDP)


def _options(start_line: str = "OPTIONS sip:user@example.com SIP/2.0", *extra: str, **given: object) -> bytes:
    return _message(start_line, *_usual("OPTIONS", **given), *extra)  # type: ignore[arg-type]  # passed on


CASES = [
    Case(
        "wsinv: a short tortuous INVITE, within an unknown dialog",
        (
            b"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
            b"TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
            b'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n'
            b"MaX-fOrWaRdS: 0068\r\n"
            b"Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
            b"Content-Length   : 150\r\n"
            b"cseq: 0009\r\n  INVITE\r\n"
            b"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
            b"s :\r\n"
            b"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
            b"UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
            b"Content-Type: application/sdp\r\n"
            b"Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
            b"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
            b"  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
            b'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n'
            b"  secondparam ; q = 0.33\r\n\r\n"
            b"v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n"
            b"m=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
        ),
        481,
    ),
    Case(
        "intmeth: a method of unusual characters",
        _message(
            "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
            ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
            *_usual("!interesting-Method0123456789_*+`.%indeed'~"),
        ),
        501,
    ),
    Case("esc01: escapes in the user part", _invite("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0"), FORWARDED),
    Case("escnull: escaped NULs", _message("REGISTER sip:example.com SIP/2.0", *_usual("REGISTER")), ASKED),
    Case("esc02: a method with percent signs", _message("RE%47IST%45R sip:a@b.com SIP/2.0", *_usual("RE%47IST%45R")), 501),
    Case(
        "lwsdisp: no blank between name and URI",
        _options().replace(b"From: sip:j_user@example.com", b"From: caller<sip:caller@example.com>"),
        200,
    ),
    Case(
        "longreq: long values",
        _options("OPTIONS sip:user@example.com SIP/2.0", "Subject: " + "long" * 500, "F-Unknown-" + "x" * 200 + ": y"),
        200,
    ),
    Case("dblreq: more octets after the message", _options() + b"\r\n" + _options(), 200),
    Case("semiuri: a semicolon in the user part", _options("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0"), 200),
    Case(
        "transports: all kinds of Via",
        _options().replace(
            b"Max-Forwards: 70",
            b"Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKkdjuw, SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKkdjuw\r\n"
            b"Max-Forwards: 70",
        ),
        200,
    ),
    Case("mpart01: multipart MESSAGE", _message("MESSAGE sip:kumiko@example.org SIP/2.0", *_usual("MESSAGE")), 403),
    Case("unreason: an unsolicited response", _message("SIP/2.0 200 = 2**3 * 5**2 ноль", *_usual("INVITE")), DROPPED),
    Case("noreason: a response without a reason", _message("SIP/2.0 100 ", *_usual("INVITE")), DROPPED),
    Case(
        "badinv01: extraneous separators",
        _invite().replace(b"branch=z9hG4bK293423", b"branch=z9hG4bK293423;;,;,,"),
        400,
    ),
    Case("badinv01: extraneous separators in Contact", _invite().replace(b"host5.example.net>", b"host5.example.net>;;;;"), FORWARDED),
    Case("clerr: Content-Length larger than the datagram", _message("INVITE sip:user@example.com SIP/2.0", *_usual("INVITE"), length="9999"), 400),
    Case("ncl: Content-Length negative", _message("INVITE sip:user@example.com SIP/2.0", *_usual("INVITE"), length="-999"), 400),
    Case("scalar02: numbers out of range", _options(number="36893488147419103232"), 400),
    Case("scalar02: Max-Forwards out of range", _options().replace(b"Forwards: 70", b"Forwards: 300"), 400),
    Case("scalarlg: a response with numbers out of range", _message("SIP/2.0 503 x", *_usual("INVITE", number="9292394834772304023312")), DROPPED),
    Case("quotbal: an unclosed quote", _invite().replace(b"To: sip:", b'To: "Mr. J. User <sip:'), 400),
    Case("ltgtruri: angle brackets around the URI", _invite("INVITE <sip:user@example.com> SIP/2.0"), 400),
    Case("lwsruri: blanks in the URI", _invite("INVITE sip:user@example.com; lr SIP/2.0"), 400),
    Case("lwsstart: several blanks in the start line", _invite("INVITE  sip:user@example.com  SIP/2.0"), FORWARDED),
    Case("trws: blanks after the start line", _options("OPTIONS sip:remote-target@example.com SIP/2.0  "), 200),
    Case("escruri: headers in the Request-URI", _invite("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0"), 400),
    Case("baddate: a date in a time zone", _invite("INVITE sip:user@example.com SIP/2.0", "Date: Fri, 01 Jan 2010 16:00:00 EST"), FORWARDED),
    Case("regbadct: REGISTER with a bad Contact", _message("REGISTER sip:example.com SIP/2.0", *_usual("REGISTER")), ASKED),
    Case("badaspec: blanks within the addr-spec", _options().replace(b"To: sip:user@example.com", b'To: "Watson" < sip:t@example.org >'), 200),
    Case("baddn: a name that needs quotes", _options().replace(b"From: sip:j_user@example.com", b"From: Bell, Alexander <sip:a@example.com>"), 200),
    Case("badvers: another version", _options("OPTIONS sip:t.watson@example.org SIP/7.0"), 505),
    Case("mismatch01: method and CSeq differ", _options().replace(b"1 OPTIONS", b"8 INVITE"), 400),
    Case("mismatch02: unknown method and CSeq differ", _message("NEWMETHOD sip:user@example.com SIP/2.0", *_usual("INVITE")), 501),
    Case("bigcode: a status code out of range", _message("SIP/2.0 4294967301 better not break the receiver", *_usual("INVITE")), DROPPED),
    Case("badbranch: the magic cookie alone", _options().replace(b"z9hG4bK293423", b"z9hG4bK"), 200),
    Case("insuf: no Call-ID, no From, no To", _message("INVITE sip:user@example.com SIP/2.0", *_usual("INVITE", without=("Call-ID", "From", "To"))), DROPPED),
    Case("insuf: no Contact", _message("INVITE sip:user@example.com SIP/2.0", *_usual("INVITE", without=("Contact",))), 400),
    Case("unkscm: an unknown scheme", _options("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0"), 416),
    Case("novelsc: a scheme of another protocol", _options("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"), 416),
    Case("unksm2: an unknown scheme in To", _options().replace(b"To: sip:user@example.com", b"To: isbn:2983792873"), 200),
    Case("bext01: an unsupported extension", _options("OPTIONS sip:user@example.com SIP/2.0", "Require: nothingSupportsThis"), 420),
    Case("invut: an unknown content type", _invite().replace(b"application/sdp", b"application/unknownformat"), 415),
    Case("multi01: Call-ID twice", _options("OPTIONS sip:user@example.com SIP/2.0", "Call-ID: other@host"), 400),
    Case("multi01: From twice", _options("OPTIONS sip:user@example.com SIP/2.0", "f: sip:other@host;tag=2"), 400),
    Case("mcl01: Content-Length twice", _options("OPTIONS sip:user@example.com SIP/2.0", "Content-Length: 13"), 400),
    Case("bcast: a response for another host", _message("SIP/2.0 200 OK", *_usual("INVITE")), DROPPED),
    Case("zeromf: OPTIONS with Max-Forwards 0", _options().replace(b"Forwards: 70", b"Forwards: 0"), 200),
    Case("zeromf: INVITE with Max-Forwards 0", _invite().replace(b"Forwards: 70", b"Forwards: 0"), 483),
    Case("inv2543: no tag, as before RFC 3261", _invite().replace(b";tag=98asjd8", b""), FORWARDED),
    Case("an ACK without a call", _message("ACK sip:user@example.com SIP/2.0", *_usual("ACK")), DROPPED),
    Case("a BYE without a call", _message("BYE sip:user@example.com SIP/2.0", *_usual("BYE")), 481),
    Case("a CANCEL without a call", _message("CANCEL sip:user@example.com SIP/2.0", *_usual("CANCEL")), 481),
    Case("a dialog of an unknown worker", _message("BYE sip:w99@example.com SIP/2.0", *_usual("BYE")).replace(b"To: sip:user@example.com", b"To: <sip:user@example.com>;tag=1"), 481),
    Case("a worker number out of range", _message("BYE sip:w9999999999999@example.com SIP/2.0", *_usual("BYE")), 481),
    Case("a malformed session description", _invite().replace(b"m=audio", b"m=au dio"), 400),
    Case("compressed", _invite("INVITE sip:user@example.com SIP/2.0", "Content-Encoding: gzip"), 415),
    Case("a header that no worker needs", _invite("INVITE sip:user@example.com SIP/2.0", "User-Agent: " + "x" * 4000), FORWARDED),
    Case("a proxy without a SIP URI", _invite("INVITE sip:user@example.com SIP/2.0", "Record-Route: <tel:1>"), 400),
    Case("larger than a worker's packet", _invite("INVITE sip:user@example.com SIP/2.0", *[f"Record-Route: <sip:a@b;lr;x={'x' * 480}>"] * 8), 513),
    Case("a NUL in a header", _options("OPTIONS sip:user@example.com SIP/2.0", "Subject: \0"), DROPPED),
    Case("bytes that are not text", bytes(range(1, 256)) + b"\r\n\r\n", DROPPED),
    Case("too many headers", _options("OPTIONS sip:user@example.com SIP/2.0", *["A: b"] * 200), DROPPED),
    Case("too large", _options("OPTIONS sip:user@example.com SIP/2.0", "A: " + "b" * 20_000), DROPPED),
    Case("an HTTP request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", DROPPED),
    Case("no header at all", b"OPTIONS sip:user@example.com SIP/2.0\r\n\r\n", DROPPED),
    Case("a STUN request", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), DROPPED),
    Case("a keep-alive", b"\r\n\r\n", DROPPED),
]  # fmt: skip

# RFC 5118 (IPv6), by the sections there.
_IPV6 = "2001:db8::9:1"


def _of_ipv6(
    method: str, uri: str, *lines: str, via: str = f"[{_IPV6}];branch=z9hG4bKas3-111", body: str = ""
) -> bytes:
    return _message(
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {via}",
        "To: sip:user@example.com",
        "From: sip:user@example.com;tag=81x2",
        f"Call-ID: SSG9559905523997077@[{_IPV6}]",
        f"Contact: <sip:caller@[{_IPV6}]>",
        f"CSeq: 98176 {method}",
        "Max-Forwards: 70",
        *lines,
        body=body,
    )


def _sdp_of(*lines: str) -> str:
    return "".join(
        f"{line}\r\n" for line in ("v=0", f"o=assistant 971731711378798081 0 IN IP6 {_IPV6}", "s=-", *lines)
    )


_AUDIO = ("m=audio 6000 RTP/AVP 97 0", "a=rtpmap:97 opus/48000/2")
CASES_IPV6 = [
    Case(
        "4.1: a valid SIP message with an IPv6 reference", _of_ipv6("REGISTER", "sip:[2001:db8::10]"), ASKED
    ),
    Case("4.2: an IPv6 address without brackets", _of_ipv6("REGISTER", "sip:2001:db8::10"), 400),
    Case(
        "4.3: a port inside the brackets is a part of the address",
        _of_ipv6("REGISTER", "sip:[2001:db8::10:5070]"),
        ASKED,
    ),
    Case("4.4: a port after the brackets", _of_ipv6("REGISTER", "sip:[2001:db8::10]:5070"), ASKED),
    Case(
        "4.5: received with brackets",
        _of_ipv6(
            "OPTIONS", "sip:[2001:db8::10]", via=f"[{_IPV6}];received=[2001:db8::9:255];branch=z9hG4bKas3-111"
        ),
        200,
    ),
    Case(
        "4.5: received without brackets",
        _of_ipv6(
            "OPTIONS", "sip:[2001:db8::10]", via=f"[{_IPV6}];received=2001:db8::9:255;branch=z9hG4bKas3-111"
        ),
        200,
    ),
    Case(
        "4.6: an IPv6 address in SDP",
        _of_ipv6(
            "INVITE",
            "sip:user@[2001:db8::10]",
            "Content-Type: application/sdp",
            body=_sdp_of("c=IN IP6 2001:db8::20", "t=0 0", *_AUDIO),
        ),
        FORWARDED,
    ),
    Case(
        "4.7: addresses of both families in headers",
        _of_ipv6(
            "OPTIONS",
            "sip:user@host.example.net",
            "Via: SIP/2.0/TCP [2001:db8::9:1]:6050;branch=z9hG4bKas3-110",
            "Via: SIP/2.0/UDP 192.0.2.1;received=2001:db8::9:255;branch=z9hG4bKas3-109",
            via="192.0.2.16;branch=z9hG4bKas3-112",
        ),
        200,
    ),
    Case(
        "4.8: addresses of both families in SDP",
        _of_ipv6(
            "INVITE",
            "sip:user@[2001:db8::10]",
            "Content-Type: application/sdp",
            body=_sdp_of(
                "t=0 0",
                "m=audio 22334 RTP/AVP 0",
                "c=IN IP4 192.0.2.1",
                "m=video 6024 RTP/AVP 107",
                "c=IN IP6 2001:db8::1",
            ),
        ),
        FORWARDED,
    ),
    Case(
        "4.9: IPv4-mapped addresses in SDP",
        _of_ipv6(
            "INVITE",
            "sip:user@[2001:db8::10]",
            "Content-Type: application/sdp",
            body=_sdp_of("c=IN IP6 ::ffff:192.0.2.2", "t=0 0", *_AUDIO),
        ),
        FORWARDED,
    ),
    Case(
        "4.10: the extra colon of RFC 3261's grammar",
        _of_ipv6("OPTIONS", "sip:user@[2001:db8:::192.0.2.1]"),
        200,
    ),
    Case("4.10: the same address without it", _of_ipv6("OPTIONS", "sip:user@[2001:db8::192.0.2.1]"), 200),
]
