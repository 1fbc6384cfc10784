"""Directory: who is dialled and what is then to be done, as a call service is told.

``directory.plan.DialPlan`` is the one that looks it up; a call service only asks.
"""

from dataclasses import dataclass
from typing import Protocol

from mixminus.call.leg import Address, Caller
from mixminus.call.program import Program
from mixminus.model.ids import CustomerId

__all__ = ["Directory", "Refused", "Routed"]


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a call goes: whose it is, what it does, and both its ends in the API's words."""

    customer_id: CustomerId
    program: Program
    source: Address
    destination: Address


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call goes nowhere, as a SIP status code (RFC 3261 section 21)."""

    status_code: int


class Directory(Protocol):
    """Whom a call service asks for the way."""

    async def route(self, source: Address, target: str, caller: Caller) -> Routed | Refused:
        """Look up a dialled target."""
        ...
