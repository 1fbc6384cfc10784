"""Routes of dialled targets, by caller (api.md section 13.2)."""

from typing import Any
from uuid import uuid4

import pytest

from mixminus.call.leg import ANONYMOUS, Caller
from mixminus.call.routing import Refused, Routed
from mixminus.directory.plan import DialPlan
from mixminus.directory.service import DirectoryServices
from mixminus.model.access import CustomerEvent, CustomerSpec, Identity
from mixminus.model.call import Address
from mixminus.model.conference import RoomSettings
from mixminus.model.directory import Extension, ExtensionSpec, NumberSpec, TrunkSpec
from mixminus.model.flow import Flow, FlowSpec
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.sip.addresses import callee_of
from tests.support.backend import Backend

ANN = Address("sip", "ann@192.0.2.7", "Ann")
PASSWORD = "long enough"
OPERATOR = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)


def directory(backend: Backend) -> DirectoryServices:
    return backend.services.directory


async def extension(backend: Backend, name: str = "1001", owner: CustomerId | None = None) -> Extension:
    spec = ExtensionSpec(extension=name, password=PASSWORD, name="Desk")
    return await directory(backend).extensions.create(owner or backend.customer_id, spec)


async def other_customer(backend: Backend) -> CustomerId:
    return (await backend.services.access.customers.create(OPERATOR, CustomerSpec(name="other_customer"))).id


async def route(backend: Backend, target: object, caller: Caller = ANONYMOUS) -> Routed:
    routed = await directory(backend).plan.route(ANN, str(target), caller)
    assert isinstance(routed, Routed), routed
    return routed


async def refusal(backend: Backend, target: object, caller: Caller = ANONYMOUS) -> int:
    refused = await directory(backend).plan.route(ANN, str(target), caller)
    assert isinstance(refused, Refused), refused
    return refused.status_code


def actions(routed: Routed) -> list[Any]:
    return [action["type"] for action in routed.program.actions]


@pytest.mark.parametrize("form", ["{id}", "conference:{id}", "conference%3A{id}", "{hash}"])
async def test_a_room_is_reached_by_its_id_and_by_its_hash(backend: Backend, form: str) -> None:
    room = await backend.room(name="Board")
    routed = await route(backend, form.format(id=room.id, hash=room.direct_hash))
    assert (routed.customer_id, routed.source) == (backend.customer_id, ANN)
    assert routed.destination == Address("conference", str(room.id), "Board")
    assert actions(routed) == ["answer", "conference_join"]


async def test_a_room_for_two_is_answered_by_its_join(backend: Backend) -> None:
    assert actions(await route(backend, (await backend.room("connect")).id)) == ["conference_join"]


async def test_a_new_hash_leads_there_and_the_old_one_nowhere(backend: Backend) -> None:
    room = await backend.room()
    renewed = await backend.conferences.regenerate_direct_hash(backend.customer_id, room.id)
    assert await refusal(backend, room.direct_hash) == 404
    assert (await route(backend, renewed.direct_hash)).destination.target == str(room.id)


@pytest.mark.parametrize("target", ["", "nobody", "direct.000000000000", "+15550199", "extension:9", uuid4()])
async def test_an_unknown_target_is_404(backend: Backend, target: object) -> None:
    assert await refusal(backend, target) == 404


async def test_rooms_that_are_locked_full_or_over_say_so(backend: Backend) -> None:
    locked = await backend.room(settings=RoomSettings(locked=True))
    full = await backend.room(settings=RoomSettings(max_participants=1))
    await backend.join(full)
    over = await backend.room()
    await backend.conferences.delete(backend.customer_id, over.id)
    assert [await refusal(backend, room.id) for room in (locked, full, over)] == [403, 486, 404]


async def test_an_extension_calls_as_itself_within_its_own_customer(backend: Backend) -> None:
    room, caller = await backend.room(), Caller((await extension(backend)).id)
    assert (await route(backend, room.id, caller)).source == Address("extension", "1001", "Ann")


