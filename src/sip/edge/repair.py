"""Repair of received messages: what has one possible meaning is rewritten before anything reads it.

Request-URI, From, To, Contact and Refer-To as pjsip and our grammar want them; a body to the session description in it,
in a strict form. What was wrong is counted by name (``leniency.Leniency``). What cannot be repaired is left
for the validation to refuse.
"""

import re
from collections import Counter
from typing import Final

from mixminus.sip.edge.bodies import content_of
from mixminus.sip.edge.message import Fault, Request, Response
from mixminus.sip.edge.rewriting import CSEQ, cseq_form
from mixminus.sip.edge.validation import KNOWN_METHODS
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, split_list
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.sdp.repair import repaired as repaired_sdp
from mixminus.sip.tags import is_token
from mixminus.sip.uri_repair import (
    repaired_address,
    repaired_parameters,
    repaired_request_uri,
    without_sips,
)

__all__ = ["Repair"]

_ADDRESSES: Final = ("from", "to", "contact", "refer-to")
_TAGGED: Final = ("from", "to")
_ROUTES: Final = ("via", "route", "record-route")
_WITH_SDP: Final = frozenset({"INVITE", "ACK", "UPDATE", "PRACK"})
_BODY_HEADERS: Final = (
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-transfer-encoding",
    "mime-version",
)
_URI_HEADERS = re.compile(r'((?:"(?:[^"\\]|\\.)*"\s*|[^"<>]*)<[^<>?"]*)\?[^<>"]*(>.*)\Z', re.DOTALL)
_Q = re.compile(r"[01](?:\.[0-9]{1,3})?\Z")
_REDIRECTIONS: Final = (300, 400)
_WITH_METHODS: Final = ("allow", "rack")
_TAG = re.compile(r';\s*tag\s*=\s*([^\s;,"<>]{1,256})', re.IGNORECASE)


