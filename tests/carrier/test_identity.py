"""Who calls: identity headers of trusted trunks, and those that a trunk is sent (RFC 3325, 3323, 5806, 7044)."""

from typing import Any

import pytest

from tests.carrier.trunks import NUMBER, answers, call_out, host_of, newest, sleep, trunk
from tests.support.called_phone import CalledPhone
from tests.support.sip_phone import sdp
from tests.support.sip_site import SipSite

ALICE = {"type": "tel", "target": "+15550111", "name": "Alice"}
HISTORY = (
    "<sip:+15550122@c.example?Privacy=none>;index=1, "
    '"Desk" <sip:+15550133@c.example;cause=486>;index=1.1;mp=1, '
    "<sip:+15550133@10.0.0.7>;index=1.1.1;rc=1.1, <sip:+15550100@srv;cause=302>;index=1.1.2;mp=1.1"
)


@pytest.mark.parametrize(
    ("headers", "source", "diversions"),
    [
        pytest.param({}, ("sip", "ada@127.0.0.1", "Ada"), [], id="From alone"),
        pytest.param(
            {"P_Asserted_Identity": '"Alice" <sip:+15550111@c.example>'}, ("tel", "+15550111", "Alice"), [], id="PAI"
        ),
        pytest.param(
            {"P_Asserted_Identity": "<sip:alice@c.example>, <tel:+15550111>"},
            ("tel", "+15550111", "Ada"),
            [],
            id="PAI with an address and a number, without a name",
        ),
        pytest.param(
            {"P_Preferred_Identity": "sip:+15550112@c.example", "P_Asserted_Identity": "<tel:+15550111>"},
            ("tel", "+15550111", "Ada"),
            [],
            id="PAI before PPI",
        ),
        pytest.param({"P_Preferred_Identity": "<tel:+15550112>"}, ("tel", "+15550112", "Ada"), [], id="PPI"),
        pytest.param(
            {"Remote_Party_ID": '"Bo" <sip:+15550113@c.example>;party=calling;screen=yes;privacy=off'},
            ("tel", "+15550113", "Bo"),
            [],
            id="RPID",
        ),
        pytest.param(
            {"Remote_Party_ID": "<sip:+15550113@c.example>;party=calling;privacy=full"},
            ("sip", "anonymous", "Anonymous"),
            [],
            id="RPID, private",
        ),
        pytest.param(
            {"P_Asserted_Identity": "<tel:+15550111>", "Privacy": "id;critical"},
            ("sip", "anonymous", "Anonymous"),
            [],
            id="PAI, private",
        ),
        pytest.param(
            {"P_Asserted_Identity": "<tel:+15550111>", "Privacy": "none"}, ("tel", "+15550111", "Ada"), [], id="none"
        ),
        pytest.param({"P_Asserted_Identity": "<<>"}, ("sip", "ada@127.0.0.1", "Ada"), [], id="unreadable"),
        pytest.param(
            {"Diversion": '<sip:+15550133@c>;reason=user-busy, "A" <sip:+15550122@c>;reason=no-answer;counter=1'},
            ("sip", "ada@127.0.0.1", "Ada"),
            [("+15550133", "", "user-busy"), ("+15550122", "A", "no-answer")],
            id="two diversions",
        ),
        pytest.param(
            {"Diversion": "<sip:+15550133@c>;privacy=full;reason=unconditional"},
            ("sip", "ada@127.0.0.1", "Ada"),
            [("anonymous", "", "unconditional")],
            id="private diversion",
        ),
        pytest.param(
            {"History_Info": HISTORY},
            ("sip", "ada@127.0.0.1", "Ada"),
            [("+15550133", "Desk", "unconditional"), ("+15550122", "", "user-busy")],
            id="history",
        ),
    ],
)  # fmt: skip
async def test_identity_of_a_trusted_trunk_counts(
    sip_site: SipSite,
    headers: dict[str, str],
    source: tuple[str, str, str],
    diversions: list[tuple[str, str, str]],
) -> None:
    await trunk(sip_site, auth_types=["ip"], allowed_ips=["127.0.0.1"], trust_identity=True)
    await answers(sip_site, {"type": "answer"}, sleep())
    phone = await sip_site.phone()
    call = phone.call(NUMBER, **headers)
    await call.establish()
    shown = await newest(sip_site)
    found = shown["source"]
    assert (found["type"], found["target"], found["target_name"]) == source
    if diversions:
        assert [tuple(each.values()) for each in shown["diversions"]] == diversions
    await call.hang_up()


@pytest.mark.parametrize("trunks", [[], [{"auth_types": ["ip"], "allowed_ips": ["127.0.0.1"]}]])
async def test_identity_of_others_is_ignored(sip_site: SipSite, trunks: list[dict[str, Any]]) -> None:
    for fields in trunks:
        await trunk(sip_site, **fields)
    await answers(sip_site, {"type": "answer"}, sleep())
    phone = await sip_site.phone()
    call = phone.call(
        NUMBER, P_Asserted_Identity="<tel:+15550111>", Diversion="<sip:+15550133@c>", Privacy="id"
    )
    await call.establish()
    shown = await newest(sip_site)
    assert (shown["source"]["target"], shown["diversions"]) == ("ada@127.0.0.1", [])
    await call.hang_up()


