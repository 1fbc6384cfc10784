"""The result of answering machine detection (api.md section 6.5)."""

from typing import Literal
from uuid import UUID

from mixminus.wire.view import View

__all__ = ["AnsweredView"]


class AnsweredView(View):
    """Whether a human or a machine has answered a call."""

    id: UUID
    """The call."""
    customer_id: UUID
    answered_by: Literal["human", "machine", "beep", "unknown"]
    """`beep`: a machine, which has beeped."""
    at_ms: int
    """When it was known, from the beginning of the detection."""
    greeting_ms: int
    """How long the greeting was by then."""
