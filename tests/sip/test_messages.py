"""Messages between processes: every message survives encoding, and anything else is refused."""

import dataclasses
import typing
import uuid

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.model.ids import LegId
from mixminus.model.media import Codec
from mixminus.sip import messages
from mixminus.sip.channel import MAX_MESSAGE_BYTES, MalformedMessage, decode, encode
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import (
    AccountRequested,
    AddWorker,
    Answer,
    AnswerAccount,
    AnswerRegistration,
    Ask,
    Attach,
    CallAnswered,
    CallDialled,
    CallEnded,
    CallFreed,
    CallNotMoved,
    CallRang,
    CallRecorded,
    CallReserved,
    Dial,
    DialogConfirmed,
    DigitReceived,
    Drain,
    EdgeCounted,
    EdgeOpened,
    FollowCall,
    ForgetAccounts,
    Fork,
    HangUp,
    Hold,
    IncomingCall,
    LoginsFailed,
    MediaAgreed,
    MediaHostsNamed,
    Message,
    MessageTraced,
    MoveCall,
    Notify,
    OpenEdge,
    PhoneResponded,
    Ping,
    Pinged,
    ProbeServers,
    Progress,
    ProgressAcknowledged,
    Refer,
    Register,
    RegisteringPhone,
    RegistrationRequested,
    Reject,
    ReleaseCall,
    RemoveWorker,
    ReserveCall,
    RestoreCall,
    Ring,
    SendText,
    ServerProbed,
    SetOverloaded,
    ShutOutCaller,
    StopProbes,
    TextAnswered,
    TextReceived,
    TextsAllowed,
    TransferProgressed,
    TransferRequested,
    TrunkRegistered,
    UnfollowCall,
    Unregister,
    UnwatchCalls,
    WatchCalls,
    WebSocketClosed,
    WorkerExited,
    WorkerReady,
)
from mixminus.sip.sdp.negotiation import LocalEnd

ALL = typing.get_args(Message)
LEG = LegId(uuid.UUID(int=5))
LOCAL = LocalEnd("127.0.0.1", 40_000, 7, (Codec.OPUS, Codec.PCMU), key_material=bytes(range(102)))
EXAMPLES: list[Message] = [
    Fork(1, 64, 1800, 40_000),
    WorkerExited(1, -9),
    Ping(),
    Pinged(),
    WorkerReady(50_000, 4, 4711),
    IncomingCall(LEG, "a@b", "sip:1000@host", '"Ånn" <sip:a@b>', "<sip:1000@host>", "v=0\r\n"),
    Dial(
        LEG,
        "sip:a@b",
        '"Ånn" <sip:c@d>',
        False,
        Flow("TCP", "192.0.2.1", 5060, 3),
        LOCAL,
        "v=0\r\n",
        "user",
        "secret",
        route=("sip:proxy.example;lr", "sip:edge.example;lr"),
    ),
    CallDialled(LEG, "a@b"),
    CallRang(LEG),
    CallAnswered(LEG),
    Attach(LEG, LOCAL, "v=0\r\n"),
    Ring(LEG),
    Progress(LEG),
    ProgressAcknowledged(LEG),
    Answer(LEG),
    Reject(LEG, 486),
    Hold(LEG, True),
    HangUp(LEG),
    MediaAgreed(LEG, "v=0\r\n", "v=0\r\n"),
    MediaHostsNamed("a@b", ("192.0.2.7", "2001:db8::1")),
    DigitReceived("a@b", "#", 160),
    CallEnded(LEG, "a@b", 302, True, "sip:e@f"),
    CallFreed("a@b"),
    OpenEdge(("127.0.0.1", "::1"), 5060, ("198.51.100.1", "2001:db8::1"), 0, 50.0, 1000.0),
    EdgeOpened(5060, 50_001),
    AddWorker(1, 50_000, 4),
    MoveCall("call-1", str(LEG), "v=0"),
    CallNotMoved("call-1", str(LEG), hung_up=True),
    RemoveWorker(1),
    ShutOutCaller(50_000),
    ReserveCall(LEG),
    CallReserved(LEG, 1),
    CallRecorded(1, "a@b", "{}"),
    RestoreCall(1, "{}"),
    ReleaseCall("a@b"),
    EdgeCounted((("sip_edge_received", 12),)),
    AccountRequested(3, "mixminus.local", "1001", "192.0.2.7"),
    AnswerAccount(3, "realm", "", "", "", trusted=False),
    ForgetAccounts(),
    Register(
        trunk_id=str(LEG),
        flows=(Flow("UDP", "192.0.2.9", 5060),),
        registrar="sip:provider.example",
        address="sip:me@provider.example",
        username="me",
        password="secret",
        contact_user="token",
    ),
    Unregister(str(LEG)),
    TrunkRegistered(str(LEG), 403, "Forbidden"),
    ProbeServers(str(LEG), "sip:provider.example", (Flow("UDP", "192.0.2.9", 5060),), 30.0),
    StopProbes(str(LEG)),
    ServerProbed(str(LEG), Flow("UDP", "192.0.2.9", 5060), up=False, detail="no response"),
    LoginsFailed(str(LEG), "192.0.2.7", 6),
    WebSocketClosed(7),
    RegistrationRequested(
        request_id=4,
        account_id=str(LEG),
        sip_call_id="call",
        sequence_number=2,
        phones=(
            RegisteringPhone("sip:a@192.0.2.7", 600, ""),
            RegisteringPhone("sip:b@192.0.2.7", 0, "urn:x"),
        ),
        removes_all=False,
        transport="TCP",
        host="192.0.2.7",
        port=5060,
        connection=9,
        path=("sip:192.0.2.1;lr",),
        user_agent="Telefon für Küche",
    ),
    AnswerRegistration(4, 200, (("sip:a@192.0.2.7", 600),)),
    Drain(),
    SetOverloaded(on=True),
    DialogConfirmed(LEG, "a@b", "ours", "theirs"),
    TransferRequested("a@b", "<sip:a@b>", 7),
    Notify(LEG, 7, 200),
    Refer(LEG, "sip:a@b"),
    Ask(LEG),
    PhoneResponded(LEG, 200),
    SendText(LEG, "Ann: Grüße"),
    TextsAllowed(LEG),
    TextAnswered(LEG, 200),
    TextReceived("a@b", str(LEG), "Grüße"),
    TransferProgressed("a@b", 180),
    FollowCall(str(LEG), ("a@b", "c@d")),
    UnfollowCall(str(LEG)),
    WatchCalls("watch", "+15550100", "192.0.2.7"),
    UnwatchCalls("watch"),
    MessageTraced(
        sip_call_id="a@b",
        leg_id="",
        watches=("watch",),
        at_us=1_780_000_000_000_000,
        sent=True,
        transport="TLS",
        local_host="192.0.2.1",
        local_port=5061,
        remote_host="2001:db8::7",
        remote_port=40_000,
        data=bytes(range(256)) * 64,
        length=60_000,
        dropped=3,
    ),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: type(message).__name__)