class Repair:
    """Rewrites messages in place, and counts."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters

    def request(self, request: Request) -> None:
        """Repair a request."""
        self._methods(request)
        request.uri = without_sips(self._noted(*repaired_request_uri(request.uri)))
        self._addresses(request)
        self._content_type(request)
        if request.method != "REGISTER":
            self._contact(request)
        if request.method in _WITH_SDP:
            self._body(request)

    def sequence(self, response: Response) -> None:
        """Write the CSeq of a response as workers write it; only then say what it answers."""
        value = response.headers.first("cseq")
        match = CSEQ.match(value)
        if match and (usual := cseq_form(match)) != value:
            if match[2] != match[2].upper():
                self._count(Leniency.METHOD_CASE)
            response.headers.set("cseq", usual)

    def response(self, response: Response, invite: Request | None) -> None:
        """Repair a response; From and To are those of ``invite``, the request that opened the dialog, if it is ours."""
        self._addresses(response)
        self._content_type(response)
        self._contact(response)
        headers = response.headers
        if invite:
            self._restore_addresses(response, invite)
        try:
            if contact := headers.first("contact"):
                SipUri.parse(NameAddress.parse(contact).uri)
        except Unreadable:
            headers.remove(("contact",))
            self._count(Leniency.CONTACT_UNREADABLE)
        if _method_of(response) in _WITH_SDP:
            self._body(response)

    def _addresses(self, message: Request | Response) -> None:
        for leniency in message.found:
            self._count(leniency)
        for place, (name, value) in enumerate(message.headers.entries):
            if name in _ROUTES:
                message.headers.entries[place] = (name, self._noted(*_route(value)))
            if name in _ADDRESSES and value != "*":
                # A REGISTER has a list of Contacts.
                each = split_list(value) if name == "contact" else [value]
                repaired = [self._noted(*repaired_address(one)) for one in each]
                if name in _TAGGED:
                    self._tag(message, name, repaired[0])
                if name == "contact":
                    repaired = [without_sips(self._without_headers(one)) for one in repaired]
                if repaired != each:
                    message.headers.entries[place] = (name, ", ".join(repaired))

    def _tag(self, message: Request | Response, name: str, value: str) -> None:
        """Count a tag in a wrong form, and a peer without one; ``forwarding.py`` gives it one."""
        try:
            tag = NameAddress.parse(value).tag
        except Unreadable:
            return
        if tag and not is_token(tag):
            self._count(Leniency.TAG_CHARACTERS)
        theirs = name == "from" if isinstance(message, Request) else name == "to" and message.has_to_tag
        if theirs and not tag:
            self._count(Leniency.TAG_MISSING)

    def _methods(self, request: Request) -> None:
        """Write methods in capitals; CSeq stays as it is, because the response repeats it."""
        method, headers = request.method.upper(), request.headers
        if method not in KNOWN_METHODS:
            return
        sequence = CSEQ.match(headers.first("cseq"))
        found = request.method != method or bool(sequence and sequence[2] != method == sequence[2].upper())
        request.method = method
        for name in _WITH_METHODS:
            values = headers.values(name)
            if values != (usual := [value.upper() for value in values]):
                headers.set(name, ", ".join(usual))
                found = True
        if found:
            self._count(Leniency.METHOD_CASE)

    def _contact(self, message: Request | Response) -> None:
        """Leave one Contact: as pjsip, Kamailio and Asterisk do, the first.

        A redirection has several by right; the one with the highest ``q`` is left (RFC 3261 section 8.1.3.4).
        """
        values = message.headers.values("contact")
        first, *others = [each for value in values for each in split_list(value) if each] or [""]
        if isinstance(message, Response) and _REDIRECTIONS[0] <= message.status_code < _REDIRECTIONS[1]:
            first, others = max((first, *others), key=_preference), []
        if [first] == values or not values:
            return
        if others:
            self._count(Leniency.CONTACT_REPEATED)
        message.headers.set("contact", first)

    def _without_headers(self, contact: str) -> str:
        """Return a Contact without headers in its URI, which may be there in a REGISTER (RFC 3261 section 19.1.1)."""
        match = _URI_HEADERS.match(contact)
        if not match:
            return contact
        self._count(Leniency.URI_HEADERS)
        return f"{match[1]}{match[2]}"

    def _content_type(self, message: Request | Response) -> None:
        value = message.headers.first("content-type")
        kind, semicolon, parameters = value.partition(";")
        joined = "/".join(each.strip(" \t") for each in kind.split("/"))
        if joined != kind.rstrip(" \t"):
            self._count(Leniency.CONTENT_TYPE)
            message.headers.set("content-type", joined + semicolon + parameters)

    def _restore_addresses(self, response: Response, invite: Request) -> None:
        """Take From and To as we have sent them: some phones rewrite them, and pjsip drops what it cannot parse."""
        tag = _TAG.search(response.headers.first("to").rpartition(">")[2] or response.headers.first("to"))
        sent = invite.headers.first("to")
        restored = f"{sent};tag={tag[1]}" if tag and not _TAG.search(sent) else sent
        for name, value in (("from", invite.headers.first("from")), ("to", restored)):
            if response.headers.count(name) != 1 or not _is_equal(response.headers.first(name), value):
                self._count(Leniency.RESPONSE_ADDRESS)
                response.headers.set(name, value)

    def _body(self, message: Request | Response) -> None:
        headers = message.headers
        content = content_of(
            headers.first("content-type"),
            headers.first("content-disposition"),
            headers.first("content-encoding"),
            message.body,
        )
        for leniency in content.found:
            self._count(leniency)
        message.body = b""
        headers.remove(_BODY_HEADERS)
        if content.fault:
            self._refuse(message, content.fault)
        elif content.description:
            text, found = repaired_sdp(content.description.decode("utf-8", "replace"))
            for leniency in found:
                self._count(leniency)
            message.body = text.encode()
            headers.set("content-type", "application/sdp")

    @staticmethod
    def _refuse(message: Request | Response, fault: Fault) -> None:
        """Give a request its fault. An ACK and a response go on without a body: they get no answer."""
        if isinstance(message, Request) and message.method != "ACK" and not message.fault:
            message.fault = fault

    def _noted(self, value: str, found: Leniency | None) -> str:
        if found:
            self._count(found)
        return value

    def _count(self, leniency: Leniency) -> None:
        self._counters[f"{COUNTER}:{leniency}"] += 1


def _preference(contact: str) -> float:
    try:
        q = NameAddress.parse(contact).parameters.get("q", "")
    except Unreadable:
        return -1.0
    return float(q) if _Q.match(q) else 1.0


def _route(value: str) -> tuple[str, Leniency | None]:
    """Return one Via or Route without parameters that are empty or repeated."""
    if ">" in value:
        return repaired_address(value)
    head, semicolon, parameters = value.partition(";")
    repaired, found = repaired_parameters(semicolon + parameters)
    return head + repaired, found


def _method_of(response: Response) -> str:
    return response.headers.first("cseq").rpartition(" ")[2]


def _is_equal(one: str, other: str) -> bool:
    try:
        first, second = NameAddress.parse(one), NameAddress.parse(other)
    except Unreadable:
        return False
    return (first.uri, first.tag) == (second.uri, second.tag)
