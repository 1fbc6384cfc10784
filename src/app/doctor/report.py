"""All checks, one after the other."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx

from mixminus.app.addresses import url_host
from mixminus.app.doctor.finding import Finding, failed, good
from mixminus.app.doctor.machine import check_machine
from mixminus.app.doctor.network import check_firewall, check_network
from mixminus.app.doctor.ports import check_ports, is_running
from mixminus.app.doctor.software import check_certificates, check_database, check_software
from mixminus.app.settings import Settings
from mixminus.clock import Clock

__all__ = ["examined"]

ANSWER_S: Final = 5.0


async def examined(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield the findings of every check; only reads, and may run beside a server."""
    running = is_running(settings)
    yield await _server(settings, running=running)
    for finding in check_ports(settings, running=running):
        yield finding
    async for finding in check_network(settings):
        yield finding
    yield check_firewall(settings)
    yield check_certificates(settings, clock.now())
    for finding in check_machine(settings, clock.now()):
        yield finding
    for finding in check_software(settings):
        yield finding
    async for finding in check_database(settings):
        yield finding


async def _server(settings: Settings, *, running: bool) -> Finding:
    if not running:
        return good("server", f"no server runs on {settings.data_dir.absolute()}")
    url = f"http://{url_host(settings.http_hosts[0])}:{settings.http_port}/ping"
    try:
        async with httpx.AsyncClient(timeout=ANSWER_S) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        remedy = "look into its log; if it runs with other settings, run this with the same"
        return failed("server", f"a server runs, and {url} does not answer ({type(error).__name__})", remedy)
    if answer.status_code != HTTPStatus.OK:
        return failed("server", f"a server runs and is not ready: {answer.text}", "look into its log")
    return good("server", f"a server runs and is ready ({url})")
