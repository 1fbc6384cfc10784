"""Texts become pieces of text and pauses."""

import pytest

from mixminus.speech.synthesis.errors import TextTooLong
from mixminus.speech.synthesis.text import MAX_TEXT, Pause, Piece, Said, pieces, spelled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" \n ", ()),
        ("Hello  there.\n", (Said("Hello there."),)),
        ("1 < 2 & 3 > 2", (Said("1 < 2 & 3 > 2"),)),
        ("<speak>Hello</speak>", (Said("Hello"),)),
        ("<speak>AT&amp;T</speak>", (Said("AT&T"),)),
        (
            "<?xml version='1.0'?><speak version='1.1'>One<break time='1.5s'/>two</speak>",
            (Said("One"), Pause(1500), Said("two")),
        ),
        (
            '<speak>a<break time="200ms"/><break/><break strength="weak"/></speak>',
            (Said("a"), Pause(200), Pause(500), Pause(250)),
        ),
        ("<speak><break time='99999s'/></speak>", (Pause(10_000),)),
        ("<speak><break time='never'/></speak>", (Pause(500),)),
        (
            "<speak><prosody rate='slow'>slow</prosody> <!-- <b> --> on</speak>",
            (Said("slow"), Said("on")),
        ),
        ("<speak>unclosed <break", (Said("unclosed <break"),)),
        ("a\x00b\x1b[31mc", (Said("a b [31mc"),)),
    ],
)
def test_pieces(text: str, expected: tuple[Piece, ...]) -> None:
    assert pieces(text) == expected


def test_text_length_is_limited() -> None:
    assert pieces("a" * MAX_TEXT)
    with pytest.raises(TextTooLong):
        pieces("a" * (MAX_TEXT + 1))


def test_hostile_markup_takes_linear_time() -> None:
    assert len(pieces("<speak>" + "<" * (MAX_TEXT - 7))) == 1
    assert len(pieces("<speak>" + "<break/>" * 600)) == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pin 0042", "pin zero zero four two"),
        ("call 14155550123", "call one four one five five five five zero one two three"),
        ("call +4915112345", "call plus four nine one five one one two three four five"),
        ("in 2026", "in 2026"),
        ("1,250 people", "1,250 people"),
        ("$12345.50", "$12345.50"),
        ("0.5", "0.5"),
        ("at 07:30", "at 07:30"),
        ("room 007.", "room zero zero seven."),
    ],
)
def test_codes_are_spelled_as_digits(text: str, expected: str) -> None:
    assert spelled(text) == expected