async def test_anonymous_caller_is_shown_as_such(sip_site: SipSite) -> None:
    await answers(sip_site, {"type": "answer"}, sleep())
    phone = await sip_site.phone()
    call = phone.call(NUMBER)
    call.from_ = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'
    await call.establish()
    source = (await newest(sip_site))["source"]
    assert (source["type"], source["target"], source["target_name"]) == ("sip", "anonymous", "Anonymous")
    await call.hang_up()


@pytest.mark.parametrize(
    ("fields", "anonymous", "wanted"),
    [
        pytest.param({}, "no", {"from": '"Alice" <sip:+15550111@127.0.0.1:{port}>'}, id="From alone"),
        pytest.param({"from_domain": "c.example"}, "no", {"from": '"Alice" <sip:+15550111@c.example>'}, id="domain"),
        pytest.param(
            {"identity_header": "p-asserted-identity"},
            "no",
            {"p-asserted-identity": '"Alice" <sip:+15550111@127.0.0.1>', "privacy": ""},
            id="PAI",
        ),
        pytest.param(
            {"identity_header": "p-asserted-identity", "from_domain": "c.example"},
            "yes",
            {
                "from": '"Anonymous" <sip:anonymous@anonymous.invalid>',
                "p-asserted-identity": '"Alice" <sip:+15550111@c.example>',
                "privacy": "id",
            },
            id="PAI, private",
        ),
        pytest.param(
            {"identity_header": "p-preferred-identity"},
            "no",
            {"p-preferred-identity": '"Alice" <sip:+15550111@127.0.0.1>', "p-asserted-identity": ""},
            id="PPI",
        ),
        pytest.param(
            {"identity_header": "remote-party-id"},
            "yes",
            {"remote-party-id": '"Alice" <sip:+15550111@127.0.0.1>;party=calling;screen=yes;privacy=full'},
            id="RPID, private",
        ),
    ],
)  # fmt: skip
async def test_trunk_is_sent_the_identity_that_it_asks_for(
    sip_site: SipSite, bob: CalledPhone, fields: dict[str, str], anonymous: str, wanted: dict[str, str]
) -> None:
    await trunk(sip_site, outbound_host=host_of(bob), **fields)
    await call_out(sip_site, source=ALICE, anonymous=anonymous)
    invite = await bob.asked("INVITE")
    found = {
        name: invite.header(name).partition(";tag=")[0] if invite.values(name) else "" for name in wanted
    }
    assert found == {name: value.format(port=sip_site.endpoint.port) for name, value in wanted.items()}
    bob.reply(invite, 486)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", {}),
        ("diversion", {"diversion": "<sip:+15550100@c.example>;reason=unconditional"}),
        (
            "history-info",
            {
                "history-info": "<sip:+15550100@c.example>;index=1, "
                "<sip:+15550199@127.0.0.1:{port};transport=udp;cause=302>;index=1.1"
            },
        ),
    ],
)
async def test_call_that_a_flow_passes_on_names_the_dialled_number(
    sip_site: SipSite, bob: CalledPhone, header: str, wanted: dict[str, str]
) -> None:
    await trunk(sip_site, outbound_host=host_of(bob), diversion_header=header, from_domain="c.example")
    destinations = [{"type": "tel", "target": "+15550199"}]
    await answers(sip_site, {"type": "connect", "option": {"destinations": destinations}})
    phone = await sip_site.phone()
    call = phone.call(NUMBER)
    call.invite(sdp())
    invite = await bob.asked("INVITE")
    found = {name: value for name, value in invite.headers if name in ("diversion", "history-info")}
    assert found == {name: value.format(port=bob.address[1]) for name, value in wanted.items()}
    assert "sip:ada@c.example" in invite.header("from")
    bob.reply(invite, 486)


async def test_outbound_proxy_gets_the_request_with_a_route(sip_site: SipSite, bob: CalledPhone) -> None:
    await trunk(sip_site, outbound_host="carrier.example", outbound_proxy=host_of(bob))
    await call_out(sip_site, source=ALICE)
    invite = await bob.asked("INVITE")
    assert invite.start_line.startswith("INVITE sip:+15550199@carrier.example")
    assert invite.values("route") == [f"<sip:{host_of(bob)};transport=udp;lr>"]
    bob.answer(invite)
    ack = await bob.asked("ACK")
    assert ack.values("route") == []


async def test_trunk_registers_by_its_proxy_with_its_domain(sip_site: SipSite, bob: CalledPhone) -> None:
    await trunk(
        sip_site,
        outbound_host="carrier.example",
        outbound_proxy=host_of(bob),
        from_domain="voice.example",
        outbound_register=True,
        username="4711",
        password="a password",
    )
    register = await bob.asked("REGISTER")
    assert register.start_line == "REGISTER sip:carrier.example SIP/2.0"
    assert register.header("to") == "<sip:4711@voice.example>"
    assert register.values("route") == [f"<sip:{host_of(bob)};lr>"]
    bob.reply(register, 200)
