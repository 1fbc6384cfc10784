"""The edge's table of calls."""

from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.edge.call import CallEvent, EdgeCall
from mixminus.sip.edge.calls import CallTable, Worker
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_router import PHONE, SDP, answer_of, forwarded, open_router, records, request


def opened(table: CallTable, call_id: str, *, outgoing: bool = False) -> EdgeCall:
    headers = Headers([("from", "<sip:ada@192.0.2.7>;tag=f"), ("to", "<sip:b@c>"), ("call-id", call_id)])
    invite = Request("INVITE", "sip:b@c", headers)
    call = EdgeCall(invite, PHONE, 1, 0.0, outgoing=outgoing)
    table.open(call)
    return call


def test_a_call_of_a_phone_is_unconfirmed_while_an_ack_is_missing() -> None:
    table = CallTable()
    table.add_worker(Worker(1, 7001, 4))
    call, _ = opened(table, "1"), opened(table, "2", outgoing=True)
    assert table.unconfirmed() == [call]
    call.dialog.confirmed = True
    call.dialog.answered_with_success(1, 0.0)
    assert table.unconfirmed() == [call]
    call.dialog.unacknowledged = 0
    assert table.unconfirmed() == []
    call.dialog.answered_with_success(2, 1.0)
    table.await_acknowledgement(call)
    assert table.unconfirmed() == [call], "a re-INVITE"


def test_a_call_that_is_over_or_lost_is_not_unconfirmed() -> None:
    table = CallTable()
    table.add_worker(Worker(1, 7001, 4))
    over, lost = opened(table, "1"), opened(table, "2")
    table.fire(over, CallEvent.ENDED, 1.0)
    assert table.unconfirmed() == [lost]
    table.remove_worker(1)
    assert table.unconfirmed() == []
    table.keep(lost)
    assert table.unconfirmed() == [lost], "another worker is to continue it"


def test_a_call_is_recorded_when_it_comes_and_when_it_is_answered() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.0))
    (first,) = records(router)
    router.from_worker(answer_of(invite.message, 100), invite.sip_port, 0.0)
    assert records(router) == []
    router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, 0.0)
    assert len(records(router)) == 1
    after = open_router()
    after.restore(1, first, 0.0)
    assert after.poll(60.0) == [], "its worker has the INVITE: nothing is awaited"
    assert isinstance(after.from_worker(answer_of(invite.message, 180), invite.sip_port, 60.0), ToPhone)
