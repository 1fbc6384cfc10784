"""View: one JSON shape that the server sends. It renders domain objects and documents itself in OpenAPI.

The fields of a view are read from the domain object by name, or from where ``validation_alias`` points.
A field with a default that no domain object has is a constant of the shape.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SerializationInfo

from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["Hash", "Reference", "Rendering", "Rounded", "Secret", "SetSecret", "Timestamp", "View"]

_TIME: Final = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}\.\d{6}|T\d{2}:\d{2}:\d{2}\.\d{6}Z)$"


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a view is written: the format of its times, and whether its secrets are included."""

    style: TimestampStyle
    secrets: bool = False


def _write_time(moment: datetime | None, info: SerializationInfo[Rendering]) -> str | None:
    return format_time(moment, info.context.style)


def _write_secret(text: str, info: SerializationInfo[Rendering]) -> str | None:
    return text if info.context.secrets else None


def _write_set_secret(text: str, info: SerializationInfo[Rendering]) -> str | None:
    return text if info.context.secrets or not text else None


Timestamp = Annotated[
    datetime | None,
    PlainSerializer(_write_time, return_type=Annotated[str, Field(pattern=_TIME)] | None),
    Field(
        description="UTC with microseconds. `9999-01-01 00:00:00.000000`, or null with RFC 3339 times, means never."
    ),
]
Reference = Annotated[UUID, Field(description="The nil UUID means none.")]
Hash = Annotated[str, Field(pattern=r"^direct\.[0-9a-f]{12}$")]
Secret = Annotated[str, PlainSerializer(_write_secret, return_type=str | None)]
"""Null without ``Rendering.secrets``."""
SetSecret = Annotated[str, PlainSerializer(_write_set_secret, return_type=str | None)]
"""Null without ``Rendering.secrets`` if it is set; an empty one stays empty."""
Rounded = Annotated[float, BeforeValidator(lambda value: round(value, 3))]
"""Three decimal places."""


class View(BaseModel):
    """A JSON object that the server sends."""

    model_config = ConfigDict(
        extra="ignore",
        from_attributes=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def render(cls, subject: object, style: TimestampStyle) -> dict[str, Any]:
        """Return a domain object as JSON values, without secrets: what events and webhooks carry."""
        view = cls.__pydantic_validator__.validate_python(subject)
        rendered: dict[str, Any] = cls.__pydantic_serializer__.to_python(
            view, mode="json", context=Rendering(style)
        )
        return rendered

    @classmethod
    def of(cls, subject: object, **extra: object) -> Self:
        """Return the view of a domain object; ``extra`` sets fields that the object does not have."""
        view = cls.model_validate(subject)
        return view.model_copy(update=extra) if extra else view