async def test_another_customers_room_is_none_for_an_extension_but_its_hash_is_an_invitation(
    backend: Backend,
) -> None:
    room, owner = await backend.room(), await other_customer(backend)
    caller = Caller((await extension(backend, owner=owner)).id)
    for form in (f"{room.id}", f"conference:{room.id}"):
        assert await refusal(backend, form, caller) == 404
    invited = await route(backend, room.direct_hash, caller)
    assert (invited.customer_id, invited.source) == (backend.customer_id, ANN)


async def test_a_frozen_customer_is_not_called_until_it_is_recovered(backend: Backend) -> None:
    room, closed = await backend.room(), await backend.room()
    await backend.conferences.delete(backend.customer_id, closed.id)
    phone = await extension(backend)
    outsider = Caller((await extension(backend, owner=await other_customer(backend))).id)
    customers = backend.services.access.customers
    changes: list[str] = []
    directory(backend).watch_logins(lambda: changes.append("login"))
    await customers.fire(OPERATOR, backend.customer_id, CustomerEvent.FREEZE)
    assert changes, "the SIP edge keeps logins for 30 s unless it hears of changes"
    callers = (ANONYMOUS, Caller(phone.id), outsider)
    assert [await refusal(backend, room.direct_hash, caller) for caller in callers] == [403] * 3
    assert [await refusal(backend, each) for each in (room.id, phone.direct_hash, closed.id)] == [
        403,
        403,
        404,
    ]
    await customers.fire(OPERATOR, backend.customer_id, CustomerEvent.RECOVER)
    assert (await route(backend, room.direct_hash, outsider)).customer_id == backend.customer_id


@pytest.mark.parametrize("form", ["{name}", "extension:{name}", "{hash}"])
async def test_an_extension_is_rung(backend: Backend, form: str) -> None:
    phone = await extension(backend)
    caller = ANONYMOUS if form == "{hash}" else Caller((await extension(backend, "1002")).id)
    routed = await route(backend, form.format(name=phone.extension, hash=phone.direct_hash), caller)
    assert routed.destination == Address("extension", "1001", "1001", "Desk")
    (connect,) = routed.program.actions
    assert connect["option"]["destinations"] == [
        {"type": "extension", "target": "1001", "target_name": "1001"}
    ]
    assert connect["option"]["source"]["target"] == ("1002" if caller.account_id else ANN.target)


async def test_unknown_callers_cannot_find_out_which_extensions_there_are(backend: Backend) -> None:
    await extension(backend)
    targets = ("1001", "extension:1001", "9999", "extension:9999")
    assert [await refusal(backend, each) for each in targets] == [404] * 4


async def test_extensions_of_the_same_name_are_each_customers_own(
    backend: Backend,
) -> None:
    owner = await other_customer(backend)
    await extension(backend)
    await extension(backend, owner=owner)
    theirs = await extension(backend, "1002", owner=owner)
    assert await refusal(backend, "1001") == 404
    assert (await route(backend, "1001", Caller(theirs.id))).customer_id == owner
    assert await refusal(backend, "1002", Caller((await extension(backend, "1003")).id)) == 404


async def test_a_deleted_extension_is_404(backend: Backend) -> None:
    phone = await extension(backend)
    await directory(backend).extensions.delete(backend.customer_id, phone.id)
    caller = Caller((await extension(backend, "1002")).id)
    assert [await refusal(backend, each, caller) for each in ("1001", phone.direct_hash)] == [404, 404]
    await extension(backend)
    assert (await route(backend, "1001", caller)).customer_id == backend.customer_id


async def test_a_number_without_a_flow_is_as_good_as_none(backend: Backend) -> None:
    for flow_id in (NIL, uuid4()):
        number = await directory(backend).numbers.create(
            backend.customer_id, NumberSpec(number="+15550100", call_flow_id=flow_id)
        )
        assert await refusal(backend, "+15550100") == 404
        await directory(backend).numbers.delete(backend.customer_id, number.id)


