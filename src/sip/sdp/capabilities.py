"""Capability negotiation (RFC 5939): one media description in several configurations, of which an answer chooses one. Pure.

    m=audio 4000 RTP/AVP 0              the actual configuration, for an end that knows nothing of this
    a=tcap:1 RTP/SAVP                   a transport protocol, with its number
    a=acap:1 crypto:1 AES_CM_... inline:...   an attribute, with its number
    a=pcfg:1 t=1 a=1                    a potential configuration, preferred to the actual one
    a=acfg:1 t=1 a=1                    in the answer: the configuration that it answers

It is used for SRTP that may be left out, and for nothing else: with keys in SDP (RFC 4568), in offers of both sides, and
with keys by DTLS (RFC 5763), in offers of the far end.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from mixminus.sip.sdp.description import Attribute, MediaDescription, SessionDescription

__all__ = ["Configuration", "actual", "configurations", "configured", "potential"]

_NUMBER = re.compile(r"[1-9][0-9]{0,9}\Z")
_CAPABILITY = re.compile(r"([1-9][0-9]{0,9})[ \t]+(\S.*)\Z")
_ATTRIBUTE = re.compile(r"([!-9;-~]+)(?::(.*))?\Z")
_MAX_CONFIGURATIONS: Final = 16
_MAX_PER_CONFIGURATION: Final = 16
_BASE: Final = frozenset({"cap-v0"})
"""The option tags that a description may require (RFC 5939 section 3.3.2)."""
_DELETED: Final = {
    "-m": ("media",),
    "-s": ("session",),
    "-ms": ("media", "session"),
    "-sm": ("media", "session"),
}
_OWN: Final = frozenset({"tcap", "acap", "pcfg", "acfg", "csup", "creq"})
_ANSWERED: Final = "acfg"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A potential configuration, with its alternatives decided."""

    media: MediaDescription
    """The medium as if it had been offered so."""
    chosen: str
    """The value of ``a=acfg`` in the answer."""


def configurations(offer: SessionDescription, media: MediaDescription) -> Iterator[Configuration]:
    """Return the potential configurations of an offered medium, the preferred ones first, at most 16.

    Those that require what is not known here are left out (RFC 5939 section 3.5.1).
    """
    if not media.has("pcfg") or not _required(offer, media) <= _BASE:
        return
    transports = _transports(offer, media)
    attributes = dict(_numbered([*_values(offer, "acap"), *media.values("acap")]))
    found = sorted(_numbered(media.values("pcfg"), bare=True), key=lambda each: int(each[0]))
    for number, value in found[:_MAX_CONFIGURATIONS]:
        for transport, names in _alternatives(value):
            protocol = transports.get(transport) if transport else media.protocol
            if protocol and (changed := _changed(media, protocol, names, attributes)):
                yield Configuration(changed, _acfg(number, transport, names))


def configured(offer: SessionDescription, answer: SessionDescription) -> SessionDescription:
    """Return an offer in the configuration that its answer has chosen: each medium as if offered so."""
    media = tuple(
        _as_answered(offer, offered, answered)
        for offered, answered in zip(offer.media, answer.media, strict=False)
    )
    return replace(offer, media=media + offer.media[len(media) :])


def actual(media: MediaDescription) -> MediaDescription:
    """Return a medium without anything about capabilities."""
    return replace(media, attributes=tuple(each for each in media.attributes if each.name not in _OWN))


