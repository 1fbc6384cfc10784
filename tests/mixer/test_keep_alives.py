"""Keep-alives of phones and gateways that send no audio in silence: they are no audio, no digit, and a sign of life."""

from collections.abc import Iterator

import pytest

from mixminus.mixer import DigitReceived, Engine, MediaTimeout
from tests.mixer.test_rtp_ports import DTMF, Caller
from tests.support.packets import event


@pytest.fixture
def caller(engine: Engine) -> Iterator[Caller]:
    caller = Caller(engine, dtmf_payload_type=DTMF)
    caller.port.join(engine.open_bridge())
    yield caller
    caller.phone.close()


@pytest.mark.parametrize(
    ("payload", "payload_type"),
    [
        pytest.param(b"", 0, id="empty packet"),
        pytest.param(b"", 20, id="empty packet of a type that is not agreed on"),
        pytest.param(b"\0", 126, id="type that is not agreed on"),
        pytest.param(event(16, 0), DTMF, id="telephone event that is no digit"),
    ],
)
def test_keep_alive_prevents_the_media_timeout_and_is_no_digit(
    engine: Engine, caller: Caller, payload: bytes, payload_type: int
) -> None:
    """RFC 6263 section 4: what phones and gateways send in silence, where they send no reports."""
    caller.talk(5, hz=400)
    for _ in range(40):
        engine.tick(25)
        caller.phone.send_raw(caller.port.local_port, caller.phone.packet(payload, payload_type=payload_type))
    assert not [each for each in engine.events() if isinstance(each, MediaTimeout | DigitReceived)]
