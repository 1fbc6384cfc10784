"""/trunks: connections to other telephone exchanges and providers."""

import ipaddress
from functools import partial
from typing import Annotated, Final

from pydantic import AfterValidator, Field, field_validator

from mixminus.api.body import Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.directory.errors import (
    CertificateNameNeeded,
    PasswordNeeded,
    ProviderNeeded,
    ResourceDeleted,
    TrunkNotFound,
    TrunkTaken,
)
from mixminus.model.directory import AuthType, Transport, Trunk, TrunkSpec
from mixminus.model.ids import TrunkId
from mixminus.model.signalling import DiversionHeader, IdentityHeader
from mixminus.model.srtp import SrtpPolicy
from mixminus.store.page import Page
from mixminus.wire.directory import TrunkView

__all__ = ["resource"]

MAX_ADDRESSES: Final = 64
MIN_OPTIONS_INTERVAL_S: Final = 5

resource: Final = Resource("Trunks", view=TrunkView, missing=(TrunkNotFound,))
operation = partial(Operation, resource)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


IpAddress = Annotated[str, AfterValidator(_address)]


Authority = Annotated[
    str, Field(pattern=r"^((\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?)?$")
]


DomainName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?$"), AfterValidator(str.lower)
]


class TrunkProfileBody(Body):
    """Absent fields become empty."""

    name: Text = ""
    detail: Text = ""
    auth_types: list[AuthType] = Field(default_factory=list)
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    password: Annotated[str, Field(pattern=r"^([ -~]{8,128})?$")] = ""
    allowed_ips: list[IpAddress] = Field(default_factory=list, max_length=MAX_ADDRESSES)
    certificate_names: list[DomainName] = Field(default_factory=list, max_length=MAX_ADDRESSES)
    outbound_host: Authority = ""
    outbound_transport: Transport = "udp"
    outbound_register: bool = False
    """Register at `outbound_host`; calls of the provider then run the flow of the called number."""

    trust_identity: bool = False
    """Take the caller from P-Asserted-Identity, P-Preferred-Identity or Remote-Party-ID, and Privacy, Diversion and
    History-Info as they are; for a carrier that verifies its callers."""
    identity_header: IdentityHeader = ""
    diversion_header: DiversionHeader = ""
    from_domain: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]{0,252})?$")] = ""
    outbound_proxy: Authority = ""
    srtp: SrtpPolicy = ""
    """`never`, `optional` (offered, and left out where that is refused) or `required`; empty for the customer's policy."""
    first_response_s: Annotated[int, Field(ge=1, le=32)] = 3
    media_timeout_s: Annotated[int, Field(ge=0, le=3600)] = 0
    """How long its calls may have no audio before the far end is asked whether it is there; 0 for the server's setting."""
    options_interval_s: Annotated[int, Field(ge=0, le=3600)] = 0
    """Probe each server with OPTIONS this often, from 5 seconds on; 0 for never. Calls leave out servers that are down."""

    @field_validator("options_interval_s")
    @classmethod
    def _not_too_often(cls, interval_s: int) -> int:
        if 0 < interval_s < MIN_OPTIONS_INTERVAL_S:
            raise ValueError(f"must be 0, or at least {MIN_OPTIONS_INTERVAL_S} seconds")
        return interval_s

    def spec(self, domain_name: str = "") -> TrunkSpec:
        """Return the specification; a PUT has no domain name, because it cannot be changed."""
        return TrunkSpec(
            domain_name=domain_name,
            name=self.name,
            detail=self.detail,
            auth_types=tuple(dict.fromkeys(self.auth_types)),
            username=self.username,
            password=self.password,
            allowed_ips=tuple(dict.fromkeys(self.allowed_ips)),
            certificate_names=tuple(dict.fromkeys(self.certificate_names)),
            outbound_host=self.outbound_host,
            outbound_transport=self.outbound_transport,
            outbound_register=self.outbound_register,
            trust_identity=self.trust_identity,
            identity_header=self.identity_header,
            diversion_header=self.diversion_header,
            from_domain=self.from_domain,
            outbound_proxy=self.outbound_proxy,
            srtp=self.srtp,
            first_response_s=self.first_response_s,
            media_timeout_s=self.media_timeout_s,
            options_interval_s=self.options_interval_s,
        )


class TrunkBody(TrunkProfileBody):
    domain_name: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")


@operation("GET", "/trunks", "List trunks")
async def list_trunks(call: ApiCall, page: Page) -> list[Trunk]:
    return await call.services.directory.trunks.list(call.customer_id, page)


@operation(
    "POST",
    "/trunks",
    "Create a trunk",
    errors=(TrunkTaken, PasswordNeeded, CertificateNameNeeded, ProviderNeeded),
)
async def create_trunk(call: ApiCall, body: TrunkBody) -> Trunk:
    """Its exchange can call in, and calls to numbers can go out through it."""
    return await call.services.directory.trunks.create(call.customer_id, body.spec(body.domain_name))


@operation("GET", "/trunks/{id}", "Get a trunk")
async def get_trunk(call: ApiCall) -> Trunk:
    """Also after it is deleted."""
    return await call.services.directory.trunks.get(call.customer_id, TrunkId(call.id))


@operation(
    "PUT",
    "/trunks/{id}",
    "Update a trunk",
    errors=(ResourceDeleted, PasswordNeeded, CertificateNameNeeded, ProviderNeeded),
)
async def update_trunk(call: ApiCall, body: TrunkProfileBody) -> Trunk:
    """Replaces everything except its domain name."""
    return await call.services.directory.trunks.update(call.customer_id, TrunkId(call.id), body.spec())


@operation("DELETE", "/trunks/{id}", "Delete a trunk")
async def delete_trunk(call: ApiCall) -> Trunk:
    """No more calls are accepted from it or sent to it."""
    return await call.services.directory.trunks.delete(call.customer_id, TrunkId(call.id))
