"""Settings that bound what clients and calls may take."""

import ipaddress
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

__all__ = ["LimitSettings"]


class LimitSettings(BaseSettings):
    """A part of the settings."""

    http_max_connections: int = Field(
        512,
        ge=16,
        le=65_536,
        description="maximum number of HTTP connections on which no request has authenticated, and at most "
        "half of the limit of open files",
    )
    http_max_connections_per_source: int = Field(
        64,
        ge=1,
        le=65_536,
        description="maximum number of such connections of one address, of IPv6 a /64; 127.0.0.1 and ::1, "
        "where a reverse proxy connects from, have no limit of their own",
    )
    rate_limits: Literal["off", "login", "all"] = Field(
        "login", description="requests that are rate-limited: off (none), login (logins) or all"
    )
    max_load_percent: int = Field(
        80,
        ge=1,
        le=100,
        description="load of a mixing thread, in percent, from which on new calls are refused",
    )
    call_max_duration_s: int = Field(
        86_400,
        ge=1,
        le=31_536_000,
        description="seconds after which a call is hung up, counted from its answer",
    )
    credits_per_minute: int = Field(
        1,
        ge=0,
        le=1_000_000,
        description="credits that a minute of a participant in a room costs a customer with a balance",
    )
    balance_end_after_s: int = Field(
        0,
        ge=0,
        le=31_536_000,
        description="seconds after which calls of a customer whose credits are used up are hung up; "
        "0 never ends them",
    )
    sip_proxies: str = Field(
        "",
        description="IP addresses, with commas between them, of your own SIP proxies before this server: limits of "
        "one address do not hold for them, and the Path of a registration that they pass on is taken",
    )
    sip_max_calls: int = Field(64, ge=1, le=10_000, description="maximum number of simultaneous SIP calls")
    max_listeners: int = Field(
        1000, ge=0, le=100_000, description="maximum number of simultaneous listeners by WHEP, of all rooms"
    )

    @field_validator("sip_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        try:
            return ",".join(
                str(ipaddress.ip_address(each.strip())) for each in value.split(",") if each.strip()
            )
        except ValueError:
            raise ValueError("must be IP addresses with commas between them") from None
