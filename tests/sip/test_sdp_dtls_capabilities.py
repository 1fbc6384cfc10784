"""DTLS-SRTP that an offer has as a potential configuration (RFC 5939), beside plain audio or keys in SDP."""

import pytest

from mixminus.sip.sdp.agreement import agree
from mixminus.sip.sdp.description import parse, render
from mixminus.sip.sdp.dtls import exchange_of, is_offered
from mixminus.sip.sdp.negotiation import make_answer
from mixminus.sip.sdp.session import LocalSession
from tests.sip.test_sdp_capabilities import CRYPTO
from tests.sip.test_sdp_dtls import LOCAL, OURS, THEIRS
from tests.sip.test_sdp_negotiation import LOCAL as PLAIN
from tests.sip.test_sdp_negotiation import offer

LINES = (
    "a=rtcp-mux",
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuv",
    "a=candidate:1 1 udp 2113937151 198.51.100.7 40000 typ host",
    "a=tcap:1 UDP/TLS/RTP/SAVPF UDP/TLS/RTP/SAVP RTP/SAVP",
    "a=acap:1 setup:actpass",
    f"a=acap:2 fingerprint:{THEIRS}",
    f"a=acap:3 {CRYPTO}",
)
BOTH = offer(*LINES, "a=pcfg:1 t=1|2 a=1,2")


@pytest.mark.parametrize(
    ("pcfg", "protocol", "acfg"),
    [
        ("1 t=1|2 a=1,2", "UDP/TLS/RTP/SAVPF", "1 t=1 a=1,2"),
        ("1 t=2|1 a=1,2", "UDP/TLS/RTP/SAVP", "1 t=2 a=1,2"),
        ("1 t=1 a=1|1,2", "UDP/TLS/RTP/SAVPF", "1 t=1 a=1,2"),
        ("1 t=9 a=1,2\r\na=pcfg:2 t=1 a=1,2", "UDP/TLS/RTP/SAVPF", "2 t=1 a=1,2"),
        ("1 t=1 a=1,2\r\na=pcfg:2 t=3 a=3", "UDP/TLS/RTP/SAVPF", "1 t=1 a=1,2"),
        ("2 t=3 a=3\r\na=pcfg:1 t=1 a=1,2", "UDP/TLS/RTP/SAVPF", "1 t=1 a=1,2"),
    ],
)
def test_configuration_with_dtls_is_answered(pcfg: str, protocol: str, acfg: str) -> None:
    remote = parse(offer(*LINES, f"a=pcfg:{pcfg}"))
    assert is_offered(remote)
    answer = parse(render(make_answer(LOCAL, remote)))
    (media,) = answer.media
    assert (media.protocol, media.values("acfg"), media.values("setup")) == (protocol, (acfg,), ("active",))
    assert media.values("fingerprint") == (OURS,)
    assert agree(answer, remote).srtp is None
    exchange = exchange_of(answer, remote)
    assert exchange
    assert exchange.we_connect
    assert exchange.candidates == ("1 1 udp 2113937151 198.51.100.7 40000 typ host",)
    assert [each.value for each in exchange.fingerprints] == [":".join(["0B"] * 32)]


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        pytest.param(BOTH.replace("a=rtcp-mux\r\n", ""), "RTP/AVP", id="without rtcp-mux"),
        pytest.param(BOTH.replace("a=ice-ufrag:abcd\r\n", ""), "RTP/AVP", id="without ICE"),
        pytest.param(BOTH.replace("sha-256", "sha-1"), "RTP/AVP", id="weak fingerprint"),
        pytest.param(BOTH.replace("a=1,2", "a=1"), "RTP/AVP", id="without fingerprint"),
        pytest.param(BOTH.replace("a=pcfg", "a=creq:x\r\na=pcfg"), "RTP/AVP", id="unknown option required"),
        pytest.param(
            offer(*LINES, "a=pcfg:1 t=3 a=3", "a=pcfg:2 t=1 a=1,2"), "RTP/SAVP", id="keys in SDP preferred"
        ),
        pytest.param(
            BOTH.replace("a=rtcp-mux\r\n", "") + "a=pcfg:2 t=3 a=3\r\n", "RTP/SAVP", id="keys in SDP instead"
        ),
    ],
)
def test_what_dtls_lacks_leads_to_another_configuration(text: str, protocol: str) -> None:
    remote = parse(text)
    assert not is_offered(remote)
    answer = make_answer(PLAIN, remote)
    assert answer.media[0].protocol == protocol
    assert (agree(answer, remote).srtp is None) is (protocol == "RTP/AVP")


def test_call_goes_on_with_dtls_that_was_chosen() -> None:
    remote = parse(BOTH)
    session = LocalSession()
    session.open(LOCAL, render(make_answer(LOCAL, remote)))
    first = parse(session.next())
    session.agreed(render(first), BOTH)
    session.answer(BOTH)
    assert parse(session.next()) == first, (
        "the same offer has the same answer: no new keys and no ICE restart"
    )
    assert session.hold(on=True)
    (held,) = parse(session.next()).media
    assert (held.protocol, held.has("sendonly"), held.has("acfg")) == ("UDP/TLS/RTP/SAVPF", True, False)
