"""What clients send about customers, agents, access keys and logins (api.md section 10)."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mixminus.access.keys import MIN_LIFE_S
from mixminus.access.passwords import MAX_PASSWORD_CHARACTERS
from mixminus.api.schemas import MAX_SECONDS, Body, Text, Uuid
from mixminus.model.access import AgentProfile, AgentSpec, CustomerSpec, RingMethod, WebhookMethod
from mixminus.model.permissions import Permission

__all__ = [
    "AccessKeyBody",
    "AccessKeyProfileBody",
    "AgentBody",
    "AgentProfileBody",
    "CustomerBody",
    "LoginBody",
    "PasswordBody",
    "PermissionBody",
]

MAX_USERNAME_CHARACTERS: Final = 255
MIN_PASSWORD_CHARACTERS: Final = 8


def _webhook_uri(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be an http or https URL, or empty")
    return text


Username = Annotated[Text, Field(min_length=1, max_length=MAX_USERNAME_CHARACTERS)]
Password = Annotated[Text, Field(min_length=MIN_PASSWORD_CHARACTERS, max_length=MAX_PASSWORD_CHARACTERS)]
Bits = Annotated[int, Field(ge=0, le=Permission.ALL.value)]


class LoginBody(Body):
    """POST /auth/login."""

    username: Text
    password: Text


class CustomerBody(Body):
    """POST /customers, PUT /customer: what is absent becomes empty."""

    name: Text = ""
    detail: Text = ""
    email: Text = ""
    phone_number: Text = ""
    address: Text = ""
    webhook_method: WebhookMethod = ""
    webhook_uri: Annotated[Text, AfterValidator(_webhook_uri)] = ""

    def spec(self) -> CustomerSpec:
        return CustomerSpec(**self.model_dump())


class AgentProfileBody(Body):
    """PUT /agents/{id}, PUT /me: what is absent becomes empty."""

    name: Text = ""
    detail: Text = ""
    ring_method: RingMethod = "ringall"

    def profile(self) -> AgentProfile:
        return AgentProfile(name=self.name, detail=self.detail, ring_method=self.ring_method)


class AgentBody(AgentProfileBody):
    """POST /agents."""

    username: Username
    password: Password
    permission: Bits = 0
    tag_ids: list[Uuid] = Field(default_factory=list)
    addresses: list[dict[str, Any]] = Field(default_factory=list)

    def spec(self) -> AgentSpec:
        return AgentSpec(
            username=self.username,
            password=self.password,
            profile=self.profile(),
            permission=Permission(self.permission),
            tag_ids=tuple(self.tag_ids),
            addresses=tuple(self.addresses),
        )


class PermissionBody(Body):
    """PUT /agents/{id}/permission."""

    permission: Bits


class PasswordBody(Body):
    """PUT /agents/{id}/password, PUT /me/password."""

    password: Password


class AccessKeyProfileBody(Body):
    """PUT /accesskeys/{id}: what is absent becomes empty."""

    name: Text = ""
    detail: Text = ""


class AccessKeyBody(AccessKeyProfileBody):
    """POST /accesskeys; ``expire`` in seconds, and without one the key is refused."""

    expire: int = Field(0, le=MAX_SECONDS, json_schema_extra={"minimum": MIN_LIFE_S})
