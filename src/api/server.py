"""/server, an extension of the API: what this server serves, so that phones can be set up."""

from functools import partial
from typing import Final

from mixminus.api.authentication import SENDER
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.model.permissions import ADMIN, Permission, allows
from mixminus.sip.server_addresses import Transport
from mixminus.wire.view import View

__all__ = ["resource"]

resource: Final = Resource("Server", permission=Permission.NONE)
operation = partial(Operation, resource)


class SipAddressView(View):
    """A transport of SIP."""

    transport: Transport
    host: str
    """IP address that phones use; `MIXMINUS_PUBLIC_HOST`, if it is set."""
    port: int


class ServerView(View):
    """What this server serves."""

    sip_domain: str
    """The parent domain of the realms of customers and trunks: `MIXMINUS_SIP_DOMAIN`."""
    sip_addresses: list[SipAddressView]
    """Where phones register and call, the preferred first; empty while SIP does not run."""
    nodes: bool
    """Whether several servers share the database, and this credential may see them: `GET /nodes`."""


@operation("GET", "/server", "Get what this server serves")
async def get_server(call: ApiCall) -> ServerView:
    """For every caller with a credential: the addresses with which a phone is set up, and a room dialled."""
    services, sender = call.services, call.request[SENDER]
    process = services.process
    nodes = not services.store.fence.alone and allows(sender.permission, ADMIN)
    return ServerView.model_validate(
        {
            "sip_domain": process.sip_domain,
            "sip_addresses": process.sip_addresses(),
            "nodes": nodes and await services.access.operators.include(sender),
        }
    )
