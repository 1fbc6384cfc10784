"""Bindings survive a restart; expired ones do not."""

from pathlib import Path

from mixminus.directory.bindings import Phone, Registration
from mixminus.model.directory import ExtensionSpec
from mixminus.model.ids import ExtensionId
from tests.support.backend import open_backend
from tests.support.clock import ManualClock


def registration(extension_id: ExtensionId, *phones: Phone) -> Registration:
    return Registration(
        extension_id=extension_id,
        call_id="call",
        sequence_number=1,
        phones=phones,
        removes_all=False,
        transport="tcp",
        host="192.0.2.7",
        port=40_000,
        connection=77,
    )


async def test_bindings_survive_a_restart_with_their_flow(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_backend(tmp_path, clock) as backend:
        directory = backend.services.directory
        made = await directory.extensions.create(
            backend.customer_id, ExtensionSpec(extension="1001", password="long enough")
        )
        phones = (Phone("sip:a@10.0.0.9", 60), Phone("sip:b@10.0.0.9", 600))
        before = await directory.registrations.register(registration(made.id, *phones))
        assert [left_s for _, left_s in before] == [60, 600]
    clock.advance(120)
    async with open_backend(tmp_path, clock) as backend:
        registrations = backend.services.directory.registrations
        (found,) = await registrations.phones_of(backend.customer_id, "1001")
        assert found == before[1][0]
        assert (found.host, found.port, found.connection) == ("192.0.2.7", 40_000, 77)
        assert await registrations.phones_of(backend.customer_id, str(made.id)) == [found]
        assert await registrations.phones_of(backend.customer_id, "1002") == []
