"""How a REGISTER changes the bindings of an extension."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.directory.bindings import MAX_PHONES, Phone, Registration, Rejected, rebind
from mixminus.model.directory import Binding
from mixminus.model.ids import NIL, ExtensionId

NOW = datetime(2030, 1, 1, tzinfo=UTC)
URIS = [f"sip:p{number}@192.0.2.7" for number in range(5)]


def asked(*phones: Phone, number: int = 1, call_id: str = "call", **given: Any) -> Registration:
    flow = {"transport": "udp", "host": "192.0.2.7", "port": 5060, "connection": 0}
    return Registration(
        extension_id=ExtensionId(NIL),
        call_id=call_id,
        sequence_number=number,
        phones=phones,
        **{"removes_all": False, **flow, **given},
    )


def contacts(bindings: list[Binding]) -> list[str]:
    return [each.contact for each in bindings]


def test_a_query_changes_nothing() -> None:
    before = rebind([], asked(Phone(URIS[0], 60)), NOW)
    assert rebind(before, asked(number=2), NOW) == before


def test_a_refresh_moves_the_flow_and_the_end() -> None:
    before = rebind([], asked(Phone(URIS[0], 60)), NOW)
    (after,) = rebind(before, asked(Phone(URIS[0], 600), number=2, port=6000), NOW)
    assert (after.port, after.tm_expire) == (6000, NOW + timedelta(seconds=600))


def test_a_phone_is_registered_since_its_first_request() -> None:
    before = rebind([], asked(Phone(URIS[0], 60, "<urn:uuid:1>")), NOW)
    later = NOW + timedelta(seconds=30)
    moved = asked(Phone(URIS[1], 60, "<urn:uuid:1>"), number=2, user_agent="Desk phone 2.0")
    (after,) = rebind(before, moved, later)
    assert (after.contact, after.tm_create, after.user_agent) == (URIS[1], NOW, "Desk phone 2.0")
    removed = rebind([after], asked(Phone(URIS[1], 0), number=3), later)
    (again,) = rebind(removed, asked(Phone(URIS[1], 60), number=4), later)
    assert again.tm_create == later


def test_a_copy_moves_nothing() -> None:
    before = rebind([], asked(Phone(URIS[0], 60)), NOW)
    assert rebind(before, asked(Phone(URIS[0], 60), host="198.51.100.9"), NOW) == before


def test_an_older_request_is_rejected_and_another_phones_is_not() -> None:
    before = rebind([], asked(Phone(URIS[0], 60), number=7), NOW)
    with pytest.raises(Rejected) as rejected:
        rebind(before, asked(Phone(URIS[0], 0), number=6), NOW)
    assert rejected.value.status_code == 500
    assert rebind(before, asked(Phone(URIS[0], 0), number=1, call_id="other"), NOW) == []
    with pytest.raises(Rejected):
        rebind(before, asked(number=6, removes_all=True), NOW)


def test_of_a_rejected_request_nothing_is_done() -> None:
    with pytest.raises(Rejected) as rejected:
        rebind([], asked(Phone(URIS[0], 60), Phone(URIS[1], 5)), NOW)
    assert rejected.value.status_code == 423


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(URIS), st.sampled_from([0, 60]), st.sampled_from(["", "a", "b"])),
        max_size=12,
    )
)
def test_there_are_never_more_than_three_and_none_twice(steps: list[tuple[str, int, str]]) -> None:
    bindings: list[Binding] = []
    for number, (uri, expires_s, instance) in enumerate(steps, 1):
        try:
            bindings = rebind(bindings, asked(Phone(uri, expires_s, instance), number=number), NOW)
        except Rejected as rejected:
            assert (rejected.status_code, len(bindings)) == (403, MAX_PHONES)
            continue
        assert len(bindings) <= MAX_PHONES
        assert len(set(contacts(bindings))) == len(bindings)
        assert (uri in contacts(bindings)) is bool(expires_s)
        instances = [each.instance for each in bindings if each.instance]
        assert len(set(instances)) == len(instances)
