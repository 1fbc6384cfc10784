"""Bindings: how a REGISTER changes an extension's contact bindings (RFC 3261 section 10.3). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mixminus.errors import MixMinusError
from mixminus.model.directory import Binding, BindingTransport
from mixminus.model.ids import ExtensionId

__all__ = ["MAX_EXPIRES_S", "MAX_PHONES", "MIN_EXPIRES_S", "Phone", "Registration", "Rejected", "rebind"]

MAX_PHONES: Final = 3  # api.md section 13.4
MIN_EXPIRES_S: Final = 30
MAX_EXPIRES_S: Final = 3600


class Rejected(MixMinusError):
    """A REGISTER was rejected with this SIP status code; no binding changed."""

    reason = "REGISTRATION_REJECTED"

    def __init__(self, status_code: int) -> None:
        super().__init__(f"registration rejected with {status_code}")
        self.status_code = status_code


@dataclass(frozen=True, slots=True)
class Phone:
    """One Contact of a REGISTER."""

    contact: str
    expires_s: int
    """0 removes the binding."""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """An authenticated REGISTER, and the flow it arrived by."""

    extension_id: ExtensionId
    call_id: str
    sequence_number: int
    phones: tuple[Phone, ...]
    """Empty for a query: the answer lists the bindings."""
    removes_all: bool
    """``Contact: *`` with an expiry of 0."""
    transport: BindingTransport
    host: str
    port: int
    connection: int
    path: tuple[str, ...] = ()
    """The URIs of the proxies on the way back to the phone (RFC 3327)."""
    user_agent: str = ""


def rebind(current: Sequence[Binding], asked: Registration, now: datetime) -> list[Binding]:
    """Return the extension's new bindings; raise Rejected if the REGISTER is not acceptable."""
    if asked.removes_all:
        _in_order(current, asked)
        return []
    bindings = list(current)
    for phone in asked.phones:
        if 0 < phone.expires_s < MIN_EXPIRES_S:
            raise Rejected(423)  # RFC 3261 section 21.4.17
        same = [each for each in bindings if _is_same(each, phone)]
        _in_order(same, asked)
        repeated = [each for each in same if _is_repeated(each, asked, phone)]
        bindings = [each for each in bindings if each not in same]
        if phone.expires_s:
            since = min((each.tm_create for each in same), default=now)
            bindings += repeated or [_binding(phone, asked, now, since)]
    if len(bindings) > max(MAX_PHONES, len(current)):
        raise Rejected(403)
    return bindings


def _in_order(bindings: Sequence[Binding], asked: Registration) -> None:
    """Reject a REGISTER that is older than one already applied (same Call-ID, lower CSeq)."""
    if any(
        each.call_id == asked.call_id and each.sequence_number > asked.sequence_number for each in bindings
    ):
        raise Rejected(500)


def _is_same(binding: Binding, phone: Phone) -> bool:
    """Return whether both are one phone: same Contact, or same instance id at a new address."""
    return binding.contact == phone.contact or bool(phone.instance and binding.instance == phone.instance)


def _is_repeated(binding: Binding, asked: Registration, phone: Phone) -> bool:
    """Return whether this is a retransmission, whose source address must not replace the binding's."""
    return (binding.call_id, binding.sequence_number, binding.contact) == (
        asked.call_id,
        asked.sequence_number,
        phone.contact,
    )


def _binding(phone: Phone, asked: Registration, now: datetime, since: datetime) -> Binding:
    return Binding(
        extension_id=asked.extension_id,
        contact=phone.contact,
        instance=phone.instance,
        call_id=asked.call_id,
        sequence_number=asked.sequence_number,
        transport=asked.transport,
        host=asked.host,
        port=asked.port,
        connection=asked.connection,
        path=asked.path,
        user_agent=asked.user_agent,
        tm_create=since,
        tm_expire=now + timedelta(seconds=min(phone.expires_s, MAX_EXPIRES_S)),
    )
