"""Capability negotiation (RFC 5939) of SRTP: what is chosen of an offer, and what our own offers lead to."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.model.srtp import Encryption
from mixminus.sip.sdp.agreement import NotAcceptable, agree
from mixminus.sip.sdp.capabilities import configurations, configured
from mixminus.sip.sdp.description import parse, render
from mixminus.sip.sdp.negotiation import make_answer, make_offer
from mixminus.sip.sdp.session import LocalSession
from tests.sip.test_sdp_negotiation import KEY_30, LOCAL, exchange, offer

CRYPTO = f"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}"
OTHER = f"crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{KEY_30}"
UNKNOWN = f"crypto:1 AES_CM_512_HMAC inline:{KEY_30}"


@pytest.mark.parametrize(
    ("lines", "protocol", "acfg"),
    [
        pytest.param(
            ["a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1"],
            "RTP/SAVP",
            "1 t=1 a=1",
            id="as Linphone's",
        ),
        pytest.param(
            ["a=tcap:1 RTP/SAVPF RTP/SAVP", f"a=acap:5 {OTHER}", "a=pcfg:1 t=2|1 a=5"],
            "RTP/SAVP",
            "1 t=2 a=5",
            id="numbers run on",
        ),
        pytest.param(
            ["a=tcap:1 RTP/SAVP", f"a=acap:1 {UNKNOWN}", f"a=acap:2 {OTHER}", "a=pcfg:1 t=1 a=1|2"],
            "RTP/SAVP",
            "1 t=1 a=2",
            id="second alternative",
        ),
        pytest.param(
            [
                "a=tcap:1 RTP/SAVP",
                f"a=acap:1 {CRYPTO}",
                f"a=acap:2 {OTHER}",
                "a=pcfg:2 t=1 a=1",
                "a=pcfg:1 t=1 a=2",
            ],
            "RTP/SAVP",
            "1 t=1 a=2",
            id="by number, not by place",
        ),
        pytest.param(
            [
                "a=tcap:1 RTP/SAVP",
                "a=acap:3 rtpmap:0 PCMU/8000",
                f"a=acap:1 {CRYPTO}",
                "a=pcfg:1 t=1 a=-m:1,3",
            ],
            "RTP/SAVP",
            "1 t=1 a=-m:1,3",
            id="attributes replaced",
        ),
        pytest.param(
            ["a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1,[7]"],
            "RTP/SAVP",
            "1 t=1 a=1",
            id="optional attribute left out",
        ),
        pytest.param(
            ["a=creq:cap-v0", "a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1"],
            "RTP/SAVP",
            "1 t=1 a=1",
            id="known option required",
        ),
        pytest.param(
            ["a=creq:cap-v0,med-v0", "a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1"],
            "RTP/AVP",
            "",
            id="unknown option required",
        ),
        pytest.param(
            ["a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1 +m=2"],
            "RTP/AVP",
            "",
            id="unknown extension required",
        ),
        pytest.param(
            ["a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1 m=2"],
            "RTP/SAVP",
            "1 t=1 a=1",
            id="extension that may be ignored",
        ),
        pytest.param(["a=tcap:1 RTP/SAVP", "a=pcfg:1 t=1"], "RTP/AVP", "", id="without a key"),
        pytest.param(["a=tcap:1 RTP/SAVP", "a=pcfg:1 t=1 a=1"], "RTP/AVP", "", id="key that is not there"),
        pytest.param([f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1"], "RTP/AVP", "", id="no transport"),
        pytest.param(["a=tcap:1 RTP/AVP", "a=pcfg:1 t=1"], "RTP/AVP", "", id="plain again"),
        pytest.param(["a=tcap:x", "a=acap:", "a=pcfg:0 t=1 a=1", "a=pcfg"], "RTP/AVP", "", id="wrong"),
    ],
)
def test_configuration_with_srtp_is_answered(lines: list[str], protocol: str, acfg: str) -> None:
    answer, media = exchange(offer(*lines))
    assert answer.media[0].protocol == protocol
    assert answer.media[0].values("acfg") == ((acfg,) if acfg else ())
    assert (media.srtp is not None) is bool(acfg)
    assert answer.media[0].formats == ("0",)


def test_capabilities_may_stand_at_the_session() -> None:
    head, media = offer("a=pcfg:1 t=1 a=1").split("m=audio")
    answer, _ = exchange(f"{head}a=tcap:1 RTP/SAVP\r\na=acap:1 {CRYPTO}\r\nm=audio{media}")
    assert answer.media[0].values("acfg") == ("1 t=1 a=1",)


BOTH = offer("a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", "a=pcfg:1 t=1 a=1")


@pytest.mark.parametrize(
    ("encryption", "protocol"), [("never", "RTP/AVP"), ("optional", "RTP/SAVP"), ("required", "RTP/SAVP")]
)
def test_policy_decides_which_configuration(encryption: Encryption, protocol: str) -> None:
    local = replace(LOCAL, encryption=encryption)
    assert exchange(BOTH, local)[0].media[0].protocol == protocol


def test_required_srtp_needs_a_configuration_with_it() -> None:
    with pytest.raises(NotAcceptable):
        make_answer(replace(LOCAL, encryption="required"), parse(offer("a=pcfg:1")))


def chosen(ours: str, tag: int) -> str:
    """Answer our offer as an end that knows RFC 5939 does, with the key of this number."""
    suite = re.findall(rf"a=acap:{tag} crypto:{tag} (\S+) inline:", ours)[0]
    key = KEY_30 if "128" in suite else "A" * 62
    lines = (f"a=crypto:{tag} {suite} inline:{key}", f"a=acfg:1 t=1 a={tag}")
    return offer(*lines, media="audio 40000 RTP/SAVP 0")


@pytest.mark.parametrize("tag", [1, 2])
def test_our_offer_of_both_is_encrypted_where_the_answer_chooses_that(tag: int) -> None:
    ours = make_offer(LOCAL, either=True)
    assert (ours.media[0].protocol, ours.media[0].has("crypto")) == ("RTP/AVP", False)
    media = agree(ours, parse(chosen(render(ours), tag)))
    assert media.srtp is not None
    assert agree(ours, parse(offer())).srtp is None


def test_answer_may_leave_out_what_its_number_says() -> None:
    ours = make_offer(LOCAL, either=True)
    answer = parse(chosen(render(ours), 1).replace("a=acfg:1 t=1 a=1", "a=acfg:1"))
    assert agree(ours, answer).srtp is not None


def test_hold_after_the_choice_offers_what_was_chosen() -> None:
    session = LocalSession()
    session.open(LOCAL, render(make_offer(LOCAL, either=True)))
    ours = session.next()
    answer = chosen(ours, 1)
    session.agreed(ours, answer)
    assert session.hold(on=True)
    held = parse(session.next()).media[0]
    assert (held.protocol, held.has("sendonly"), held.has("pcfg"), held.has("tcap")) == (
        "RTP/SAVP",
        True,
        False,
        False,
    )
    assert held.values("crypto") == tuple(re.findall(r"a=acap:1 crypto:(.*)\r\n", ours))


def test_hold_without_a_choice_offers_no_capabilities_again() -> None:
    session = LocalSession()
    session.open(LOCAL, render(make_offer(LOCAL, either=True)))
    session.agreed(session.next(), offer())
    assert session.hold(on=True)
    held = parse(session.next()).media[0]
    assert (held.protocol, held.has("sendonly"), held.has("pcfg"), held.has("acap")) == (
        "RTP/AVP",
        True,
        False,
        False,
    )


def test_answer_to_an_offer_of_both_is_the_same_again() -> None:
    first = make_answer(LOCAL, parse(BOTH))
    assert make_answer(LOCAL, parse(BOTH), first) == first


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["a=tcap:1 RTP/SAVP", f"a=acap:1 {CRYPTO}", f"a=acap:2 {OTHER}", "a=creq:x", "a=acfg:1"]
            ),
            st.from_regex(r"a=pcfg:[0-9]{1,3}( [ta+m]=[-ms:0-9|,\[\]]{0,12}){0,3}", fullmatch=True),
            st.from_regex(r"a=[ta]cap:[0-9]{1,11} [!-~]{1,20}", fullmatch=True),
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_any_capabilities_lead_to_a_call(lines: list[str], chance: random.Random) -> None:
    """An offer whose actual configuration is understood is answered, whatever its capabilities say."""
    chance.shuffle(lines)
    remote = parse(offer(*lines))
    assert len(list(configurations(remote, remote.media[0]))) <= 16 * 16
    answer = parse(render(make_answer(LOCAL, remote)))
    media = agree(answer, remote)
    assert (media.srtp is not None) is (answer.media[0].protocol == "RTP/SAVP")
    assert configured(remote, answer).media[0].protocol == answer.media[0].protocol
