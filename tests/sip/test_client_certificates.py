"""Trunks by TLS certificate: whose calls count as the trunk's, and who cannot connect."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from mixminus.directory.errors import CertificateNameNeeded
from mixminus.model.directory import Trunk, TrunkSpec
from tests.support.client_certificates import ClientAuthority, without_certificate
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Phone, sdp
from tests.support.sip_tls import local_authority, tls_config

CARRIER = "sbc.carrier.example"


@pytest.fixture
def clients(tmp_path: Path) -> ClientAuthority:
    return ClientAuthority(tmp_path)


@pytest.fixture
async def backend(tmp_path: Path, clients: ClientAuthority) -> AsyncIterator[Backend]:
    server = local_authority(tmp_path / "tls", "127.0.0.1")
    async with open_backend(tls_config(server, tls_port=0, tls_clients=str(clients.root))) as opened:
        yield opened


async def trunk(backend: Backend, label: str = "carrier", **more: Any) -> Trunk:
    spec = TrunkSpec(domain_name=label, auth_types=("tls",), certificate_names=(CARRIER,), **more)
    return await backend.office.directory.trunks.create(backend.office.customer_id, spec)


async def caller_of(backend: Backend, tls: ssl.SSLContext, sender: str = "") -> Any:
    """Call over TLS; return the account that the call is from, or the status of the refusal."""
    phone = await Phone.open(backend.endpoint.tls_port, transport="TLS", tls=tls)
    call = phone.call("1000")
    if sender:
        call.from_ = f"<sip:15550100@{sender}>;tag=x"
    call.invite(sdp())
    answer = await call.final()
    if answer.status_code != 200:
        call.ack_refusal()
        return answer.status_code
    call.ack()
    await call.hang_up()
    await phone.close()
    return backend.receiver.callers[-1].account_id


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([x509.DNSName("other.example"), x509.DNSName(CARRIER)], id="DNS name"),
        pytest.param([x509.DNSName(CARRIER.upper())], id="in capitals"),
        pytest.param([x509.UniformResourceIdentifier(f"sip:{CARRIER}")], id="SIP URI"),
        pytest.param([], id="common name"),
    ],
)
async def test_certificate_for_a_stated_domain_is_the_trunk(
    backend: Backend, clients: ClientAuthority, names: list[x509.GeneralName]
) -> None:
    made = await trunk(backend)
    tls = clients.client(CARRIER if not names else "device", *names)
    assert await caller_of(backend, tls) == made.id
    assert await caller_of(backend, tls, "carrier.trunk.mixminus.local") == made.id


async def test_other_certificates_and_none_are_not_the_trunk(
    backend: Backend, clients: ClientAuthority
) -> None:
    await trunk(backend)
    other = clients.client(CARRIER, x509.DNSName("other.example"))
    assert await caller_of(backend, other) is None, "the common name counts without alternative names only"
    assert await caller_of(backend, other, "carrier.trunk.mixminus.local") == 401
    assert await caller_of(backend, without_certificate()) is None
    assert await caller_of(backend, without_certificate(), "carrier.trunk.mixminus.local") == 401


async def test_address_does_not_count_for_a_trunk_that_requires_a_certificate(backend: Backend) -> None:
    await trunk(backend, allowed_ips=("127.0.0.1",))
    assert await caller_of(backend, without_certificate(), "carrier.trunk.mixminus.local") == 401


async def test_certificate_of_another_authority_cannot_connect(backend: Backend, tmp_path: Path) -> None:
    await trunk(backend)
    forged = ClientAuthority(tmp_path, "forger").client(CARRIER, x509.DNSName(CARRIER))
    with pytest.raises((ssl.SSLError, ConnectionError, TimeoutError)):
        await caller_of(backend, forged)
    assert not backend.receiver.callers


async def test_domain_of_several_trunks_needs_the_trunks_own(
    backend: Backend, clients: ClientAuthority
) -> None:
    first, second = await trunk(backend), await trunk(backend, "second")
    tls = clients.client("device", x509.DNSName(CARRIER))
    assert await caller_of(backend, tls) is None
    assert await caller_of(backend, tls, "second.trunk.mixminus.local") == second.id
    await backend.office.directory.trunks.delete(second.customer_id, second.id)
    assert await caller_of(backend, tls) == first.id


async def test_certificate_names_are_needed(backend: Backend) -> None:
    with pytest.raises(CertificateNameNeeded):
        await backend.office.directory.trunks.create(
            backend.office.customer_id, TrunkSpec(domain_name="nameless", auth_types=("tls",))
        )
