"""/agents and /me (api.md section 10): people who log in."""

from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from mixminus.access.errors import AgentAuthRequired, AgentNotFound, NotOneself, UsernameTaken
from mixminus.access.passwords import MAX_PASSWORD_CHARACTERS
from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.model.access import Agent, AgentProfile, AgentSpec, AgentStatus, RingMethod
from mixminus.model.ids import AgentId
from mixminus.model.permissions import ADMIN, STAFF, Permission
from mixminus.store.page import Page
from mixminus.wire.access import AgentView

__all__ = ["resource"]

MAX_USERNAME_CHARACTERS: Final = 255
MIN_PASSWORD_CHARACTERS: Final = 8
MAX_ADDRESSES: Final = 64
MAX_TAGS: Final = 64
NEW_PASSWORD: Final = "Ends all earlier sessions."

Username = Annotated[Text, Field(min_length=1, max_length=MAX_USERNAME_CHARACTERS)]
Password = Annotated[Text, Field(min_length=MIN_PASSWORD_CHARACTERS, max_length=MAX_PASSWORD_CHARACTERS)]
Bits = Annotated[int, Field(ge=0, le=Permission.ALL.value)]

resource: Final = Resource("Agents", view=AgentView, missing=(AgentNotFound,), permission=ADMIN)
operation = partial(Operation, resource)


class AgentProfileBody(Body):
    """Absent fields become empty."""

    name: Text = ""
    detail: Text = ""
    ring_method: RingMethod = "ringall"

    def profile(self) -> AgentProfile:
        return AgentProfile(name=self.name, detail=self.detail, ring_method=self.ring_method)


class AgentBody(AgentProfileBody):
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
    permission: Bits


class StatusBody(Body):
    status: AgentStatus


class AddressesBody(Body):
    addresses: list[dict[str, Any]] = Field(max_length=MAX_ADDRESSES)


class TagIdsBody(Body):
    tag_ids: list[Uuid] = Field(max_length=MAX_TAGS)


class PasswordBody(Body):
    password: Password


@operation("GET", "/agents", "List agents", permission=STAFF)
async def list_agents(call: ApiCall, page: Page) -> list[Agent]:
    return await call.services.access.agents.list(call.customer_id, page)


@operation("POST", "/agents", "Create an agent", errors=(UsernameTaken,))
async def create_agent(call: ApiCall, body: AgentBody) -> Agent:
    """You can grant only permissions that you have. A username is never used again."""
    return await call.services.access.agents.create(call.identity, body.spec())


@operation("GET", "/agents/{id}", "Get an agent", permission=STAFF)
async def get_agent(call: ApiCall) -> Agent:
    """Also after it is deleted."""
    return await call.services.access.agents.get(call.identity, AgentId(call.id))


@operation("PUT", "/agents/{id}", "Update an agent")
async def update_agent(call: ApiCall, body: AgentProfileBody) -> Agent:
    return await call.services.access.agents.update(call.identity, AgentId(call.id), body.profile())


@operation("DELETE", "/agents/{id}", "Delete an agent", errors=(NotOneself,))
async def delete_agent(call: ApiCall) -> Agent:
    """Ends its sessions."""
    return await call.services.access.agents.delete(call.identity, AgentId(call.id))


@operation("PUT", "/agents/{id}/permission", "Update the permission of an agent", errors=(NotOneself,))
async def update_agent_permission(call: ApiCall, body: PermissionBody) -> Agent:
    return await call.services.access.agents.set_permission(
        call.identity, AgentId(call.id), Permission(body.permission)
    )


@operation("PUT", "/agents/{id}/status", "Update the status of an agent")
async def update_agent_status(call: ApiCall, body: StatusBody) -> Agent:
    """Stored for clients: agents are called whatever their status."""
    return await call.services.access.agents.set_status(call.identity, AgentId(call.id), body.status)


@operation("PUT", "/agents/{id}/addresses", "Update the addresses of an agent")
async def update_agent_addresses(call: ApiCall, body: AddressesBody) -> Agent:
    return await call.services.access.agents.set_addresses(call.identity, AgentId(call.id), body.addresses)


@operation("PUT", "/agents/{id}/tag_ids", "Update the tags of an agent")
async def update_agent_tags(call: ApiCall, body: TagIdsBody) -> Agent:
    return await call.services.access.agents.set_tag_ids(call.identity, AgentId(call.id), body.tag_ids)


@operation("POST", "/agents/{id}/direct-hash-regenerate", "Regenerate the direct hash of an agent")
async def regenerate_agent_hash(call: ApiCall) -> Agent:
    """The old one ends at once."""
    return await call.services.access.agents.regenerate_direct_hash(call.identity, AgentId(call.id))


@operation("PUT", "/agents/{id}/password", "Update the password of an agent", description=NEW_PASSWORD)
async def update_agent_password(call: ApiCall, body: PasswordBody) -> Agent:
    return await call.services.access.agents.set_password(call.identity, AgentId(call.id), body.password)


@operation(
    "GET", "/me", "Get yourself", errors=(AgentNotFound, AgentAuthRequired), permission=Permission.NONE
)
async def get_me(call: ApiCall) -> Agent:
    """The agent of the session; an access key has none."""
    agents = call.services.access.agents
    return await agents.get(call.identity, agents.oneself(call.identity))


@operation(
    "PUT", "/me", "Update yourself", errors=(AgentNotFound, AgentAuthRequired), permission=Permission.NONE
)
async def update_me(call: ApiCall, body: AgentProfileBody) -> Agent:
    agents = call.services.access.agents
    return await agents.update(call.identity, agents.oneself(call.identity), body.profile())


@operation(
    "PUT",
    "/me/password",
    "Update your password",
    description=NEW_PASSWORD,
    errors=(AgentNotFound, AgentAuthRequired),
    permission=Permission.NONE,
)
async def update_my_password(call: ApiCall, body: PasswordBody) -> Agent:
    agents = call.services.access.agents
    return await agents.set_password(call.identity, agents.oneself(call.identity), body.password)
