"""Reading one field of an action's option; InvalidArgument says which field is wrong."""

import uuid
from collections.abc import Mapping
from typing import Any

from mixminus.errors import InvalidArgument
from mixminus.ids import NIL

__all__ = ["OptionFields", "read_uuid"]

OptionFields = Mapping[str, Any]


def read_uuid(fields: OptionFields, key: str) -> uuid.UUID:
    """Return a UUID; the nil one where there is none."""
    try:
        return uuid.UUID(str(fields.get(key) or NIL))
    except ValueError:
        raise InvalidArgument(f"{key} is not a UUID") from None
