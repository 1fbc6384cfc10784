"""Registration and authentication of phones, from their sockets to the database and back."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio

from mixminus.call.leg import Address
from mixminus.model.directory import Binding, Extension, ExtensionProfile, ExtensionSpec
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import PATIENCE_S, Backend, open_backend
from tests.support.sip_login import Challenge, Line, answer
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def extension(backend: Backend, request: Any) -> Extension:
    """An extension for one test, so that failed logins of other tests do not delay it."""
    name = re.sub(r"\W+", "-", request.node.name)[-60:]
    return await backend.office.directory.extensions.create(
        backend.office.customer_id, ExtensionSpec(extension=name, password=PASSWORD)
    )


def domain(backend: Backend) -> str:
    return f"{backend.office.customer_id}.registrar.mixminus.local"


def line(backend: Backend, phone: Phone, extension: Extension, **given: Any) -> Line:
    return Line(phone, extension.extension, PASSWORD, **{"host": domain(backend), **given})


@pytest_asyncio.fixture(loop_scope="module")
async def other_phone(backend: Backend) -> AsyncIterator[Phone]:
    """A phone at another address, so that its failed logins do not delay other tests."""
    opened = await Phone.open(backend.endpoint.port, source="127.0.0.4")
    yield opened
    await opened.close()


async def bindings(backend: Backend, extension: Extension) -> list[Binding]:
    return await backend.office.directory.registrations.phones_of(extension.customer_id, extension.extension)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
@pytest.mark.parametrize("named", [True, False], ids=["customer's domain", "our address"])
async def test_phone_is_challenged_registers_and_is_found(
    backend: Backend, phone: Phone, extension: Extension, algorithm: str, named: bool
) -> None:
    host = domain(backend) if named else "127.0.0.1"
    phone_line = line(backend, phone, extension, algorithm=algorithm, host=host)
    assert (await phone_line.challenged()).realm == domain(backend)
    answer = await phone_line.register(600)
    assert answer.status_code == 200
    assert answer.values("contact") == [f"{phone_line.own_contact()};expires=600"]
    (binding,) = await bindings(backend, extension)
    assert (binding.transport, (binding.host, binding.port)) == ("udp", phone.address)
    assert (await phone_line.register(0)).values("contact") == []
    assert await bindings(backend, extension) == []


async def test_both_algorithms_are_offered_the_stronger_first(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    refusal = await line(backend, phone, extension).ask()
    found = [re.search(r"algorithm=(\S+?),", each) for each in refusal.values("www-authenticate")]
    assert [match and match[1] for match in found] == ["SHA-256", "MD5"]


@pytest.mark.parametrize("what", ["password", "user", "domain"])
async def test_wrong_credentials_get_401(
    backend: Backend, other_phone: Phone, extension: Extension, what: str
) -> None:
    given = {
        "password": Line(other_phone, extension.extension, "wrong horse", domain(backend)),
        "user": Line(other_phone, "nobody", PASSWORD, domain(backend)),
        "domain": Line(
            other_phone,
            extension.extension,
            PASSWORD,
            "00000000-0000-4000-8000-000000000000.registrar.mixminus.local",
        ),
    }[what]
    refusal = await given.register()
    assert refusal.status_code == 401
    assert not Challenge.of(refusal).stale


async def test_password_of_one_extension_does_not_register_another(
    backend: Backend, other_phone: Phone, extension: Extension
) -> None:
    other = await backend.office.directory.extensions.create(
        extension.customer_id, ExtensionSpec(extension="somebody.else", password="another horse")
    )
    attacker = line(backend, other_phone, extension)
    challenge = await attacker.challenged()
    credentials = attacker.credentials(challenge)
    attacker.user = other.extension
    assert (await attacker.ask(credentials, f"Contact: {attacker.own_contact()}")).status_code == 401
    assert await bindings(backend, other) == []


async def test_replayed_credentials_are_stale_and_counted_ones_are_not(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension)
    challenge = await phone_line.challenged()
    first, contact = phone_line.credentials(challenge), f"Contact: {phone_line.own_contact()}"
    assert (await phone_line.ask(first, contact)).status_code == 200
    replayed = await phone_line.ask(first, contact)
    assert (replayed.status_code, Challenge.of(replayed).stale) == (401, True)
    counted = phone_line.credentials(challenge, count=2)
    assert (await phone_line.ask(counted, contact)).status_code == 200
    assert (await phone_line.ask(phone_line.credentials(Challenge.of(replayed)), contact)).status_code == 200


async def test_retransmitted_register_is_answered_again_without_effect(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension)
    headers = (phone_line.credentials(await phone_line.challenged()), f"Contact: {phone_line.own_contact()}")
    assert (await phone_line.ask(*headers)).status_code == 200
    before = await bindings(backend, extension)
    assert (await phone_line.ask(*headers, again=True)).status_code == 200
    attacker = await Phone.open(backend.endpoint.port)
    phone_line.phone = attacker
    phone_line.send(*headers, again=True)  # from another socket: another Via, so another request
    assert (await phone_line.response()).status_code == 401
    await attacker.close()
    assert await bindings(backend, extension) == before


async def test_foreign_nonce_is_stale(backend: Backend, phone: Phone, extension: Extension) -> None:
    phone_line = line(backend, phone, extension)
    realm = (await phone_line.challenged()).realm
    made_up = Challenge(realm, "bm90aGluZw==", "SHA-256", stale=False)
    refusal = await phone_line.ask(phone_line.credentials(made_up))
    assert (refusal.status_code, Challenge.of(refusal).stale) == (401, True)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Digest", id="nothing"),
        pytest.param("Basic QWxhZGRpbg==", id="basic"),
        pytest.param('Digest username="x"', id="parts missing"),
        pytest.param("Digest ,,,", id="commas"),
        pytest.param('Digest a="', id="open quote"),
    ],
)
async def test_malformed_credentials_are_refused(
    backend: Backend, phone: Phone, extension: Extension, header: str
) -> None:
    assert (await line(backend, phone, extension).ask(f"Authorization: {header}")).status_code == 400


async def test_fourth_phone_of_an_extension_is_refused(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    lines = [
        line(backend, phone, extension, contact=f"<sip:p{number}@127.0.0.1:600{number}>")
        for number in range(4)
    ]
    for each in lines[:3]:
        assert (await each.register()).status_code == 200
    assert (await lines[3].register()).status_code == 403
    assert len(await lines[0].query()) == 3
    # One of the three unregisters, so a fourth phone fits.
    assert (await lines[1].register(0)).status_code == 200
    assert (await lines[3].register()).status_code == 200
    assert {each.contact for each in await bindings(backend, extension)} == {
        f"sip:p{number}@127.0.0.1:600{number}" for number in (0, 2, 3)
    }


async def test_phone_with_an_instance_id_has_one_binding(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    instance = ';+sip.instance="<urn:uuid:0a1b2c3d-0000-4000-8000-00000000beef>"'
    for port in (6001, 6002, 6003, 6004, 6005):
        rebooted = line(backend, phone, extension, contact=f"<sip:p@127.0.0.1:{port}>{instance}")
        assert (await rebooted.register()).status_code == 200
    assert [each.contact for each in await bindings(backend, extension)] == ["sip:p@127.0.0.1:6005"]


async def test_expiry_is_bounded_and_ends(backend: Backend, phone: Phone, extension: Extension) -> None:
    phone_line = line(backend, phone, extension)
    brief = await phone_line.register(5)
    assert (brief.status_code, brief.header("min-expires")) == (423, "30")
    long = await phone_line.register(1_000_000)
    assert long.header("contact").endswith(";expires=3600")
    own = await phone_line.register(600, f"{phone_line.own_contact()};expires=60")
    assert own.header("contact").endswith(";expires=60")
    backend.office.clock.advance(59)
    assert len(await bindings(backend, extension)) == 1
    backend.office.clock.advance(2)
    assert await bindings(backend, extension) == []
    assert await phone_line.query() == []


async def test_contact_star_removes_all_bindings(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension)
    await phone_line.register(600, "<sip:a@127.0.0.1:6001>", "<sip:b@127.0.0.1:6002>, <sip:c@127.0.0.1:6003>")
    assert len(await bindings(backend, extension)) == 3
    assert (await phone_line.register(600, "*")).status_code == 400
    assert (await phone_line.register(0, "*")).status_code == 200
    assert await bindings(backend, extension) == []


async def test_out_of_order_register_changes_nothing(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension)
    await phone_line.register(600)
    challenge = await phone_line.challenged()
    phone_line.number -= 3
    late = await phone_line.ask(
        phone_line.credentials(challenge), "Expires: 0", f"Contact: {phone_line.own_contact()}"
    )
    assert late.status_code == 500
    assert len(await bindings(backend, extension)) == 1


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_phone_behind_nat_is_reached_by_its_flow(
    backend: Backend, extension: Extension, transport: str
) -> None:
    phone = await Phone.open(backend.endpoint.port, transport=transport)
    private = line(backend, phone, extension, contact="<sip:p@10.0.0.9:5060>")
    assert (await private.register()).status_code == 200
    (binding,) = await bindings(backend, extension)
    assert (binding.contact, binding.transport) == ("sip:p@10.0.0.9:5060", transport.lower())
    assert binding.host == "127.0.0.1"
    if transport == "UDP":
        assert (binding.port, binding.connection) == (phone.address[1], 0)
    else:
        assert binding.connection > 0
    await phone.close()


async def test_changed_password_is_required_at_once(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension)
    await phone_line.register()
    extensions = backend.office.directory.extensions
    await extensions.update(extension.customer_id, extension.id, ExtensionProfile(password="other horse"))
    assert await bindings(backend, extension) == []
    assert (await phone_line.register()).status_code == 401
    phone_line.password = "other horse"
    assert (await phone_line.register()).status_code == 200
    await extensions.delete(extension.customer_id, extension.id)
    assert (await phone_line.register()).status_code == 401


async def test_guessing_host_is_delayed_and_reported_and_others_are_not(
    backend: Backend, extension: Extension
) -> None:
    # Another source address than the other tests' phones: failed logins from 127.0.0.1 would delay them.
    owner = await Phone.open(backend.endpoint.port, source="127.0.0.2")
    attacker = await Phone.open(backend.endpoint.port, source="127.0.0.3")
    known = line(backend, owner, extension)
    assert (await known.register()).status_code == 200
    guesser = Line(attacker, extension.extension, "guess", domain(backend))
    codes = [(await guesser.register()).status_code for _ in range(7)]
    assert codes == [401] * 6 + [503]
    assert (await known.register()).status_code == 200
    failed = await until(lambda: logins_failed(backend, extension))
    assert failed["attempts"] == 6
    assert (failed["source_host"], failed["password"]) == ("127.0.0.3", None)
    for phone in (owner, attacker):
        await phone.close()


async def logins_failed(backend: Backend, extension: Extension) -> dict[str, Any] | None:
    async with backend.office.store.snapshot() as tx:
        events = await tx.outbox.read(extension.customer_id)
    reports = [each.data for each in events if each.type == "extension_login_failed"]
    return next((each for each in reports if each["id"] == str(extension.id)), None)


async def test_call_from_an_extension_must_be_authenticated(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    call = from_extension(phone, extension, domain(backend))
    call.invite(sdp())
    refusal = await call.final()
    assert refusal.status_code == 401
    call.ack_refusal()
    await answered(call, extension, Challenge.of(refusal))
    assert backend.receiver.callers[-1].account_id == extension.id
    assert backend.receiver.callers[-1].host == "127.0.0.1"
    await call.hang_up()


async def test_caller_header_from_outside_is_ignored(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    call = phone.call("1000", X_Mixminus_Caller=f"{extension.id} 192.0.2.1")
    await call.establish()
    assert (backend.receiver.callers[-1].account_id, backend.receiver.callers[-1].host) == (None, "127.0.0.1")
    await call.hang_up()


def from_extension(phone: Phone, extension: Extension, host: str) -> PhoneCall:
    call = phone.call("1000")
    call.from_ = f"<sip:{extension.extension}@{host}>;tag=x"
    return call


async def answered(call: PhoneCall, extension: Extension, challenge: Challenge) -> None:
    value = answer(challenge, method="INVITE", uri=call.target, user=extension.extension, password=PASSWORD)
    call.invite(sdp(), Authorization=value)
    final = await call.final()
    assert final.status_code == 200, final.start_line
    call.ack()


@pytest.mark.parametrize(
    "written", ["#1000", "ada_1", "a|b", "J\u00fcrgen", "ada", "1000;x=#", "*21#", "100%"]
)
async def test_contact_with_unusual_characters_is_registered_and_called(
    backend: Backend, phone: Phone, extension: Extension, written: str
) -> None:
    host, port = phone.address
    phone_line = line(backend, phone, extension, contact=f"<sip:{written}@{host}:{port}>")
    assert (await phone_line.register(600)).status_code == 200
    (binding,) = await bindings(backend, extension)
    assert (binding.host, binding.port) == phone.address
    (target,) = await backend.office.directory.outbound_routes.contacts(
        extension.customer_id, extension.extension
    )
    leg = backend.endpoint.dial(target, source=Address("sip", "alice"), anonymous=False)
    invite = await asyncio.wait_for(phone.invites.get(), PATIENCE_S)
    user = unquote(invite.start_line.split()[1].removeprefix("sip:").partition("@")[0])
    assert user == unquote(written)
    await leg.hang_up()


async def test_contact_with_an_underscore_in_its_host_is_registered(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    phone_line = line(backend, phone, extension, contact="<sip:ada@my_phone.local:5060>")
    assert (await phone_line.register(600)).status_code == 200
    (binding,) = await bindings(backend, extension)
    assert (binding.host, binding.port) == phone.address
