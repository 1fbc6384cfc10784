"""GET /v1.0/server: the addresses at which phones reach the server, as it runs."""

from pathlib import Path

from aiohttp import ClientSession

from tests.app.server import KEY, serve
from tests.support.netns import ADDRESS
from tests.support.ports import free_port


async def test_every_transport_is_named_with_the_public_address(tmp_path: Path) -> None:
    tls, wss = free_port(ADDRESS), free_port(ADDRESS)
    settings = {
        "MIXMINUS_SIP_HOST": ADDRESS,
        "MIXMINUS_PUBLIC_HOST": "192.0.2.7",
        "MIXMINUS_SIP_DOMAIN": "sip.example.com",
        "MIXMINUS_SIP_TLS_PORT": str(tls),
        "MIXMINUS_SIP_WSS_PORT": str(wss),
    }
    async with serve(tmp_path, settings=settings) as server, ClientSession() as session:
        async with session.get(f"{server.base}/v1.0/server") as response:
            assert response.status == 401
        headers = {"Authorization": f"Bearer {KEY}"}
        async with session.get(f"{server.base}/v1.0/server", headers=headers) as response:
            served = await response.json()
        ports = {"udp": server.sip_port, "tcp": server.sip_port, "tls": tls, "wss": wss}
        assert served == {
            "sip_domain": "sip.example.com",
            "sip_addresses": [
                {"transport": transport, "host": "192.0.2.7", "port": port}
                for transport, port in ports.items()
            ],
            "nodes": False,
        }
