"""SIP header values that we read: lists, addresses, URIs, Via (RFC 3261 section 25), Refer-To (RFC 3515).

Our own parser (ADR 4): a forwarding element must leave alone what it does not change, and must refuse
what the next element might read differently. Reading takes time in proportion to the length: patterns match
from one place only and never try a run of characters twice, and lists are split by ``scanning.py``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from mixminus.hosts import bracketed
from mixminus.sip.remembering import remembering
from mixminus.sip.scanning import split_outside_quotes

__all__ = [
    "DEFAULT_SIP_PORT",
    "DEFAULT_TLS_PORT",
    "SIPFRAG",
    "TOKEN",
    "Dialog",
    "NameAddress",
    "ReferTo",
    "SipUri",
    "Unreadable",
    "Via",
    "parameters_of",
    "parse_refer_to",
    "parse_replaces",
    "scheme_of",
    "split_list",
]

DEFAULT_SIP_PORT: Final = 5060
DEFAULT_TLS_PORT: Final = 5061
SIPFRAG: Final = "message/sipfrag;version=2.0"
"""The content type of a NOTIFY about a REFER: a status line, not a session description (RFC 3420)."""

TOKEN: Final = r"[A-Za-z0-9.!%*_+`'~-]+"
_HOST: Final = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})"
_PORT_LIMIT: Final = 65_536
_MAX_REFER_TO: Final = 1024
_NAMED: Final = re.compile(r"[!-+\--:<-~]{1,256}\Z")
"""A Call-ID or a tag: printable, without comma and semicolon."""
_CALLED_SCHEMES: Final = frozenset({"sip", "sips", "tel"})

_VIA = re.compile(
    rf"(?i:SIP)\s*/\s*2\.0\s*/\s*({TOKEN})\s+({_HOST})(?:\s*:\s*([0-9]{{1,5}}))?\s*((?:;.*)?)\Z", re.DOTALL
)
_URI = re.compile(
    rf"(sips?):(?:([A-Za-z0-9_.!~*'()&=+$,;?/%:-]*)@)?({_HOST})(?::([0-9]{{1,5}}))?((?:;[^?\s<>]*)?)\Z",
    re.IGNORECASE,
)
_OTHER_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[^\s<>]+\Z")
_ADDRESS = re.compile(
    r"""(?:
        (?: (?P<display> "(?:[^"\\]++|\\.)*+" \s* | [^"<>,;]* ) < (?P<bracketed> [^<>\s"]+ ) > )
        | (?P<bare> [^<>\s",;?]+ )
    ) \s* (?P<parameters> (?:;.*)? ) \Z""",
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(rf"({TOKEN})(?:\s*=\s*([^\s;,\"]+|\"(?:[^\"\\]++|\\.)*+\"))?\Z")


class Unreadable(ValueError):
    """A header value that does not match the grammar."""


def split_list(value: str) -> list[str]:
    """Split a list at the commas that are neither quoted nor inside a URI."""
    return [part.strip() for part in split_outside_quotes(value, ",", brackets=True)]


def parameters_of(text: str) -> dict[str, str]:
    """Parse ``;name=value;name``; names become lower case, values stay as they are."""
    parameters: dict[str, str] = {}
    for part in split_outside_quotes(text, ";", brackets=False)[1:]:
        match = _PARAMETER.match(part.strip())
        if not match or match[1].lower() in parameters:
            raise Unreadable("a parameter is wrong")
        parameters[match[1].lower()] = match[2] or ""
    return parameters


@dataclass(frozen=True, slots=True)
class SipUri:
    """A sip or sips URI; ``port`` is 0 where none is written."""

    scheme: str
    user: str
    host: str
    port: int
    parameters: Mapping[str, str]
    password: str = ""
    """What follows a colon in the user part: not a password here, but the rest of ``conference:<id>``."""

    @staticmethod
    def parse(text: str) -> "SipUri":
        return _sip_uri(text)


@remembering
def _sip_uri(text: str) -> SipUri:
    match = _URI.match(text)
    if not match or int(match[4] or 0) >= _PORT_LIMIT:
        raise Unreadable("not a SIP URI")
    user, _, password = (match[2] or "").partition(":")
    host, port = match[3].strip("[]"), int(match[4] or 0)
    return SipUri(match[1].lower(), user, host, port, parameters_of(match[5]), password)


def scheme_of(uri: str) -> str:
    """Return the scheme of any URI, in lower case."""
    match = _OTHER_URI.match(uri)
    if not match:
        raise Unreadable("not a URI")
    return match[1].lower()


@dataclass(frozen=True, slots=True)
class NameAddress:
    """From, To, Contact, Route: a URI, with or without a name and parameters."""

    uri: str
    parameters: Mapping[str, str]
    display: str = ""
    """The name, without its quotes."""

    @staticmethod
    def parse(text: str) -> "NameAddress":
        return _name_address(text)

    @property
    def tag(self) -> str:
        return self.parameters.get("tag", "")


@remembering
def _name_address(text: str) -> NameAddress:
    match = _ADDRESS.match(text.strip())
    if not match:
        raise Unreadable("not an address")
    uri = match["bracketed"] or match["bare"]
    scheme_of(uri)
    display = (match["display"] or "").strip()
    if display.startswith('"'):
        display = re.sub(r"\\(.)", r"\1", display[1:-1])
    return NameAddress(uri, parameters_of(match["parameters"]), display)


@dataclass(frozen=True, slots=True)
class Via:
    """One hop; ``port`` is 0 where none is written."""

    transport: str
    host: str
    port: int
    parameters: Mapping[str, str]

    @staticmethod
    def parse(text: str) -> "Via":
        return _via(text)

    def render(self) -> str:
        port = f":{self.port}" if self.port else ""
        parameters = "".join(
            f";{name}={value}" if value else f";{name}" for name, value in self.parameters.items()
        )
        return f"SIP/2.0/{self.transport} {bracketed(self.host)}{port}{parameters}"


@remembering
def _via(text: str) -> Via:
    match = _VIA.match(text.strip())
    if not match or int(match[3] or 0) >= _PORT_LIMIT:
        raise Unreadable("not a Via")
    return Via(match[1].upper(), match[2].strip("[]"), int(match[3] or 0), parameters_of(match[4]))


@dataclass(frozen=True, slots=True)
class Dialog:
    """What identifies a dialog (RFC 3261 section 12), from our side."""

    sip_call_id: str
    local_tag: str
    remote_tag: str
    early_only: bool = field(default=False, compare=False)
    """Whether a Replaces is for a call that is not answered only (RFC 3891 section 3)."""

    def has_tags(self, local_tag: str, remote_tag: str | None) -> bool:
        """Return whether a Replaces names a dialog with these tags; a zero names no tag, too (RFC 3891 section 3)."""
        named = self.remote_tag == remote_tag or (self.remote_tag == "0" and remote_tag == "")
        return named and self.local_tag == local_tag

    @property
    def replaces(self) -> str:
        """The value of a Replaces that names the dialog, as the receiver sees it."""
        return f"{self.sip_call_id};to-tag={self.local_tag};from-tag={self.remote_tag or '0'}"


@dataclass(frozen=True, slots=True)
class ReferTo:
    """The URI to call, and the dialog that the call replaces (RFC 3891)."""

    uri: str
    """Without its headers."""
    replaces: Dialog | None = None


def parse_refer_to(value: str) -> ReferTo:
    """Parse a Refer-To; raise Unreadable unless it is a sip, sips or tel URI to be called by INVITE."""
    if len(value) > _MAX_REFER_TO:
        raise Unreadable("Refer-To is too long")
    whole = NameAddress.parse(value).uri
    uri, _, headers = whole.partition("?")
    if not whole.isascii():
        raise Unreadable("the URI of Refer-To is not ASCII")
    scheme = scheme_of(uri)
    if scheme not in _CALLED_SCHEMES:
        raise Unreadable("the URI of Refer-To cannot be called")
    if scheme != "tel" and SipUri.parse(uri).parameters.get("method", "INVITE").upper() != "INVITE":
        raise Unreadable("Refer-To asks for another method than INVITE")
    pairs = (each.partition("=") for each in headers.split("&") if each)
    found = [value for name, _, value in pairs if name.lower() == "replaces"]
    if len(found) > 1:
        raise Unreadable("more than one Replaces")
    return ReferTo(uri, parse_replaces(unquote(found[0])) if found else None)


def parse_replaces(value: str) -> Dialog:
    """Parse a Replaces: its to-tag is the tag of the receiver. Raise Unreadable unless it names a dialog."""
    sip_call_id, semicolon, parameters = value.partition(";")
    named = parameters_of(semicolon + parameters)
    dialog = Dialog(
        sip_call_id.strip(), named.get("to-tag", ""), named.get("from-tag", ""), "early-only" in named
    )
    if not all(map(_NAMED.match, (dialog.sip_call_id, dialog.local_tag, dialog.remote_tag))):
        raise Unreadable("Replaces does not name a dialog")
    return dialog
