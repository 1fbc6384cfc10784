"""Where SIP URIs lead: NAPTR, SRV and address records of a real DNS server (RFC 3263)."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from mixminus.sip.addresses import BadTarget, TargetUnknown
from mixminus.sip.dns_records import Names, Server, in_order
from mixminus.sip.internal_headers import Flow
from mixminus.sip.locating import Locator
from tests.support.clock import ManualClock
from tests.support.dns_server import dns_server

RECORDS = (
    "host-record=a.c.example,192.0.2.1,2001:db8::1",
    "host-record=b.c.example,192.0.2.2",
    "host-record=plain.example,192.0.2.9",
    "host-record=six.example,2001:db8::6",
    "srv-host=_sip._udp.c.example,a.c.example,5070,10,1",
    "srv-host=_sip._udp.c.example,b.c.example,5080,20,1",
    "srv-host=_sip._tcp.c.example,b.c.example,5060,10,1",
    "srv-host=_sips._tcp.c.example,a.c.example,5061,10,1",
    "srv-host=_sip._udp.n.example,b.c.example,5090,10,1",
    "srv-host=_sips._tcp.n.example,a.c.example,5061,10,1",
    "naptr-record=n.example,10,10,s,SIPS+D2T,,_sips._tcp.n.example",
    "naptr-record=n.example,20,10,s,SIP+D2U,,_sip._udp.n.example",
    "naptr-record=n.example,5,10,s,SIP+D2S,,_sip._sctp.n.example",
    "naptr-record=n.example,1,10,u,E2U+sip,!x!y!",
)


@pytest.fixture(scope="module")
def nameserver() -> Iterator[str]:
    with dns_server(*RECORDS) as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def locator(nameserver: str, clock: ManualClock) -> Locator:
    return Locator(Names(nameserver), clock)


A4, A6, B4 = "192.0.2.1", "2001:db8::1", "192.0.2.2"


@pytest.mark.parametrize(
    ("uri", "flows"),
    [
        ("sip:1@192.0.2.5", [Flow("UDP", "192.0.2.5", 5060)]),
        ("sip:1@[2001:db8::5]:5070;transport=TCP", [Flow("TCP", "2001:db8::5", 5070)]),
        ("sip:1@192.0.2.5;transport=tls", [Flow("TLS", "192.0.2.5", 5061)]),
        ("sip:1@plain.example", [Flow("UDP", "192.0.2.9", 5060)]),
        ("sip:1@plain.example;transport=tls", [Flow("TLS", "192.0.2.9", 5061, name="plain.example")]),
        ("sip:1@c.example;maddr=192.0.2.7", [Flow("UDP", "192.0.2.7", 5060)]),
        ("sip:1@a.c.example:5099", [Flow("UDP", A4, 5099), Flow("UDP", A6, 5099)]),
        (
            "sip:1@c.example;transport=udp",
            [Flow("UDP", A4, 5070), Flow("UDP", A6, 5070), Flow("UDP", B4, 5080)],
        ),
        ("sip:1@c.example;transport=tcp", [Flow("TCP", B4, 5060)]),
        (
            "sip:1@c.example;transport=tls",
            [Flow("TLS", A4, 5061, name="c.example"), Flow("TLS", A6, 5061, name="c.example")],
        ),
        (
            "sip:1@c.example",
            [Flow("UDP", A4, 5070), Flow("UDP", A6, 5070), Flow("UDP", B4, 5080), Flow("TCP", B4, 5060)],
        ),
        (
            "sip:1@n.example",
            [
                Flow("TLS", A4, 5061, name="n.example"),
                Flow("TLS", A6, 5061, name="n.example"),
                Flow("UDP", B4, 5090),
            ],
        ),
        ("sip:1@localhost", [Flow("UDP", "127.0.0.1", 5060)]),
    ],
)
async def test_uri_leads_to_servers_in_order(locator: Locator, uri: str, flows: list[Flow]) -> None:
    assert (await locator.locate(uri))[: len(flows)] == flows


@pytest.mark.parametrize(
    "uri", ["", "tel:+1", "sips:a@127.0.0.1", "sip:a@127.0.0.1;transport=sctp", "sip:a b@c"]
)
async def test_what_is_no_sip_uri_is_refused(locator: Locator, uri: str) -> None:
    with pytest.raises(BadTarget):
        await locator.locate(uri)


@pytest.mark.parametrize(("own", "hosts"), [("0.0.0.0", [A4]), ("2001:db8::9", [A6])])
async def test_servers_of_a_family_that_we_do_not_have_are_left_out(
    nameserver: str, own: str, hosts: list[str]
) -> None:
    locator = Locator(Names(nameserver), ManualClock(), (own,))
    assert [each.host for each in await locator.locate("sip:1@a.c.example:5099")] == hosts


@pytest.mark.parametrize("uri", ["sip:1@[2001:db8::5]", "sip:1@six.example"])
async def test_target_of_a_family_that_we_do_not_have_is_unknown(nameserver: str, uri: str) -> None:
    with pytest.raises(TargetUnknown, match="family"):
        await Locator(Names(nameserver), ManualClock(), ("192.0.2.1",)).locate(uri)
    (flow,) = await Locator(Names(nameserver), ManualClock(), ("::1",)).locate(uri)
    assert ":" in flow.host


async def test_name_without_records_is_unknown(locator: Locator) -> None:
    with pytest.raises(TargetUnknown):
        await locator.locate("sip:1@nothing.c.example")


async def test_server_that_failed_is_tried_last_for_half_a_minute(
    locator: Locator, clock: ManualClock
) -> None:
    first, second, third = await locator.locate("sip:1@c.example;transport=udp")
    locator.failed(first)
    assert await locator.locate("sip:1@c.example;transport=udp") == [second, third, first]
    locator.answered(first)
    assert (await locator.locate("sip:1@c.example;transport=udp"))[0] == first
    locator.failed(first)
    clock.advance(30.1)
    assert (await locator.locate("sip:1@c.example;transport=udp"))[0] == first


async def test_records_are_kept_while_they_live() -> None:
    with dns_server(*RECORDS) as running:
        locator = Locator(Names(running), ManualClock())
        before = await locator.locate("sip:1@c.example;transport=udp")
    assert await locator.locate("sip:1@c.example;transport=udp") == before


def test_servers_are_drawn_by_priority_and_weight() -> None:
    servers = [Server(20, 1, "backup", 1), Server(10, 30, "small", 1), Server(10, 70, "large", 1)]
    chance = Random(5)
    drawn = [in_order(servers, chance) for _ in range(2000)]
    assert {each[2].host for each in drawn} == {"backup"}
    first = Counter(each[0].host for each in drawn)
    assert 1300 < first["large"] < 1500


async def test_servers_that_are_down_are_left_out_while_another_one_is_up(locator: Locator) -> None:
    uri = "sip:1@c.example;transport=udp"
    servers = await locator.servers(uri)
    locator.set_down(servers[:2])
    assert await locator.locate(uri) == servers[2:]
    assert await locator.servers(uri) == servers
    locator.set_down(servers)
    assert await locator.locate(uri) == servers
    locator.set_down([])
    assert await locator.locate(uri) == servers
