"""Hops: only a node that knows the secret is let in, for one request and half a minute."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import make_mocked_request

from mixminus.api.hops import HEADER, IDENTITY_HEADER, Hops
from mixminus.errors import PermissionDenied
from mixminus.model.access import Identity
from mixminus.model.ids import AgentId, CustomerId, new_id
from mixminus.model.permissions import Permission
from tests.support.clock import ManualClock

SECRET = b"a secret of tests, of thirty-two"
PATH = "/v1.0/conferences?token=a%20b"


def hops() -> tuple[Hops, Hops, ManualClock]:
    clock = ManualClock()
    return Hops(new_id(), SECRET, clock), Hops(new_id(), SECRET, clock), clock


def test_a_hop_says_where_the_request_came_from() -> None:
    here, there, _ = hops()
    header = here.signed(there.node_id, "POST", PATH, "192.0.2.7")
    assert there.checked(make_mocked_request("POST", PATH, {HEADER: header})) == "192.0.2.7"


@pytest.mark.parametrize(
    ("method", "path", "change", "wait_s"),
    [
        pytest.param("GET", PATH, "", 0, id="another method"),
        pytest.param("POST", "/v1.0/customers", "", 0, id="another path"),
        pytest.param("POST", PATH, "192.0.2.8", 0, id="another address"),
        pytest.param("POST", PATH, "", 31, id="too late"),
    ],
)
def test_a_hop_that_was_changed_or_kept_is_refused(method: str, path: str, change: str, wait_s: int) -> None:
    here, there, clock = hops()
    header = here.signed(there.node_id, "POST", PATH, "192.0.2.7")
    clock.advance(wait_s)
    header = header.replace("192.0.2.7", change) if change else header
    with pytest.raises(PermissionDenied):
        there.checked(make_mocked_request(method, path, {HEADER: header}))


def test_a_hop_is_for_one_node() -> None:
    here, there, clock = hops()
    header = here.signed(there.node_id, "GET", PATH, "")
    with pytest.raises(PermissionDenied):
        Hops(new_id(), SECRET, clock).checked(make_mocked_request("GET", PATH, {HEADER: header}))
    other = Hops(there.node_id, SECRET[::-1], clock)
    with pytest.raises(PermissionDenied):
        other.checked(make_mocked_request("GET", PATH, {HEADER: header}))


def test_a_node_says_who_has_sent_a_request() -> None:
    here, there, _ = hops()
    sender = Identity(CustomerId(new_id()), Permission.PROJECT_ALL, agent_id=AgentId(new_id()))
    hop, other = (here.signed(there.node_id, "POST", path, "192.0.2.7") for path in (PATH, "/v1.0/calls"))
    said = here.vouched(hop, sender)

    def heard(hop: str, said: str) -> Identity | None:
        headers = {HEADER: hop, IDENTITY_HEADER: said}
        return there.identity_of(make_mocked_request("POST", PATH, headers))

    assert heard(hop, said) == sender
    assert heard(hop, "") is None
    assert heard(other, said) is None, "it is said of one request"
    admin = here.vouched(hop, replace(sender, permission=Permission.PROJECT_SUPER_ADMIN))
    assert heard(hop, f"{admin.split()[0]} {said.split()[1]}") is None
    strange = Hops(here.node_id, SECRET[::-1], ManualClock())
    assert heard(hop, strange.vouched(hop, sender)) is None


def test_a_request_without_a_hop_is_refused() -> None:
    _, there, _ = hops()
    with pytest.raises(PermissionDenied, match="only other nodes"):
        there.checked(make_mocked_request("GET", PATH))
