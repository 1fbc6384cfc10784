"""Trunks, numbers and flows for tests of carriers."""

from typing import Any

from tests.support.called_phone import CalledPhone
from tests.support.sip_site import SipSite

__all__ = ["NUMBER", "answers", "call_out", "host_of", "newest", "sleep", "trunk"]

NUMBER = "+15550100"


async def trunk(sip_site: SipSite, **fields: Any) -> dict[str, Any]:
    """Create a trunk."""
    status, made = await sip_site.site.api.post("/v1.0/trunks", {"domain_name": "carrier", **fields})
    assert status == 200, made
    assert isinstance(made, dict)
    return made


async def answers(sip_site: SipSite, *actions: dict[str, Any]) -> None:
    """Let the number run these actions."""
    api = sip_site.site.api
    _, flow = await api.post("/v1.0/flows", {"actions": list(actions)})
    await api.post("/v1.0/numbers", {"number": NUMBER, "call_flow_id": flow["id"]})


async def newest(sip_site: SipSite) -> dict[str, Any]:
    """Return the newest call."""
    _, page = await sip_site.site.api.get("/v1.0/calls")
    found: dict[str, Any] = page["result"][0]
    return found


async def call_out(sip_site: SipSite, number: str = "+15550199", **more: Any) -> dict[str, Any]:
    """Call a number through the trunk."""
    destination = {"type": "tel", "target": number}
    body = {"destinations": [destination], "actions": [sleep()], **more}
    status, placed = await sip_site.site.api.post("/v1.0/calls", body)
    assert status == 200, placed
    found: dict[str, Any] = placed["calls"][0]
    return found


def sleep(milliseconds: int = 60_000) -> dict[str, Any]:
    return {"type": "sleep", "option": {"duration": milliseconds}}


def host_of(phone: CalledPhone) -> str:
    """Return the host and port of a phone, as a trunk names its carrier."""
    return f"127.0.0.1:{phone.address[1]}"
