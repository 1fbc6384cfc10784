"""SIP over TLS: phones that connect, trunks that are connected to, and certificates that change."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.app.local_authority import LocalAuthority
from mixminus.call.leg import Address, Target
from mixminus.model.call import HangupReason
from tests.support.called_phone import CalledPhone
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sip_phone import Phone, sdp
from tests.support.sip_tls import client_context, local_authority, tls_config
from tests.support.waiting import until

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return local_authority(tmp_path / "tls", "localhost", "127.0.0.1")


@pytest.fixture
async def backend(authority: LocalAuthority) -> AsyncIterator[Backend]:
    async with open_backend(tls_config(authority, tls_port=0, tls_trusted=str(authority.root))) as opened:
        yield opened


def serving(authority: LocalAuthority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    return context


@pytest.mark.parametrize("scheme", ["sip", "sips"])
async def test_phone_calls_over_tls_and_is_hung_up_on_the_same_connection(
    backend: Backend, authority: LocalAuthority, scheme: str
) -> None:
    phone = await Phone.open(backend.endpoint.tls_port, transport="TLS", tls=client_context(authority))
    call = phone.call("1000")
    call.uri = call.target = f"{scheme}:1000@127.0.0.1:{phone.port}"
    call.scheme = scheme
    answer = await call.establish()
    assert f":{backend.endpoint.tls_port};transport=tls>" in answer.header("contact")
    assert answer.header("via").startswith("SIP/2.0/TLS ")
    call.request("OPTIONS")
    assert (await call.final()).status_code == 200
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert bye.header("via").startswith(f"SIP/2.0/TLS 127.0.0.1:{backend.endpoint.tls_port}")
    call.reply(bye, 200)
    assert await end_of(backend.leg) == (HangupReason.NORMAL, False)
    await phone.close()


async def test_plain_sip_on_the_tls_port_is_closed(backend: Backend) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", backend.endpoint.tls_port)
    writer.write(b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n\r\n")
    received = await asyncio.wait_for(reader.read(), PATIENCE_S)
    assert b"SIP/2.0" not in received
    writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_trunk_is_called_over_tls_when_it_proves_its_name(
    backend: Backend, authority: LocalAuthority, host: str
) -> None:
    bob = await CalledPhone.open("TLS", tls=serving(authority))
    uri = bob.uri.replace("127.0.0.1", host)
    leg = backend.endpoint.dial(Target(uri), source=Address("sip", "alice"), anonymous=False)
    invite = await bob.asked("INVITE")
    assert invite.header("via").startswith("SIP/2.0/TLS ")
    assert ";transport=tls>" in invite.header("contact")
    bob.answer(invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)
    assert await end_of(leg) == (HangupReason.NORMAL, False)
    assert bob.connections == 1
    await bob.close()


async def test_trunk_that_asks_gets_our_certificate_and_the_name_it_was_called_by(
    backend: Backend, authority: LocalAuthority
) -> None:
    context = serving(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
    names: list[str] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    bob = await CalledPhone.open("TLS", tls=context)
    uri = bob.uri.replace("127.0.0.1", "localhost")
    leg = backend.endpoint.dial(Target(uri), source=Address("sip", "alice"), anonymous=False)
    bob.answer(await bob.asked("INVITE"))
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    assert names == ["localhost"]
    await bob.asked("ACK")
    await leg.hang_up()
    bob.reply(await bob.asked("BYE"), 200)
    assert await end_of(leg) == (HangupReason.NORMAL, False)
    await bob.close()


async def test_trunk_with_a_certificate_of_another_authority_or_name_is_not_called(
    backend: Backend, authority: LocalAuthority, tmp_path: Path
) -> None:
    unknown = local_authority(tmp_path / "unknown", "127.0.0.1")
    misnamed = LocalAuthority(tmp_path / "tls")
    contexts = [serving(unknown)]
    misnamed.ensure(["another.example"], NOW)
    contexts.append(serving(misnamed))
    for context in contexts:
        before = backend.endpoint.counters["sip_edge_tls_failed"]
        bob = await CalledPhone.open("TLS", tls=context)
        leg = backend.endpoint.dial(Target(bob.uri), source=Address("sip", "alice"), anonymous=False)
        assert await end_of(leg) == (HangupReason.FAILED, True)
        assert bob.received.empty(), "nothing is sent before the certificate is verified"
        await until(lambda: backend.endpoint.counters["sip_edge_tls_failed"] > before)  # noqa: B023 - run at once
        await bob.close()


async def test_certificate_is_reloaded_while_calls_go_on(backend: Backend, authority: LocalAuthority) -> None:
    port = backend.endpoint.tls_port
    phone = await Phone.open(port, transport="TLS", tls=client_context(authority))
    call = phone.call("1000")
    await call.establish()
    authority.ensure(["localhost", "127.0.0.1", "new.test"], NOW)

    async def renewed() -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context(authority))
        names = writer.get_extra_info("peercert")["subjectAltName"]
        writer.close()
        return ("DNS", "new.test") in names

    await until(renewed, within_s=20)
    assert (await call.hang_up()).status_code == 200
    await phone.close()


async def test_call_with_a_body_in_pieces_is_read_whole(backend: Backend, authority: LocalAuthority) -> None:
    phone = await Phone.open(backend.endpoint.tls_port, transport="TLS", tls=client_context(authority))
    call = phone.call("1000")
    call.invite(sdp() + "a=x-filler:" + "y" * 12_000 + "\r\n")
    assert (await call.final()).status_code in (200, 513)
    await phone.close()
