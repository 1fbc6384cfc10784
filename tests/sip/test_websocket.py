"""SIP over secure WebSockets (RFC 7118): calls, registration, calls to a registered phone, and broken clients."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from mixminus.app.local_authority import LocalAuthority
from mixminus.call.leg import Address, Target
from mixminus.model.call import HangupReason
from mixminus.model.directory import Binding, Extension, ExtensionSpec
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sip_login import Line
from tests.support.sip_phone import Message, sdp
from tests.support.sip_tls import client_context, local_authority, tls_config
from tests.support.waiting import until
from tests.support.websocket_phone import WebSocketPhone

PASSWORD = "correct horse"
HANDSHAKE = (
    "GET /sip HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {}\r\n\r\n"
)


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return local_authority(tmp_path / "tls", "127.0.0.1")


@pytest.fixture
def tls(authority: LocalAuthority) -> ssl.SSLContext:
    return client_context(authority)


@pytest.fixture
async def backend(authority: LocalAuthority) -> AsyncIterator[Backend]:
    async with open_backend(tls_config(authority, wss_port=0)) as opened:
        yield opened


@pytest.fixture
async def phone(backend: Backend, tls: ssl.SSLContext) -> WebSocketPhone:
    return await WebSocketPhone.connect(backend.endpoint.wss_port, tls)


@pytest.fixture
async def extension(backend: Backend) -> Extension:
    return await backend.office.directory.extensions.create(
        backend.office.customer_id, ExtensionSpec(extension="ada", password=PASSWORD)
    )


def line(backend: Backend, phone: WebSocketPhone) -> Line:
    host = f"{backend.office.customer_id}.registrar.mixminus.local"
    return Line(phone, "ada", PASSWORD, host=host, algorithm="MD5")


async def bindings(backend: Backend, extension: Extension) -> list[Binding]:
    return await backend.office.directory.registrations.phones_of(extension.customer_id, extension.extension)


async def test_phone_calls_and_is_hung_up_over_its_websocket(backend: Backend, phone: WebSocketPhone) -> None:
    call = phone.call("1000")
    answer = await call.establish()
    assert f":{backend.endpoint.wss_port};transport=ws>" in answer.header("contact")
    assert answer.header("via").startswith("SIP/2.0/WSS a1b2c3.invalid;")
    call.request("INFO", "Signal=5\r\nDuration=100\r\n", Content_Type="application/dtmf-relay")
    assert (await call.final()).status_code == 200
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert bye.header("via").startswith(f"SIP/2.0/WSS 127.0.0.1:{backend.endpoint.wss_port};")
    assert bye.start_line.startswith("BYE sip:ada@a1b2c3.invalid;transport=ws ")
    call.reply(bye, 200)
    assert await end_of(backend.leg) == (HangupReason.NORMAL, False)


async def test_large_message_and_keep_alive_are_answered(
    backend: Backend, phone: WebSocketPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = phone.call("1000")
    call.invite(sdp() + "a=x-filler:" + "y" * 9_000 + "\r\n")
    assert (await call.final()).status_code in (200, 513)
    pongs: asyncio.Queue[bytes] = asyncio.Queue()
    monkeypatch.setattr(phone, "take", pongs.put_nowait)
    phone.send("\r\n\r\n")
    assert await asyncio.wait_for(pongs.get(), PATIENCE_S) == b"\r\n"


async def test_registered_phone_is_called_over_its_websocket_until_that_closes(
    backend: Backend, phone: WebSocketPhone, extension: Extension
) -> None:
    registering = line(backend, phone)
    challenge = await registering.ask()
    (only,) = challenge.values("www-authenticate")
    assert "algorithm=MD5" in only, "browsers' stacks give up when they see another"
    contact = f'{registering.own_contact()};+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";reg-id=1'
    answer = await registering.register(600, contact)
    assert answer.status_code == 200
    (binding,) = await bindings(backend, extension)
    assert binding.transport == "wss"
    target = Target(binding.contact, hop=binding, in_browser=True)
    leg = backend.endpoint.dial(target, source=Address("sip", "bob"), anonymous=False)
    invite = await asyncio.wait_for(phone.invites.get(), PATIENCE_S)
    assert invite.start_line == "INVITE sip:ada@a1b2c3.invalid;transport=ws SIP/2.0"
    assert ";transport=ws>" in invite.header("contact")
    assert invite.header("via").startswith("SIP/2.0/WSS ")
    _answer(phone, invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await leg.hang_up()
    await phone.close()
    await until(lambda: is_unreachable(backend, extension))
    again = backend.endpoint.dial(target, source=Address("sip", "bob"), anonymous=False)
    assert await end_of(again) == (HangupReason.FAILED, True)
    await until(lambda: backend.endpoint.counters["sip_edge_websocket_gone"] >= 1)


async def is_unreachable(backend: Backend, extension: Extension) -> bool:
    return not await bindings(backend, extension)


def _answer(phone: WebSocketPhone, invite: Message) -> None:
    copied = [
        f"{name}: {value}" for name, value in invite.headers if name in ("via", "from", "call-id", "cseq")
    ]
    body = sdp()
    phone.send(
        "\r\n".join(
            [
                "SIP/2.0 200 OK",
                *copied,
                f"To: {invite.header('to')};tag=b",
                "Contact: <sip:ada@a1b2c3.invalid;transport=ws>",
                "Content-Type: application/sdp",
                f"Content-Length: {len(body)}",
                "",
                body,
            ]
        )
    )


async def test_registration_with_outbound_is_confirmed(
    backend: Backend, phone: WebSocketPhone, extension: Extension
) -> None:
    registering = line(backend, phone)
    challenge = await registering.challenged()
    answer = await registering.ask(
        registering.credentials(challenge),
        "Supported: path, outbound",
        f'Contact: {registering.own_contact()};+sip.instance="<urn:uuid:1>";reg-id=1',
    )
    assert answer.status_code == 200
    assert answer.header("require") == "outbound"


async def test_bindings_of_websockets_end_with_the_edge(
    backend: Backend, phone: WebSocketPhone, extension: Extension
) -> None:
    await line(backend, phone).register(600)
    assert await bindings(backend, extension)
    await backend.office.directory.registrations.websockets_closed(connection=1)
    assert await bindings(backend, extension), "another connection's"
    await backend.office.directory.registrations.websockets_closed()
    assert not await bindings(backend, extension)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param("GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426 ", id="a page"),
        pytest.param(HANDSHAKE.format("chat"), b"HTTP/1.1 400 ", id="another subprotocol"),
        pytest.param("OPTIONS sip:a@b SIP/2.0\r\n\r\n", b"HTTP/1.1 400 ", id="SIP over TLS"),
        pytest.param("G" * 9000, b"HTTP/1.1 400 ", id="endless"),
    ],
)
async def test_other_handshake_is_refused(
    backend: Backend, tls: ssl.SSLContext, sent: str, expected: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", backend.endpoint.wss_port, ssl=tls)
    writer.write(sent.encode())
    assert (await asyncio.wait_for(reader.read(), PATIENCE_S)).startswith(expected)
    writer.close()


async def test_handshake_of_rfc_6455_is_accepted_and_an_unmasked_frame_is_not(
    backend: Backend, tls: ssl.SSLContext
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", backend.endpoint.wss_port, ssl=tls)
    writer.write(HANDSHAKE.format("chat, SIP").encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    writer.write(b"\x81\x02hi")
    assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b"\x88\x02\x03\xea"  # 1002
    writer.close()


async def test_closing_handshake_is_answered(backend: Backend, tls: ssl.SSLContext) -> None:
    url = f"https://127.0.0.1:{backend.endpoint.wss_port}/"
    async with aiohttp.ClientSession() as session:
        websocket = await session.ws_connect(url, protocols=("sip",), ssl=tls)
        assert websocket.protocol == "sip"
        assert await websocket.close(code=1000)
        assert websocket.close_code == 1000
