"""Keys in session descriptions that stand in the wrong place or are written oddly: the same keys are agreed on."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixminus.sip.leniency import Leniency
from mixminus.sip.sdp.agreement import NotAcceptable, agree
from mixminus.sip.sdp.crypto_repair import key_form, keys_at_media
from mixminus.sip.sdp.description import parse
from mixminus.sip.sdp.negotiation import make_answer
from mixminus.sip.sdp.repair import repaired
from tests.sip.test_sdp_forms import LOCAL, SESSION, meaning, text

KEY = base64.b64encode(bytes(range(30))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 31))).decode()
SUITE = "AES_CM_128_HMAC_SHA1_80"
LINE = f"crypto:1 {SUITE} inline:{KEY}|2^20|1:4"
USUAL = meaning(text(LINE, protocol="RTP/SAVP"))


@pytest.mark.parametrize(
    "keys",
    [
        f'"inline:{KEY}|2^20|1:4"',
        f'inline:"{KEY}|2^20|1:4"',
        f"inline: {KEY}|2^20|1:4",
        f"inline:{KEY} | 2^20 |1:4",
        f"inline : {KEY}|2^20| 1 : 4",
        f"inline:{KEY}|2^20|1:4|",
        f"inline:{KEY}||1:4",
        f"inline:{KEY}|2^20||1:4||",
        f"inline:{KEY}| |1:4 |",
    ],
)
def test_key_with_blanks_or_quotation_marks_is_that_key(keys: str) -> None:
    offer = text(f"crypto:1 {SUITE} {keys}", protocol="RTP/SAVP")
    assert meaning(offer) == USUAL
    assert Leniency.SDP_CRYPTO in repaired(offer)[1]


def test_key_above_the_media_is_that_of_each_encrypted_medium() -> None:
    video = "m=video 5000 RTP/SAVP 99"
    offer = text(protocol="RTP/SAVP", session=(*SESSION, f"a={LINE}"), more=(video,))
    assert meaning(offer) == USUAL
    strict, found = repaired(offer)
    assert Leniency.SDP_CRYPTO in found
    assert [media.values("crypto") for media in parse(strict).media] == [(LINE[7:],), (LINE[7:],)]


def test_own_key_of_a_medium_stands_before_one_above_the_media() -> None:
    session = (*SESSION, f"a=crypto:1 {SUITE} inline:{OTHER_KEY}")
    assert meaning(text(LINE, protocol="RTP/SAVP", session=session)) == USUAL


def test_key_above_plain_media_encrypts_nothing() -> None:
    offer = text(session=(*SESSION, f"a={LINE}"))
    assert meaning(offer) == meaning(text())
    assert meaning(offer).srtp is None


def test_two_keys_in_one_line_stay_refused() -> None:
    """``inline:A|…;inline:B|…`` changes keys by their identifiers, which is more than one meaning."""
    offer = text(f"crypto:1 {SUITE} inline:{KEY}|2^20|1:4;inline:{OTHER_KEY}|2^20|2:4", protocol="RTP/SAVP")
    strict, _ = repaired(offer)
    remote = parse(strict)
    with pytest.raises(NotAcceptable):
        agree(make_answer(LOCAL, remote), remote)


@given(
    st.lists(
        st.sampled_from(["v=0", "m=audio 4 RTP/SAVP 0", "m=video 4 RTP/AVP 9", f"a={LINE}", "a=x", "c=x"])
    )
)
def test_no_line_is_lost_and_repairing_twice_changes_nothing(lines: list[str]) -> None:
    placed = keys_at_media(lines)
    assert [line for line in placed if line != f"a={LINE}"] == [line for line in lines if line != f"a={LINE}"]
    assert keys_at_media(placed) == placed


@given(st.text('|: "abc1=+/^', max_size=40))
@example('1 " :')
def test_strict_keys_stay_as_they_are(noise: str) -> None:
    assert key_form(LINE[7:]) == LINE[7:]
    once = key_form(" ".join(f"1 {SUITE} inline:{noise}".split()))
    assert key_form(once) == once
