"""Program: what a call is to do, as whoever routed it has settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mixminus.model.ids import NIL

__all__ = ["Program"]


@dataclass(frozen=True, slots=True)
class Program:
    """Actions in the API's words (api.md section 6.2), and the flow they come from, if one does."""

    actions: Sequence[Mapping[str, Any]]
    flow_id: UUID = NIL
    variables: Mapping[str, str] = field(default_factory=dict)
    on_complete_flow_id: UUID = NIL
    """The flow that is run when this one is over, without the call; nil is none."""
