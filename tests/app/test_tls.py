"""HTTPS: the server's own authority, certificates by file, and their reload."""

import asyncio
import datetime
import ssl
import stat
from pathlib import Path
from urllib.request import urlopen

import pytest
from aiohttp import ClientSession
from cryptography import x509

from mixminus.app.local_authority import LocalAuthority
from mixminus.errors import Unavailable
from mixminus.tls import ServerTls, client_context
from tests.app.server import KEY, Server, serve
from tests.support.ports import free_port
from tests.support.waiting import until

NOW = datetime.datetime.now(datetime.UTC)


def authority(folder: Path, *names: str, now: datetime.datetime = NOW) -> LocalAuthority:
    made = LocalAuthority(folder)
    made.ensure(names or ("localhost", "127.0.0.1"), now)
    return made


def leaf(made: LocalAuthority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def trusting(root: bytes) -> ssl.SSLContext:
    """Return a context that trusts this root alone, and checks host names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root.decode())
    return context


async def served(port: int, context: ssl.SSLContext) -> x509.Certificate:
    """Return the certificate of a handshake that was verified."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return x509.load_der_x509_certificate(der)


def test_authority_signs_for_all_names_and_keeps_its_keys_private(tmp_path: Path) -> None:
    made = authority(tmp_path / "tls", "example.test", "192.0.2.1", "2001:db8::1")
    names = leaf(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["example.test"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1", "2001:db8::1"]
    for name in ("ca-key.pem", "server-key.pem"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600
    valid = leaf(made).not_valid_after_utc - leaf(made).not_valid_before_utc
    assert valid <= datetime.timedelta(days=398), "browsers refuse longer ones"


def test_certificate_is_kept_until_names_change_or_it_expires(tmp_path: Path) -> None:
    made = authority(tmp_path, "a.test")
    root, first = made.root.read_bytes(), leaf(made)
    made.ensure(["a.test"], NOW)
    assert leaf(made) == first
    made.ensure(["a.test", "b.test"], NOW)
    assert leaf(made) != first
    second = leaf(made)
    made.ensure(["a.test", "b.test"], NOW + datetime.timedelta(days=380))
    assert leaf(made) != second
    assert made.root.read_bytes() == root, "its clients trust it for years"
    made.ensure(["a.test", "b.test"], NOW + datetime.timedelta(days=3640))
    assert made.root.read_bytes() != root


def test_damaged_or_missing_files_are_made_again(tmp_path: Path) -> None:
    made = authority(tmp_path)
    made.certificate.write_text("damaged")
    made.ensure(["localhost", "127.0.0.1"], NOW)
    ServerTls(made.certificate, made.key)
    made.key.unlink()
    made.ensure(["localhost", "127.0.0.1"], NOW)
    ServerTls(made.certificate, made.key)


def test_files_that_are_no_pair_are_refused_at_start_and_ignored_later(tmp_path: Path) -> None:
    one, other = authority(tmp_path / "one"), authority(tmp_path / "other")
    with pytest.raises(Unavailable, match=r"server\.pem"):
        ServerTls(one.certificate, other.key)
    tls = ServerTls(one.certificate, one.key)
    assert not tls.refresh()
    good = one.certificate.read_bytes()
    one.certificate.write_bytes(other.certificate.read_bytes())
    assert not tls.refresh(), "its key has not come yet"
    one.certificate.write_bytes(good)
    assert tls.refresh()
    with pytest.raises(Unavailable, match="no certificate authorities"):
        client_context(one.key)


async def root_of(server: Server) -> bytes:
    async with ClientSession() as session, session.get(f"{server.base}/ca.pem") as response:
        assert (response.status, response.content_type) == (200, "application/x-pem-file")
        return await response.read()


async def test_api_and_its_socket_are_served_over_tls_to_who_trusts_the_root(tmp_path: Path) -> None:
    port = free_port()
    async with serve(tmp_path, settings={"MIXMINUS_HTTPS_PORT": str(port)}) as server:
        context = trusting(await root_of(server))
        headers = {"Authorization": f"Bearer {KEY}"}
        async with ClientSession(headers=headers) as session:
            for host in ("127.0.0.1", "localhost"):
                async with session.get(f"https://{host}:{port}/v1.0/conferences", ssl=context) as response:
                    assert response.status == 200
            async with session.get(f"https://127.0.0.1:{port}/join", ssl=context) as response:
                assert response.status == 200
            async with session.ws_connect(f"wss://127.0.0.1:{port}/v1.0/ws", ssl=context) as socket:
                await socket.send_json({"type": "subscribe", "topics": []})
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncio.to_thread(urlopen, f"https://127.0.0.1:{port}/ping")
        assert "Traceback" not in server.stderr


async def test_certificate_by_file_is_reloaded_when_it_changes(tmp_path: Path) -> None:
    made = authority(tmp_path / "own")
    port = free_port()
    settings = {
        "MIXMINUS_HTTPS_PORT": str(port),
        "MIXMINUS_TLS_CERTIFICATE": str(made.certificate),
        "MIXMINUS_TLS_KEY": str(made.key),
    }
    async with serve(tmp_path, settings=settings) as server:
        context = trusting(made.root.read_bytes())
        first = await served(port, context)
        assert first == leaf(made)
        async with ClientSession() as session, session.get(f"{server.base}/ca.pem") as response:
            assert response.status == 404
        made.ensure(["localhost", "127.0.0.1", "new.test"], NOW)

        async def renewed() -> bool:
            return await served(port, context) == leaf(made)

        await until(renewed, within_s=20)


async def test_wrong_tls_settings_say_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    https = {"MIXMINUS_HTTPS_PORT": str(free_port())}
    one = https | {"MIXMINUS_TLS_CERTIFICATE": str(tmp_path / "x.pem")}
    async with serve(tmp_path, ready=False, settings=one) as server:
        assert await server.wait() == 2
    assert "MIXMINUS_TLS_KEY must both be set" in server.stderr
    both = one | {"MIXMINUS_TLS_KEY": str(tmp_path / "x.pem")}
    async with serve(tmp_path, ready=False, settings=both) as server:
        assert await server.wait() == 1
    assert "MIXMINUS_TLS_CERTIFICATE, MIXMINUS_TLS_KEY: the certificate" in server.stderr
