"""Registrations survive a crash of the edge; nonces do not."""

import psutil

from mixminus.model.directory import ExtensionSpec
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, children, open_backend
from tests.support.sip_login import Challenge, Line
from tests.support.sip_phone import Message, Phone
from tests.support.waiting import until

PASSWORD = "correct horse"


async def test_phone_stays_registered_and_is_challenged_again_after_an_edge_crash() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        made = await backend.office.directory.extensions.create(
            backend.office.customer_id, ExtensionSpec(extension="1001", password=PASSWORD)
        )
        phone = await Phone.open(backend.endpoint.port)
        line = Line(phone, "1001", PASSWORD, "127.0.0.1")
        old = await line.challenged()
        contact = f"Contact: {line.own_contact()}"
        assert (await line.ask(line.credentials(old), contact)).status_code == 200
        edge().kill()
        await until(lambda: not backend.endpoint.ready)
        await until(lambda: backend.endpoint.ready)
        answer = await line.ask(line.credentials(old, count=2), contact)
        assert (answer.status_code, Challenge.of(answer).stale) == (401, True)
        assert await contacts(backend, made.extension) == 1
        again: Message = await line.ask(line.credentials(Challenge.of(answer)), contact)
        assert (again.status_code, len(again.values("contact"))) == (200, 1)
        await phone.close()


def edge() -> psutil.Process:
    return next(each for each in children() if "mixminus.sip.edge" in each.cmdline())


async def contacts(backend: Backend, extension: str) -> int:
    return len(await backend.office.directory.registrations.phones_of(backend.office.customer_id, extension))
