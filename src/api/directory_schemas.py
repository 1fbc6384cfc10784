"""What clients send about numbers, extensions and trunks (api.md sections 13.3, 13.4)."""

import ipaddress
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from mixminus.api.schemas import Body, Text, Uuid
from mixminus.model.directory import (
    AuthType,
    ExtensionProfile,
    ExtensionSpec,
    NumberProfile,
    NumberSpec,
    Transport,
    TrunkSpec,
)
from mixminus.model.ids import NIL

__all__ = [
    "ExtensionBody",
    "ExtensionProfileBody",
    "NumberBody",
    "NumberFlowsBody",
    "NumberMetadataBody",
    "NumberProfileBody",
    "TrunkBody",
    "TrunkProfileBody",
]

MAX_PASSWORD: Final = 128
MAX_ADDRESSES: Final = 64


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("must be an IP address") from None


# Printable ASCII: what a phone's user can type, and what every phone digests alike.
Secret = Annotated[str, Field(pattern=r"^[ -~]+$", min_length=8, max_length=MAX_PASSWORD)]
LoginName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
IpAddress = Annotated[str, AfterValidator(_address)]


class NumberProfileBody(Body):
    """PUT /numbers/{id}: what is absent becomes empty."""

    call_flow_id: Uuid = NIL
    message_flow_id: Uuid = NIL
    name: Text = ""
    detail: Text = ""

    def profile(self) -> NumberProfile:
        return NumberProfile(
            call_flow_id=self.call_flow_id,
            message_flow_id=self.message_flow_id,
            name=self.name,
            detail=self.detail,
        )


class NumberBody(NumberProfileBody):
    """POST /numbers."""

    number: str = Field(pattern=r"^\+?[0-9]{1,31}$")

    def spec(self) -> NumberSpec:
        return NumberSpec(
            number=self.number,
            call_flow_id=self.call_flow_id,
            message_flow_id=self.message_flow_id,
            name=self.name,
            detail=self.detail,
        )


class NumberFlowsBody(Body):
    """PUT /numbers/{id}/flow_ids: nil is none."""

    call_flow_id: Uuid = NIL
    message_flow_id: Uuid = NIL


class NumberMetadataBody(Body):
    """PUT /numbers/{id}/metadata."""

    metadata: dict[str, Any] = Field(default_factory=dict)


class ExtensionProfileBody(Body):
    """PUT /extensions/{id}: an absent name becomes empty, an absent password stays."""

    name: Text = ""
    detail: Text = ""
    password: Secret | None = None

    def profile(self) -> ExtensionProfile:
        return ExtensionProfile(name=self.name, detail=self.detail, password=self.password or "")


class ExtensionBody(Body):
    """POST /extensions."""

    extension: LoginName
    password: Secret
    name: Text = ""
    detail: Text = ""

    def spec(self) -> ExtensionSpec:
        return ExtensionSpec(
            extension=self.extension, password=self.password, name=self.name, detail=self.detail
        )


class TrunkProfileBody(Body):
    """PUT /trunks/{id}: what is absent becomes empty."""

    name: Text = ""
    detail: Text = ""
    auth_types: list[AuthType] = Field(default_factory=list)
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    password: Annotated[str, Field(pattern=r"^([ -~]{8,128})?$")] = ""
    allowed_ips: list[IpAddress] = Field(default_factory=list, max_length=MAX_ADDRESSES)
    outbound_host: Annotated[
        str, Field(pattern=r"^((\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?)?$")
    ] = ""
    outbound_transport: Transport = "udp"

    def spec(self, domain_name: str = "") -> TrunkSpec:
        """Return what is said; a PUT says no domain name, for it does not change."""
        return TrunkSpec(
            domain_name=domain_name,
            name=self.name,
            detail=self.detail,
            auth_types=tuple(dict.fromkeys(self.auth_types)),
            username=self.username,
            password=self.password,
            allowed_ips=tuple(dict.fromkeys(self.allowed_ips)),
            outbound_host=self.outbound_host,
            outbound_transport=self.outbound_transport,
        )


class TrunkBody(TrunkProfileBody):
    """POST /trunks."""

    domain_name: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")