def potential(protocol: str, attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Return the lines that offer a medium over another protocol, with one of these attributes."""
    lines = list(attributes)
    names = "|".join(str(number) for number in range(1, len(lines) + 1))
    return (
        Attribute("tcap", f"1 {protocol}"),
        *(Attribute("acap", f"{number} {each.name}:{each.value}") for number, each in enumerate(lines, 1)),
        Attribute("pcfg", f"1 t=1 a={names}"),
    )


def _as_answered(
    offer: SessionDescription, offered: MediaDescription, answered: MediaDescription
) -> MediaDescription:
    chosen = next((" ".join(value.split()) for value in answered.values(_ANSWERED)), None)
    if chosen is None:
        return offered
    # Some leave out what the number of a configuration with one alternative says already.
    found = list(configurations(offer, offered))
    exact = (each for each in found if each.chosen == chosen)
    same = (each for each in found if each.chosen.partition(" ")[0] == chosen.partition(" ")[0])
    fitting = (each for each in same if each.media.protocol == answered.protocol)
    choice = next(exact, None) or next(fitting, None)
    return choice.media if choice else offered


def _values(offer: SessionDescription, name: str) -> list[str]:
    return [each.value for each in offer.attributes if each.name == name]


def _required(offer: SessionDescription, media: MediaDescription) -> set[str]:
    listed = ",".join([*_values(offer, "creq"), *media.values("creq")])
    return {tag.strip() for tag in listed.split(",") if tag.strip()}


def _numbered(values: Iterable[str], *, bare: bool = False) -> Iterator[tuple[str, str]]:
    """Split numbers from what they name; ``bare`` ones may name nothing."""
    for value in values:
        if match := _CAPABILITY.match(value.strip()):
            yield match[1], match[2]
        elif bare and _NUMBER.match(value.strip()):
            yield value.strip(), ""


def _transports(offer: SessionDescription, media: MediaDescription) -> dict[str, str]:
    """Return the protocols by number: each line gives that of its first (RFC 5939 section 3.4.2)."""
    found: dict[str, str] = {}
    for number, protocols in _numbered([*_values(offer, "tcap"), *media.values("tcap")]):
        for place, protocol in enumerate(protocols.split()):
            found[str(int(number) + place)] = protocol
    return found


def _alternatives(value: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return transport and attributes of each alternative, preferred first; none if something is not understood."""
    transports, lists = [""], [""]
    for field in value.split():
        name, _, alternatives = field.partition("=")
        if name == "t":
            transports = alternatives.split("|")
        elif name == "a":
            lists = _attribute_lists(alternatives)
        elif name.startswith("+"):
            return []
    found = [(transport, tuple(filter(None, each.split(",")))) for transport in transports for each in lists]
    return found[:_MAX_PER_CONFIGURATION]


def _attribute_lists(value: str) -> list[str]:
    """Return the alternatives of ``a=``: numbers, ``-m`` and the like as their first; optional ones are left out."""
    deleted, colon, rest = value.partition(":")
    if not value.startswith("-"):
        deleted, colon, rest = "", "", value
    kept = [re.sub(r",?\[[^\]]*\]", "", each) for each in (rest if colon or not deleted else "").split("|")]
    return [",".join(filter(None, (deleted, each.strip(",")))) for each in kept]


def _changed(
    media: MediaDescription, protocol: str, names: tuple[str, ...], capabilities: dict[str, str]
) -> MediaDescription | None:
    """Return the medium in a configuration; None if it names what is not there."""
    kept = actual(media).attributes
    added: list[Attribute] = []
    for name in names:
        if name in _DELETED:
            kept = () if "media" in _DELETED[name] else kept
        elif match := _ATTRIBUTE.match(capabilities.get(name, "")):
            added.append(Attribute(match[1], match[2] or ""))
        else:
            return None
    return replace(media, protocol=protocol, attributes=(*kept, *added))


def _acfg(number: str, transport: str, names: tuple[str, ...]) -> str:
    """Return the chosen alternatives in the order of RFC 5939 section 3.5.2."""
    deleted = next((name for name in names if name in _DELETED), "")
    numbers = ",".join(name for name in names if name not in _DELETED)
    listed = f"{deleted}:{numbers}" if deleted and numbers else deleted or numbers
    return " ".join(
        filter(None, (number, f"t={transport}" if transport else "", f"a={listed}" if listed else ""))
    )
