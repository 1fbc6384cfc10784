"""The settings of a server that shares its database with others."""

from typing import Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from mixminus.hosts import host_of, parse_hosts

__all__ = ["ClusterSettings"]

_MIN_SECRET: Final = 32
_MAX_PORT: Final = 65535
_ANY: Final = ("0.0.0.0", "::")


class ClusterSettings(BaseSettings):
    """Settings of a node, a part of ``Settings``."""

    cluster_address: str = Field(
        "",
        description="address:port at which other servers of the same PostgreSQL reach this one; "
        "empty: the server has its database for itself",
    )
    cluster_secret: SecretStr = Field(
        SecretStr(""),
        description="secret that all servers of one database share, of 32 characters or more",
    )

    room_seats: int = Field(
        1000,
        ge=1,
        le=2048,
        description="participants of one room whose calls one of these servers takes; others take those above it",
    )

    sip_redirect: bool = Field(
        False,
        description="answer calls that MIXMINUS_SIP_PROXIES bring to a room of another node by 302 with that node's SIP "
        "address, which the proxies must follow; otherwise they are answered here",
    )

    @field_validator("cluster_address")
    @classmethod
    def _reachable(cls, value: str) -> str:
        port = value.rpartition(":")[2]
        try:
            hosts = parse_hosts(host_of(value)) if value else ()
        except ValueError:
            hosts = _ANY
        is_port = port.isdecimal() and 0 < int(port) <= _MAX_PORT
        if value and (len(hosts) != 1 or hosts[0] in _ANY or not is_port):
            raise ValueError(
                "must be an IP address of this machine and a port, such as 10.0.0.3:7000 or [fd00::3]:7000"
            )
        return value

    @field_validator("cluster_secret")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _MIN_SECRET:
            raise ValueError(
                f"must have {_MIN_SECRET} characters or more, such as those of `openssl rand -hex 32`"
            )
        return value
