"""Browsers over IPv6 and IPv4 on one port: a candidate of each family, either of which connects."""

import re
from collections.abc import AsyncIterator, Mapping

import pytest

from mixminus.mixer import Engine
from mixminus.webrtc.endpoint import WebRtcConfig, WebRtcEndpoint
from tests.support.aiortc_client import AiortcClient
from tests.support.netns import ADDRESS, ADDRESS6, inside
from tests.support.room import AnsweringRoom
from tests.support.tones import level_db
from tests.support.whip import Exchange, Reply, direct

pytestmark = pytest.mark.skipif(not inside(), reason="needs the tests' own network, as `make test` does")

TONES_HZ = {4: 440.0, 6: 660.0}
HOSTS = {4: ADDRESS, 6: ADDRESS6}


@pytest.fixture
async def endpoint(engine: Engine, backend: AnsweringRoom) -> AsyncIterator[WebRtcEndpoint]:
    hosts = (ADDRESS, ADDRESS6)
    config = WebRtcConfig(hosts=hosts, public_hosts=hosts, connect_timeout_s=20.0)
    endpoint = WebRtcEndpoint(engine, backend, config)
    await endpoint.start()
    yield endpoint
    await endpoint.close()


def of_family(exchange: Exchange, family: int) -> Exchange:
    """Leave only the candidates of one family in offers and answers, as on a network that has no other."""

    def only(sdp: str) -> str:
        def kept(line: re.Match[str]) -> str:
            return line[0] if (":" in line[1]) == (family == 6) else ""

        return re.sub(r"a=candidate:\S+ \d+ \S+ \d+ (\S+) .*\r\n", kept, sdp)

    async def exchanged(method: str, path: str, headers: Mapping[str, str], body: str) -> Reply:
        reply = await exchange(method, path, headers, only(body))
        return Reply(reply.status, only(reply.body), reply.headers)

    return exchanged


async def test_clients_of_both_families_hear_each_other(
    endpoint: WebRtcEndpoint, backend: AnsweringRoom
) -> None:
    clients = {}
    for family, hz in TONES_HZ.items():
        client = clients[family] = AiortcClient(of_family(direct(endpoint), family), hz=hz)
        await client.join()
        await backend.connected()
        assert HOSTS[family] in client.answer
        assert HOSTS[10 - family] not in re.sub(r"[co]=IN.*", "", client.answer)
    for family, client in clients.items():
        pcm = await client.hear(1.0)
        assert level_db(pcm, TONES_HZ[10 - family]) > -30
        assert level_db(pcm, TONES_HZ[family]) < -70
    for client in clients.values():
        await client.leave()


async def test_answer_has_a_candidate_of_each_family_on_one_port(endpoint: WebRtcEndpoint) -> None:
    client = AiortcClient(direct(endpoint), hz=440.0)
    await client.join()
    candidates = re.findall(r"a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host", client.answer)
    assert [(host, int(port)) for _, _, host, port in candidates] == [
        (host, endpoint.port) for host in (ADDRESS, ADDRESS6)
    ]
    assert len({foundation for foundation, *_ in candidates}) == 2
    assert len({priority for _, priority, *_ in candidates}) == 2
    await client.leave()
