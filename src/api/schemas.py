"""What clients send: unknown keys are ignored, JSON types are strict, null is as good as absent."""

from dataclasses import fields
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator

from mixminus.api.errors import InvalidJsonBody
from mixminus.errors import InvalidArgument
from mixminus.model.call import MuteDirection
from mixminus.model.conference import Announce, ConferenceProfile, ConferenceSpec, Prompting, RoomSettings
from mixminus.model.ids import NIL, ConferenceId
from mixminus.model.menu import MAX_ENTRIES, MenuAction

__all__ = ["Body", "ConferenceBody", "ConferenceFields", "MuteBody", "Text", "Uuid", "read"]

MAX_SECONDS: Final = 2**31 - 1
MAX_PARTICIPANTS: Final = 2**31 - 1


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
# JSON has no UUIDs, so a string it must be.
Uuid = Annotated[UUID, Strict(False)]
Pin = Annotated[str, Field(pattern=r"^[0-9]{0,16}$")]

Language = Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", max_length=35)]
MenuKeys = Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,4}$")]
PromptText = Annotated[str, AfterValidator(_storable), Field(max_length=1000)]


class Body(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value


class ConferenceFields(Body):
    """PUT /conferences/{id} (api.md section 2.2), and the settings of a room beyond it; absent is the default."""

    name: Text = ""
    detail: Text = ""
    data: dict[str, Any] = {}
    timeout: int = Field(0, ge=0, le=MAX_SECONDS)
    pre_actions: list[dict[str, Any]] = []
    post_actions: list[dict[str, Any]] = []
    pre_flow_id: Uuid = NIL
    post_flow_id: Uuid = NIL
    max_participants: int = Field(0, ge=0, le=MAX_PARTICIPANTS)
    pin: Pin = ""
    moderator_pin: Pin = ""
    locked: bool = False
    wait_for_moderator: bool = False
    end_when_moderator_leaves: bool = False
    entry_tone: bool = False
    exit_tone: bool = False
    music_when_alone: bool = False
    record_on_start: bool = False
    announce: Announce = ""
    prompts: Prompting = "pin"
    language: Language = ""
    prompt_texts: dict[Text, PromptText] = {}
    dtmf_menu: dict[MenuKeys, MenuAction] = Field({}, max_length=MAX_ENTRIES)

    def profile(self) -> ConferenceProfile:
        return ConferenceProfile(**self._said())

    def _said(self) -> dict[str, Any]:
        settings = {each.name: getattr(self, each.name) for each in fields(RoomSettings)}
        return {
            "name": self.name,
            "detail": self.detail,
            "data": self.data,
            "timeout_s": self.timeout,
            "pre_actions": tuple(self.pre_actions),
            "post_actions": tuple(self.post_actions),
            "pre_flow_id": self.pre_flow_id,
            "post_flow_id": self.post_flow_id,
            "settings": RoomSettings(**settings),
        }


class ConferenceBody(ConferenceFields):
    """POST /conferences (api.md section 2.2)."""

    type: Literal["conference", "connect"]
    id: Uuid | None = None

    def spec(self) -> ConferenceSpec:
        chosen = ConferenceId(self.id) if self.id not in (None, NIL) else None
        return ConferenceSpec(type=self.type, id=chosen, **self._said())


class MuteBody(Body):
    """POST and DELETE /calls/{id}/mute; absent and empty mean both."""

    direction: str = ""

    def mask(self) -> MuteDirection:
        return MuteDirection.parse(self.direction)


Schema = TypeVar("Schema", bound=Body)


async def read(request: web.Request, schema: type[Schema], *, optional: bool = False) -> Schema:
    """Parse the body as JSON, whatever Content-Type says; an optional one may be absent."""
    raw = await request.read()
    if optional and not raw.strip():
        raw = b"{}"
    try:
        return schema.model_validate(orjson.loads(raw))
    except orjson.JSONDecodeError:
        raise InvalidJsonBody("the body must be a JSON object") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _refusal(first["type"], first["loc"], first["msg"]) from None


def _refusal(kind: str, location: tuple[int | str, ...], problem: str) -> InvalidArgument:
    where = ".".join(str(part) for part in location) or "the body"
    wrong_json_type = kind.endswith("_type")
    return (InvalidJsonBody if wrong_json_type else InvalidArgument)(f"{where}: {problem}")