@pytest.mark.parametrize("dialled", ["+15550100", "15550100", "tel:+1-555-0100", "sip:%2B15550100@192.0.2.1"])
async def test_a_number_runs_its_flow_with_its_plus_sign_or_without(backend: Backend, dialled: str) -> None:
    flow = await hotline(backend)
    routed = await route(backend, dialled)
    assert (routed.customer_id, routed.program.flow_id) == (backend.customer_id, flow.id)
    assert routed.destination == Address("tel", "+15550100", name="Hotline")
    assert actions(routed) == ["answer"]


@pytest.mark.parametrize(
    "request_uri",
    [
        "sip:+15550100;npdi;rn=+15550199@192.0.2.1;user=phone",
        "sip:+15550100;phone-context=+1@192.0.2.1",
        "sip:5550100;phone-context=+1@192.0.2.1;user=phone",
        "sip:+15550100;ext=12@192.0.2.1",
        "sip:+1-555-0100;isub=3;cic=+16789@192.0.2.1;user=phone",
    ],
)
async def test_a_number_with_parameters_runs_its_flow(backend: Backend, request_uri: str) -> None:
    """RFC 3966 section 3, and number portability (RFC 4694)."""
    flow = await hotline(backend)
    routed = await route(backend, callee_of(request_uri).target)
    assert routed.program.flow_id == flow.id


async def test_a_deleted_flow_is_none(backend: Backend) -> None:
    flow = await hotline(backend)
    assert (await route(backend, flow.direct_hash)).program.flow_id == flow.id
    await backend.services.flows.delete(backend.customer_id, flow.id)
    assert [await refusal(backend, each) for each in ("+15550100", flow.direct_hash)] == [404, 404]


async def test_an_exchange_reaches_a_number_by_its_address_or_its_account(backend: Backend) -> None:
    flow = await hotline(backend)
    spec = TrunkSpec(domain_name="pbx", auth_types=("ip",), allowed_ips=("192.0.2.9",))
    trunk = await directory(backend).trunks.create(backend.customer_id, spec)
    for caller in (Caller(None, "192.0.2.9"), Caller(trunk.id, "192.0.2.10")):
        assert (await route(backend, "15550100", caller)).program.flow_id == flow.id


async def hotline(backend: Backend) -> Flow:
    flow = await backend.services.flows.create(backend.customer_id, FlowSpec(actions=({"type": "answer"},)))
    spec = NumberSpec(number="+15550100", call_flow_id=flow.id, name="Hotline")
    await directory(backend).numbers.create(backend.customer_id, spec)
    return flow


async def test_a_number_outside_needs_an_extension_and_a_trunk(backend: Backend) -> None:
    caller = Caller((await extension(backend)).id)
    alone = DialPlan(backend.store, names={}, flows=backend.services.flows)
    assert await alone.route(ANN, "+15550199", caller) == Refused(404)
    trunks = directory(backend).trunks
    await trunks.create(backend.customer_id, TrunkSpec(domain_name="pbx", outbound_host="192.0.2.9:5080"))
    routed = await alone.route(ANN, "+15550199", caller)
    assert isinstance(routed, Routed)
    assert routed.destination == Address("tel", "+15550199")
    assert routed.program.actions[0]["option"]["destinations"][0]["type"] == "tel"
    assert routed.program.actions[0]["option"]["source"]["type"] == "extension"
    assert await refusal(backend, "+15550199") == 404


async def test_an_exchange_dials_numbers_only(backend: Backend) -> None:
    room = await backend.room()
    spec = TrunkSpec(
        domain_name="pbx",
        auth_types=("basic",),
        username="pbx",
        password=PASSWORD,
        allowed_ips=("192.0.2.9",),
    )
    trunk = await directory(backend).trunks.create(backend.customer_id, spec)
    assert await refusal(backend, room.id, Caller(trunk.id, "192.0.2.9")) == 404
    assert await refusal(backend, "+15550100", Caller(trunk.id)) == 404
    # Its address authenticates only if the trunk allows that.
    assert (await route(backend, room.id, Caller(None, "192.0.2.9"))).destination.type == "conference"
