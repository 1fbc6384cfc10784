"""What the headers of a caller's INVITE say: own headers, identity, privacy and diversions. Pure.

RFC 3325 (P-Asserted-Identity, P-Preferred-Identity), RFC 3323 (Privacy), RFC 5806 (Diversion), RFC 7044
(History-Info), draft-ietf-sip-privacy-04 (Remote-Party-ID). What cannot be read is left out.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from mixminus.model.call import Address, Diversion
from mixminus.model.signalling import MAX_FORWARDS, Signalled, is_own_header
from mixminus.sip.addresses import caller_of
from mixminus.sip.grammar import NameAddress, Unreadable, split_list
from mixminus.sip.messages import HeaderFields

__all__ = ["signalled_of"]

ANONYMOUS: Final = "anonymous"
_IDENTITY: Final = ("p-asserted-identity", "p-preferred-identity", "remote-party-id")
_PRIVATE: Final = frozenset({"id", "user", "header"})
_MAX_DIVERSIONS: Final = 10
# RFC 4458 section 2.1 and RFC 7044: causes of a change of target, in the words of RFC 5806 section 4.
_REASONS: Final = {
    "302": "unconditional",
    "380": "deflection",
    "404": "unknown",
    "408": "no-answer",
    "480": "deflection",
    "486": "user-busy",
    "503": "out-of-service",
}


def signalled_of(fields: HeaderFields, max_forwards: int = MAX_FORWARDS, received_ms: int = 0) -> Signalled:
    """Return what the headers that the edge has passed on say."""
    own: dict[str, str] = {}
    for name, value in fields:
        if is_own_header(name):
            own[name] = f"{own[name]}, {value}" if name in own else value
    diversions = list(_diversions(_values(fields, "diversion"))) or list(
        _history(_values(fields, "history-info"))
    )
    return Signalled(
        headers=own,
        identity=_identity(fields),
        private=_is_private(fields),
        diversions=tuple(diversions[:_MAX_DIVERSIONS]),
        max_forwards=max_forwards,
        received_ms=received_ms,
    )


def _values(fields: HeaderFields, name: str) -> Iterator[str]:
    for each, value in fields:
        if each == name:
            yield from split_list(value)


def _identity(fields: HeaderFields) -> Address | None:
    """Return the first identity that can be read; of several in one header a number (RFC 3325 section 9.1)."""
    for name in _IDENTITY:
        found = [address for value in _values(fields, name) if (address := _address(value))]
        if found:
            return next((each for each in found if each.type == "tel"), found[0])
    return None


def _address(value: str) -> Address | None:
    try:
        NameAddress.parse(value)
    except Unreadable:
        return None
    return caller_of(value)


def _is_private(fields: HeaderFields) -> bool:
    """Return whether the caller must not be shown (RFC 3323 section 4.2; the draft's ``privacy`` parameter)."""
    for name, value in fields:
        if name == "privacy":
            words = {each.strip().lower() for each in value.split(";")}
            if words & _PRIVATE:
                return True
        if name == "remote-party-id":
            for part in split_list(value):
                if _parameter(part, "privacy").lower() in ("full", "uri", "name"):
                    return True
    return False


def _parameter(value: str, name: str) -> str:
    try:
        return NameAddress.parse(value).parameters.get(name, "").strip('"')
    except Unreadable:
        return ""


def _diversions(values: Iterable[str]) -> Iterator[Diversion]:
    for value in values:
        if address := _address(value):
            reason = _parameter(value, "reason").lower()
            if _parameter(value, "privacy").lower() in ("", "off"):
                yield Diversion(address.target, address.target_name, reason)
            else:
                yield Diversion(ANONYMOUS, reason=reason)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of History-Info."""

    party: Diversion
    cause: str
    """Why the call came to it; empty if it is a new address of the same party."""
    index: str
    mapped_from: str
    """The index of the entry that it replaces (RFC 7044 section 9.1), if it says so."""


def _history(values: Iterable[str]) -> Iterator[Diversion]:
    """Return the targets that a call was diverted from (RFC 7544 section 5); the last entry is where it goes."""
    entries = [entry for value in values if (entry := _entry(value))]
    by_index = {each.index: each for each in entries}
    for before, entry in reversed(list(itertools.pairwise(entries))):
        if entry.cause:
            left = by_index.get(entry.mapped_from, before).party
            yield replace(left, reason=_REASONS.get(entry.cause, "unknown"))


def _entry(value: str) -> _Entry | None:
    try:
        parsed = NameAddress.parse(value)
    except Unreadable:
        return None
    uri, _, headers = parsed.uri.partition("?")
    private = "history" in dict(_pair(each) for each in headers.split("&")).get("privacy", "").lower()
    display = parsed.display.replace("\\", "").replace('"', "")
    address = caller_of(f'"{display}" <{uri}>' if display else f"<{uri}>")
    party = Diversion(ANONYMOUS) if private else Diversion(address.target, address.target_name)
    cause = dict(_pair(each) for each in uri.split(";")[1:]).get("cause", "")
    return _Entry(party, cause, parsed.parameters.get("index", ""), parsed.parameters.get("mp", ""))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), unquote(value)
