"""Records of ended calls: what billing needs of a call, published once, when it has ended."""

from datetime import datetime
from typing import Any

from mixminus.call.leg import LegEnded
from mixminus.model.call import Call
from mixminus.store.database import Transaction
from mixminus.store.outbox import Draft
from mixminus.wire.usage import CallRecordView

__all__ = ["publish_record"]

_OF_THE_CALL = (
    "id",
    "customer_id",
    "activeflow_id",
    "groupcall_id",
    "direction",
    "source",
    "destination",
    "hangup_by",
    "hangup_reason",
    "answered_by",
    "tm_create",
    "tm_ringing",
    "tm_progressing",
    "tm_hangup",
)


def publish_record(tx: Transaction, call: Call, ended: LegEnded) -> None:
    """Publish the record of a call that has ended, in the transaction that writes its end."""
    end = call.tm_hangup or call.tm_create
    record: dict[str, Any] = {name: getattr(call, name) for name in _OF_THE_CALL}
    record |= {
        "transport": ended.transport,
        "sip_code": ended.sip_code,
        "media": ended.media,
        "duration_s": _seconds(call.tm_create, end),
        "answered_s": _seconds(call.tm_progressing or end, end),
    }
    data = CallRecordView.render(record, tx.timestamp_style)
    tx.outbox.add(Draft(call.customer_id, "cdr_created", call.customer_id, data, end))


def _seconds(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin).total_seconds())
