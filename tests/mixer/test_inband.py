"""Digits sent as tones: received if enabled, and removed from the audio."""

from collections.abc import Iterator

import numpy as np
import pytest

from mixminus.mixer import Bridge, DigitReceived, Engine
from tests.mixer.test_rtp_ports import DTMF, Caller
from tests.native.test_inband import keys_of, press, silence
from tests.support.packets import event
from tests.support.signals import rms, tone


@pytest.fixture
def bridge(engine: Engine) -> Bridge:
    return engine.open_bridge()


@pytest.fixture
def caller(engine: Engine, bridge: Bridge) -> Iterator[Caller]:
    caller = Caller(engine, dtmf_payload_type=DTMF)
    caller.port.join(bridge)
    yield caller
    caller.phone.close()


@pytest.fixture
def listener(engine: Engine, bridge: Bridge) -> Iterator[Caller]:
    listener = Caller(engine)
    listener.port.join(bridge)
    yield listener
    listener.phone.close()


def play(caller: Caller, pcm: np.ndarray) -> list[DigitReceived]:
    """Let the phone play a sound and be silent for a while; return the digits that came of it."""
    sound = np.concatenate([pcm, silence(400)])
    for frame in sound[: len(sound) // 160 * 160].reshape(-1, 160):
        caller.phone.send(caller.port.local_port, frame)
        caller.engine.tick()
    return [event for event in caller.engine.events() if isinstance(event, DigitReceived)]


def test_tones_are_digits_only_when_detection_is_enabled(caller: Caller) -> None:
    pressed = np.concatenate([press(key, 100) for key in "1*9"])
    assert play(caller, pressed) == []
    caller.port.set_inband_dtmf(True)
    digits = play(caller, pressed)
    assert [digit.digit for digit in digits] == ["1", "*", "9"]
    assert [digit.duration_ms for digit in digits] == pytest.approx([100] * 3, abs=25)
    assert {digit.port_id for digit in digits} == {caller.port.id}
    counters = caller.port.statistics().counters
    assert (counters["digits_received"], counters["digits_inband"]) == (3, 3)
    caller.port.set_inband_dtmf(False)
    assert play(caller, pressed) == []


def test_tone_detection_survives_renegotiation_and_joining(engine: Engine, caller: Caller) -> None:
    caller.port.set_inband_dtmf(True)
    caller.port.leave()
    caller.port.configure(caller.phone.media())
    assert [digit.digit for digit in play(caller, press("5", 100))] == ["5"]


def test_tones_of_a_muted_participant_are_detected(caller: Caller) -> None:
    caller.port.set_inband_dtmf(True)
    caller.port.set_muted(True)
    assert [digit.digit for digit in play(caller, press("6", 100))] == ["6"]


def test_tones_are_heard_unless_they_are_removed(caller: Caller, listener: Caller) -> None:
    caller.port.set_inband_dtmf(True)
    pressed = np.concatenate([press(key, 200) for key in "2580"])
    play(caller, pressed)
    assert keys_of(listener.phone.heard()) == "2580"
    caller.port.set_inband_dtmf(True, remove=True)
    assert [digit.digit for digit in play(caller, pressed)] == ["2", "5", "8", "0"]
    heard = listener.phone.heard()
    assert keys_of(heard) == ""
    audible = np.abs(heard.astype(np.int32)) > 300
    assert audible.sum() / 8 < 4 * 25, "milliseconds of the tones"


def test_tone_removal_does_not_change_speech(caller: Caller, listener: Caller) -> None:
    caller.port.set_inband_dtmf(True, remove=True)
    voice = tone(440, 8000, 8000, 8000.0)
    assert play(caller, voice) == []
    heard = listener.phone.heard()
    assert rms(heard[2000:7000]) == pytest.approx(8000 / np.sqrt(2), rel=0.05)


def test_a_digit_sent_as_event_and_tone_is_received_once(engine: Engine, caller: Caller) -> None:
    """Some gateways send the event and let the tone through as well."""
    caller.port.set_inband_dtmf(True)
    start = caller.phone.timestamp
    for number in range(5):
        last = number == 4
        caller.phone.timestamp = start
        payload = event(4, 160 * (number + 1), end=last)
        caller.phone.send_raw(
            caller.port.local_port,
            caller.phone.packet(payload, payload_type=DTMF, marker=number == 0, step=0),
        )
        engine.tick()
    caller.phone.timestamp = start + 800
    digits = play(caller, press("4", 100))
    assert [digit.digit for digit in digits] == ["4"]
    assert caller.port.statistics().counters["digits_doubled"] == 1


def test_tone_detection_has_no_effect_on_a_pcm_port(engine: Engine, bridge: Bridge) -> None:
    port = engine.open_pcm_port(8000)
    port.join(bridge)
    port.set_inband_dtmf(True, remove=True)
    port.write(press("1", 200))
    engine.tick(30)
    assert engine.events() == [] or not any(isinstance(each, DigitReceived) for each in engine.events())
