"""Rows of /auth, /me, /customers, /agents and /accesskeys (api.md section 10)."""

from typing import Final

from mixminus.access.errors import (
    AccessKeyNotFound,
    AgentNotFound,
    ExpiresTooSoon,
    NotOneself,
    RateLimitExceeded,
    UsernameTaken,
)
from mixminus.api.access_schemas import (
    AccessKeyBody,
    AccessKeyProfileBody,
    AgentBody,
    AgentProfileBody,
    CustomerBody,
    LoginBody,
    PasswordBody,
    PermissionBody,
)
from mixminus.api.openapi import access_shapes as shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.errors import IllegalTransition

__all__ = ["OPERATIONS"]

AGENT: Final = (Answer(shapes.Agent, description="The agent as they are now."),)
CUSTOMER: Final = (Answer(shapes.Customer, description="The customer as it is now."),)
ACCESS_KEY: Final = (Answer(shapes.AccessKey, description="The key, without its token."),)
CHANGE_PASSWORD: Final = "Sessions that began before end."

LOGIN: Final = Operation(
    method="POST",
    path="/auth/login",
    tag="Login",
    name="logIn",
    summary="Begin a session",
    description="The token lasts a week and is sent like an access key. A refusal says nothing of its cause.",
    body=RequestBody(LoginBody),
    answers=(
        Answer(
            shapes.Login,
            description="The session has begun.",
            headers={"Set-Cookie": "The token, for browsers.", "Cache-Control": "`no-store`."},
        ),
        Answer(status=400, description="Whatever is wrong; the body is empty."),
        Answer(status=503, description="Too many log in at this moment; the body is empty."),
    ),
    errors=(RateLimitExceeded,),
    outside=True,
    open=True,
    silent=True,
)
CUSTOMERS: Final = (
    Operation(
        method="GET",
        path="/customer",
        tag="Customers",
        name="getOwnCustomer",
        summary="Show one's own customer, with the secret that signs its webhooks",
        answers=(
            Answer(
                shapes.OwnCustomer,
                description="The customer as it is now.",
                headers={"Cache-Control": "`no-store`."},
            ),
        ),
    ),
    Operation(
        method="PUT",
        path="/customer",
        tag="Customers",
        name="updateOwnCustomer",
        summary="Replace what one's own customer tells of itself",
        description="What is absent becomes empty; an empty `webhook_uri` means no webhooks.",
        body=RequestBody(CustomerBody),
        answers=CUSTOMER,
    ),
    Operation(
        method="GET",
        path="/customers",
        tag="Customers",
        name="listCustomers",
        summary="Show one's own customer, or all to the super admin, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.CustomerPage, description="A page of customers."),),
    ),
    Operation(
        method="POST",
        path="/customers",
        tag="Customers",
        name="createCustomer",
        summary="Add a customer, as the super admin",
        body=RequestBody(CustomerBody),
        answers=CUSTOMER,
    ),
    Operation(
        method="GET",
        path="/customers/{id}",
        tag="Customers",
        name="getCustomer",
        summary="Show a customer",
        answers=CUSTOMER,
    ),
    Operation(
        method="POST",
        path="/customers/{id}/freeze",
        tag="Customers",
        name="freezeCustomer",
        summary="Let a customer do nothing, as the super admin",
        description="Calls that are up go on.",
        answers=CUSTOMER,
        errors=(IllegalTransition,),
    ),
    Operation(
        method="POST",
        path="/customers/{id}/recover",
        tag="Customers",
        name="recoverCustomer",
        summary="Let a frozen customer go on, as the super admin",
        answers=CUSTOMER,
        errors=(IllegalTransition,),
    ),
)
AGENTS: Final = (
    Operation(
        method="GET",
        path="/agents",
        tag="Agents",
        name="listAgents",
        summary="Show the agents that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.AgentPage, description="A page of agents."),),
    ),
    Operation(
        method="POST",
        path="/agents",
        tag="Agents",
        name="createAgent",
        summary="Add somebody who may log in",
        description="Nobody gives rights that they do not have. A username is given once, for ever.",
        body=RequestBody(AgentBody),
        answers=AGENT,
        errors=(UsernameTaken,),
    ),
    Operation(
        method="GET",
        path="/agents/{id}",
        tag="Agents",
        name="getAgent",
        summary="Show an agent, also a deleted one",
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
    Operation(
        method="PUT",
        path="/agents/{id}",
        tag="Agents",
        name="updateAgent",
        summary="Replace what an agent shows of themselves",
        body=RequestBody(AgentProfileBody),
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/agents/{id}",
        tag="Agents",
        name="deleteAgent",
        summary="End an agent and their sessions",
        answers=AGENT,
        errors=(AgentNotFound, NotOneself),
    ),
    Operation(
        method="PUT",
        path="/agents/{id}/permission",
        tag="Agents",
        name="updateAgentPermission",
        summary="Give and take rights",
        body=RequestBody(PermissionBody),
        answers=AGENT,
        errors=(AgentNotFound, NotOneself),
    ),
    Operation(
        method="PUT",
        path="/agents/{id}/password",
        tag="Agents",
        name="updateAgentPassword",
        summary="Set an agent's password",
        description=CHANGE_PASSWORD,
        body=RequestBody(PasswordBody),
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
    Operation(
        method="GET",
        path="/me",
        tag="Agents",
        name="getMe",
        summary="Show who is logged in",
        description="Of a session; an access key is no agent.",
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
    Operation(
        method="PUT",
        path="/me",
        tag="Agents",
        name="updateMe",
        summary="Replace what one shows of oneself",
        body=RequestBody(AgentProfileBody),
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
    Operation(
        method="PUT",
        path="/me/password",
        tag="Agents",
        name="updateMyPassword",
        summary="Set one's own password",
        description=CHANGE_PASSWORD,
        body=RequestBody(PasswordBody),
        answers=AGENT,
        errors=(AgentNotFound,),
    ),
)
ACCESS_KEYS: Final = (
    Operation(
        method="GET",
        path="/accesskeys",
        tag="Access keys",
        name="listAccessKeys",
        summary="Show the keys that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.AccessKeyPage, description="A page of keys."),),
    ),
    Operation(
        method="POST",
        path="/accesskeys",
        tag="Access keys",
        name="createAccessKey",
        summary="Make a key",
        description="`expire` is in seconds, a day at least. The token is told here and never again: "
        "a repetition under the same `Idempotency-Key` is refused.",
        body=RequestBody(AccessKeyBody),
        answers=(
            Answer(
                shapes.NewAccessKey,
                description="The key, and its token.",
                headers={"Cache-Control": "`no-store`."},
            ),
        ),
        errors=(ExpiresTooSoon,),
    ),
    Operation(
        method="GET",
        path="/accesskeys/{id}",
        tag="Access keys",
        name="getAccessKey",
        summary="Show a key, also a deleted one",
        answers=ACCESS_KEY,
        errors=(AccessKeyNotFound,),
    ),
    Operation(
        method="PUT",
        path="/accesskeys/{id}",
        tag="Access keys",
        name="updateAccessKey",
        summary="Replace a key's name and detail",
        body=RequestBody(AccessKeyProfileBody),
        answers=ACCESS_KEY,
        errors=(AccessKeyNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/accesskeys/{id}",
        tag="Access keys",
        name="deleteAccessKey",
        summary="Revoke a key at once",
        answers=ACCESS_KEY,
        errors=(AccessKeyNotFound,),
    ),
)
OPERATIONS: Final = (LOGIN, *CUSTOMERS, *AGENTS, *ACCESS_KEYS)
