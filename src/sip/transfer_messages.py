"""Messages between server and workers about calls that are handed on (RFC 3515); ``messages.py`` shows their ways."""

from dataclasses import dataclass

from mixminus.model.ids import LegId

__all__ = ["DialogConfirmed", "Notify", "Refer", "TransferAsked", "TransferTold"]


@dataclass(frozen=True, slots=True)
class DialogConfirmed:
    """The dialog of a leg is complete: by these another one names it in a Replaces."""

    leg_id: LegId
    sip_call_id: str
    local_tag: str
    remote_tag: str


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A phone refers us to somebody; it has been told that we try."""

    leg_id: LegId
    refer_to: str
    """The header's value, which the edge has found to be readable."""
    refer_id: int
    """What later REFERs of a dialog are told apart by; 0 for the first."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell a phone how what it asked for goes on: a SIP status code, of which those from 200 on are the last."""

    leg_id: LegId
    refer_id: int
    status_code: int


@dataclass(frozen=True, slots=True)
class Refer:
    """Ask a phone to call somebody else in our place."""

    leg_id: LegId
    uri: str


@dataclass(frozen=True, slots=True)
class TransferTold:
    """A phone says how far it has come with a Refer: a SIP status code; from 200 on it is the last."""

    leg_id: LegId
    status_code: int
