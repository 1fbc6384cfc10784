"""Which topics a client may subscribe to, and which events match them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from mixminus.delivery.topics import Audience, BadTopic, Frame, Subscriptions, prefix_of, topics_of
from mixminus.model.ids import NIL, CustomerId
from mixminus.store.outbox import Event

CUSTOMER = "aaaaaaaa-0000-4000-8000-000000000001"
AGENT = "bbbbbbbb-0000-4000-8000-000000000002"
ID = "cccccccc-0000-4000-8000-000000000003"
OTHER = "dddddddd-0000-4000-8000-000000000004"
AUDIENCE = Audience(CustomerId(UUID(CUSTOMER)), agent_id=UUID(AGENT))


def event(type_: str, **data: Any) -> Event:
    return Event(
        id=1,
        stream_id=UUID(ID),
        number=1,
        customer_id=CustomerId(UUID(CUSTOMER)),
        type=type_,
        data={"id": ID, **data},
        tm=datetime(2030, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("topic", "type_", "brings"),
    [
        pytest.param(f"customer_id:{CUSTOMER}:conference:{ID}", "conference_created", True, id="resource"),
        pytest.param(f"customer_id:{CUSTOMER}:conference", "conferencecall_joined", True, id="prefix"),
        pytest.param(f"customer_id:{CUSTOMER}:conference:", "conferencecall_joined", False, id="colon ends"),
        pytest.param(f"customer_id:{CUSTOMER}:conference:*", "conference_created", True, id="wildcard"),
        pytest.param(f"customer_id:{CUSTOMER}:conference:*", "conferencecall_joined", False, id="not wider"),
        pytest.param(f"customer_id:{CUSTOMER}:*", "call_hangup", True, id="everything"),
        pytest.param(f"customer_id:{CUSTOMER}", "call_hangup", True, id="two parts"),
        pytest.param(f"customer_id:{CUSTOMER.upper()}:call", "call_hangup", True, id="upper case"),
        pytest.param(f"customer_id:{CUSTOMER}:call:{OTHER}", "call_hangup", False, id="another resource"),
        pytest.param(f"customer_id:{CUSTOMER}:call:call_hangup:{ID}", "call_hangup", True, id="by type"),
        pytest.param(f"customer_id:{CUSTOMER}:call:call_hangup", "call_ringing", False, id="another type"),
        pytest.param(f"agent_id:{AGENT}:call", "call_hangup", False, id="foreign agent"),
    ],
)
def test_a_subscription_matches_by_prefix(topic: str, type_: str, brings: bool) -> None:
    prefix = prefix_of(topic, AUDIENCE)
    assert any(each.startswith(prefix) for each in topics_of(event(type_))) is brings


def test_an_agent_receives_events_of_what_it_owns() -> None:
    prefix = prefix_of(f"agent_id:{AGENT}:call", AUDIENCE)
    owned, free = event("call_hangup", owner_id=AGENT), event("call_hangup", owner_id=str(NIL))
    assert any(each.startswith(prefix) for each in topics_of(owned))
    assert len(topics_of(free)) == len(topics_of(event("call_hangup"))) == 2


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "customer_id",
        "customer_id:",
        "customer_id:x:call",
        f"customer_id:{OTHER}:call",
        f"agent_id:{OTHER}:call",
        f"customer_id:{AGENT}",
        f"everybody:{CUSTOMER}",
        f"customer_id:{{{CUSTOMER}}}",
        f" customer_id:{CUSTOMER}",
    ],
)
def test_a_malformed_or_foreign_topic_is_rejected(topic: str) -> None:
    with pytest.raises(BadTopic):
        prefix_of(topic, AUDIENCE)


def test_without_customer_access_only_agent_topics_are_allowed() -> None:
    audience = Audience(AUDIENCE.customer_id, agent_id=AUDIENCE.agent_id, whole_customer=False)
    assert prefix_of(f"agent_id:{AGENT}:call", audience)
    with pytest.raises(BadTopic):
        prefix_of(f"customer_id:{CUSTOMER}:call", audience)


@pytest.mark.parametrize(
    ("topics", "type_", "form"),
    [
        pytest.param(["call:call_progressing"], "call_progressing", "bare", id="type of event"),
        pytest.param(["call:call_progressing"], "call_ringing", "", id="another type"),
        pytest.param(["call"], "call_progressing", "wrapped", id="resource"),
        pytest.param([f"call:{ID}"], "call_progressing", "wrapped", id="one resource"),
        pytest.param(["call:*"], "call_progressing", "wrapped", id="wildcard"),
        pytest.param([f"call:call_progressing:{ID}"], "call_progressing", "wrapped", id="five parts"),
        pytest.param(["call:call_progressing", "call"], "call_progressing", "wrapped", id="both"),
        pytest.param(["call:call_progressing", "call:call_hangup"], "call_hangup", "bare", id="two types"),
        pytest.param(
            ["conferencecall:conferencecall_leaved"], "conferencecall_leaved", "bare", id="participant"
        ),
        pytest.param(["conference:conferencecall_leaved"], "conferencecall_leaved", "", id="not its service"),
    ],
)
@pytest.mark.parametrize("scope", [f"customer_id:{CUSTOMER}", f"agent_id:{AGENT}"])
def test_form_of_an_event_is_that_of_its_topic(scope: str, topics: list[str], type_: str, form: str) -> None:
    subscriptions = Subscriptions.of(prefix_of(f"{scope}:{topic}", AUDIENCE) for topic in topics)
    frame = Frame.of(event(type_, owner_id=AGENT))
    assert subscriptions.wants(frame) is bool(form)
    if form:
        data = {"id": ID, "owner_id": AGENT}
        expected = data if form == "bare" else {"type": type_, "data": data}
        assert orjson.loads(subscriptions.text_of(frame)) == expected
