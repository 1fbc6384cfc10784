"""The edge's table of calls."""

from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_router import PHONE, SDP, answer_of, forwarded, open_router, records, request


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