def test_message_survives_encoding(message: Message) -> None:
    assert decode(encode(message)) == message


def test_every_message_has_an_example() -> None:
    assert [type(example) for example in EXAMPLES] == list(ALL)


def test_every_message_is_frozen_and_exported() -> None:
    for example in EXAMPLES:
        assert type(example).__name__ in messages.__all__
        for field in dataclasses.fields(example):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(example, field.name, None)


def test_keys_and_passwords_are_not_in_repr() -> None:
    local = LocalEnd("127.0.0.1", 1, 2, (Codec.PCMU,), key_material=b"secret")
    assert "secret" not in repr(local)
    assert "secret" not in repr(
        Dial(LEG, "sip:a@b", "<sip:c@d>", False, Flow("UDP", "::1", 1), local, "v=0\r\n", "", "secret")
    )
    assert "secret" not in repr(Attach(LEG, local, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret\r\n"))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="not JSON"),
        pytest.param(b"{}", id="not a list"),
        pytest.param(b"[]", id="no type"),
        pytest.param(b'["Message",{}]', id="type unknown"),
        pytest.param(b'[["Ring"],{}]', id="type not a name"),
        pytest.param(b'["Ring"]', id="no fields"),
        pytest.param(b'["Ring",[]]', id="fields not an object"),
        pytest.param(b'["Ring",{}]', id="field missing"),
        pytest.param(b'["Ring",{"leg_id":5}]', id="field of another type"),
        pytest.param(b'["Ring",{"leg_id":"x"}]', id="not a UUID"),
        pytest.param(b'["RemoveWorker",{"worker_id":"1"}]', id="number in quotes"),
        pytest.param(b'["RemoveWorker",{"worker_id":true}]', id="boolean for a number"),
        pytest.param(b'["Drain",{"more":1}]', id="field unknown"),
        pytest.param(
            encode(next(each for each in EXAMPLES if isinstance(each, Dial))).replace(b'"TCP"', b'"SCTP"'),
            id="value not in the literal",
        ),
        pytest.param(b'["EdgeCounted",{"counters":[["a"]]}]', id="pair cut short"),
        pytest.param(b" " * (MAX_MESSAGE_BYTES + 1), id="too large"),
    ],
)
def test_invalid_record_is_refused(record: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode(record)


@given(
    st.recursive(
        st.none() | st.integers(-5, 5) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_value_of_another_type_is_refused(value: object) -> None:
    for kind in (Ring, Attach):
        with pytest.raises(MalformedMessage):
            decode(orjson.dumps([kind.__name__, {"leg_id": value}]))


def test_too_large_message_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        encode(messages.ReleaseCall("x" * MAX_MESSAGE_BYTES))
