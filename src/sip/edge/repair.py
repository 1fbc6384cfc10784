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
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, split_list
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.sdp.repair import repaired as repaired_sdp
from mixminus.sip.uri_repair import (
    repaired_address,
    repaired_request_uri,
    without_repeats,
    without_sips,
)

__all__ = ["Repair"]

_ADDRESSES: Final = ("from", "to", "contact", "refer-to")
_ROUTES: Final = ("via", "route", "record-route")
_WITH_SDP: Final = frozenset({"INVITE", "ACK", "UPDATE", "PRACK"})
_BODY_HEADERS: Final = (
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-transfer-encoding",
    "mime-version",
)
_TAG = re.compile(r';\s*tag\s*=\s*([^\s;,"<>]{1,256})', re.IGNORECASE)


class Repair:
    """Rewrites messages in place, and counts."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters

    def request(self, request: Request) -> None:
        """Repair a request."""
        request.uri = without_sips(self._noted(*repaired_request_uri(request.uri)))
        self._addresses(request)
        if request.method in _WITH_SDP:
            self._body(request)

    def response(self, response: Response, invite: Request | None) -> None:
        """Repair a response; From and To are those of ``invite``, the request that opened the dialog, if it is ours."""
        self._addresses(response)
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
            if name in _ROUTES and (single := _route(value)) != value:
                self._count(Leniency.PARAMETER_REPEATED)
                message.headers.entries[place] = (name, single)
            if name in _ADDRESSES and value != "*":
                # A REGISTER has a list of Contacts.
                each = split_list(value) if name == "contact" else [value]
                repaired = [self._noted(*repaired_address(one)) for one in each]
                if name == "contact":
                    repaired = [without_sips(one) for one in repaired]
                if repaired != each:
                    message.headers.entries[place] = (name, ", ".join(repaired))

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


def _route(value: str) -> str:
    """Return one Via or Route without repeated parameters."""
    head, bracket, parameters = value.rpartition(">")
    if bracket:
        return repaired_address(value)[0]
    head, semicolon, parameters = value.partition(";")
    return head + without_repeats(semicolon + parameters)


def _method_of(response: Response) -> str:
    return response.headers.first("cseq").rpartition(" ")[2]


def _is_equal(one: str, other: str) -> bool:
    try:
        first, second = NameAddress.parse(one), NameAddress.parse(other)
    except Unreadable:
        return False
    return (first.uri, first.tag) == (second.uri, second.tag)
