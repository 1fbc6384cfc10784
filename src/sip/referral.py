"""Referral: whom a phone wants us to call in its place (RFC 3515), and which of its calls is to be replaced (RFC 3891)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, parameters_of, scheme_of

__all__ = ["REFER_TAKEN", "SIPFRAG", "Dialog", "Referral", "read_referral"]

REFER_TAKEN: Final = 399
"""What a worker answers to a REFER that the server takes: pjsua2 would call by itself if it said 202, so the edge does."""
SIPFRAG: Final = "message/sipfrag;version=2.0"
"""The body of a NOTIFY: a piece of SIP, and no session description (RFC 3420)."""

_MAX_REFER_TO: Final = 1024
_SCHEMES: Final = frozenset({"sip", "sips", "tel"})


@dataclass(frozen=True, slots=True)
class Dialog:
    """What names a dialog (RFC 3261 section 12), as we see it."""

    sip_call_id: str
    local_tag: str
    remote_tag: str


@dataclass(frozen=True, slots=True)
class Referral:
    """What a Refer-To says."""

    uri: str
    """Without its headers."""
    replaces: Dialog | None = None


def read_referral(refer_to: str) -> Referral:
    """Read a Refer-To; raise Unreadable for what is none, asks for another method, or is no sip, sips or tel URI."""
    if len(refer_to) > _MAX_REFER_TO:
        raise Unreadable("too long")
    uri, _, headers = NameAddress.parse(refer_to).uri.partition("?")
    scheme = scheme_of(uri)
    if scheme not in _SCHEMES:
        raise Unreadable("not a URI that is called")
    if scheme != "tel" and SipUri.parse(uri).parameters.get("method", "INVITE").upper() != "INVITE":
        raise Unreadable("another method than INVITE")
    found = [value for name, _, value in _pairs(headers) if name.lower() == "replaces"]
    if len(found) > 1:
        raise Unreadable("more than one Replaces")
    return Referral(uri, _dialog(unquote(found[0])) if found else None)


def _pairs(headers: str) -> list[tuple[str, str, str]]:
    return [each.partition("=") for each in headers.split("&") if each]


def _dialog(replaces: str) -> Dialog:
    """Read a Replaces: its to-tag is the tag of whoever gets it, which is us."""
    sip_call_id, semicolon, parameters = replaces.partition(";")
    named = parameters_of(semicolon + parameters)
    dialog = Dialog(sip_call_id.strip(), named.get("to-tag", ""), named.get("from-tag", ""))
    if not (dialog.sip_call_id and dialog.local_tag and dialog.remote_tag):
        raise Unreadable("a Replaces that names no dialog")
    return dialog
