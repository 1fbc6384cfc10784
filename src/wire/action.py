"""The current action of a call or an activeflow (api.md section 6.2)."""

from typing import Annotated, Any

from pydantic import Field, PlainSerializer, SerializationInfo

from mixminus.model.ids import NIL
from mixminus.store.timestamps import format_time
from mixminus.wire.view import Rendering

__all__ = ["CurrentAction"]


def _write_action(action: dict[str, Any], info: SerializationInfo[Rendering]) -> dict[str, Any]:
    if action:
        return action
    nil = {"id": str(NIL), "next_id": str(NIL), "type": "", "option": {}}
    return nil | {"tm_execute": format_time(None, info.context.style)}


CurrentAction = Annotated[
    dict[str, Any],
    PlainSerializer(_write_action, return_type=dict[str, Any]),
    Field(
        description="`id`, `next_id`, `type`, `option`, `tm_execute`; ids are nil and the type empty for none."
    ),
]
"""Every key is present: clients in Go require `id` and `type`."""
