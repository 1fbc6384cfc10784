"""The envelope: descriptions survive it, and damaged ones are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.sdp.description import MAX_BYTES, MalformedSdp, parse
from mixminus.sip.sdp.envelope import fold, unfold, unfold_parameter


@given(st.text(max_size=500))
def test_any_text_survives_the_envelope(text: str) -> None:
    assert unfold(fold(text)) == text


def test_envelope_is_a_plain_pcmu_description() -> None:
    shown = parse(fold("whatever"))
    assert shown.media[0].formats == ("0",)


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param("", id="empty"),
        pytest.param("A", id="not base64"),
        pytest.param("AAAA", id="not compressed"),
        pytest.param(fold("x" * 100).split("mixminus=")[1][:12], id="cut short"),
        pytest.param(fold("x" * (MAX_BYTES + 1)).split("mixminus=")[1].split("\r\n")[0], id="a bomb"),
    ],
)
def test_damaged_envelope_is_refused(parameter: str) -> None:
    with pytest.raises(MalformedSdp):
        unfold_parameter(parameter)


def test_description_without_an_envelope_is_refused() -> None:
    with pytest.raises(MalformedSdp):
        unfold("v=0\r\n")
