"""The descriptions that our side sends during one call."""

import pytest

from mixminus.model.media import Codec
from mixminus.sip.sdp.agreement import NotAcceptable
from mixminus.sip.sdp.description import parse, render
from mixminus.sip.sdp.negotiation import LocalEnd, first_description
from mixminus.sip.sdp.session import LocalSession
from tests.support.sip_phone import sdp

LOCAL = LocalEnd("198.51.100.1", 41_000, 7, (Codec.OPUS, Codec.PCMU, Codec.PCMA))


def opened(offer: str = "") -> LocalSession:
    session = LocalSession()
    description, _ = first_description(LOCAL, parse(offer) if offer else None)
    session.open(LOCAL, render(description))
    return session


def said(text: str) -> tuple[int, str, tuple[str, ...]]:
    """Return the version, the direction and the payload types."""
    description = parse(text)
    media = description.media[0]
    direction = next(each.name for each in media.attributes if each.name.startswith(("send", "recv", "ina")))
    return description.origin.version, direction, media.formats


def test_first_description_is_the_servers() -> None:
    description, media = first_description(LOCAL, parse(sdp(formats="8 101")))
    session = LocalSession()
    session.open(LOCAL, render(description))
    assert parse(session.next()) == description
    assert media is not None
    assert media.send.codec is Codec.PCMA


def test_repeated_offer_keeps_its_version() -> None:
    session = opened()
    first = session.next()
    assert session.next() == first == render(first_description(LOCAL, None)[0])


def test_hold_and_resume_change_only_the_direction() -> None:
    session = opened(sdp(formats="8 101"))
    assert said(session.next()) == (7, "sendrecv", ("8", "101"))
    assert session.hold(True)
    assert not session.hold(True)
    assert said(session.next()) == (8, "sendonly", ("8", "101"))
    assert session.hold(False)
    assert said(session.next()) == (9, "sendrecv", ("8", "101"))


def test_offer_of_a_held_phone_is_answered_with_sendonly() -> None:
    session = opened(sdp(formats="8"))
    session.next()
    session.hold(True)
    session.next()
    session.answer(sdp(formats="0", version=2))
    assert said(session.next())[1:] == ("sendonly", ("0",))


def test_refused_offer_leaves_the_session_unchanged() -> None:
    session = opened(sdp(formats="8"))
    session.next()
    with pytest.raises(NotAcceptable):
        session.answer(sdp(formats="18", version=2))
    assert not session.is_pending


def test_dropped_description_is_not_sent_later() -> None:
    session = opened(sdp(formats="8"))
    session.next()
    session.hold(True)
    session.drop_pending()
    assert said(session.next())[1] == "sendrecv"


def test_description_before_attach_is_an_error() -> None:
    session = LocalSession()
    assert not session.is_open
    with pytest.raises(RuntimeError):
        session.next()
