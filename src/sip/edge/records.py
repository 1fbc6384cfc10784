"""Records of calls: what the server keeps for the edge that follows after a crash, as opaque text."""

from typing import Any, Final

import orjson

from mixminus.sip.edge.aliases import Alias
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.message import Headers, Request
from mixminus.sip.internal_headers import Flow

__all__ = ["read_record", "record_of"]

MAX_RECORD_BYTES: Final = 24_576
_KEPT: Final = frozenset(
    {"via", "route", "record-route", "from", "to", "call-id", "cseq", "contact", "max-forwards"}
    | {"allow", "session-expires"}
)
# The worker has sent requests since: the number of our BYE must be higher (RFC 3261 section 12.2.1.1).
_NUMBERS_LEFT_OUT: Final = 1000


def record_of(call: EdgeCall) -> str:
    """Return the record of a call; empty if it is too large to keep."""
    record = {
        "uri": _text(call.invite.uri),
        "invite": _lines(call.invite.headers),
        "answer": _lines(call.answer) if call.answer else None,
        "flow": call.flow.token,
        # By the time that the record is sent, the worker has the INVITE.
        "state": CallState.EARLY if call.state is CallState.FORWARDED else call.state,
        "outgoing": call.outgoing,
        "direct": call.direct,
        "account": call.account_id,
        "outer": _text(call.outer_call_id),
        "tags": (_text(call.dialog.local_tag), _tag(call.dialog.remote_tag)),
        "target": _text(call.target),
        "alias": (_text(call.alias.worker_tag), call.alias.number_shift) if call.alias else None,
        "moves": call.moves,
        "numbers": (call.sequence_number, call.dialog.transactions.highest),
    }
    text = orjson.dumps(record)
    return text.decode() if len(text) <= MAX_RECORD_BYTES else ""


def read_record(record: str, worker_id: int, now_s: float) -> EdgeCall:
    """Return the call that a record was made of."""
    kept: dict[str, Any] = orjson.loads(record)
    invite = Request("INVITE", _read(kept["uri"]), _headers(kept["invite"]))
    call = EdgeCall(
        invite,
        Flow.from_token(kept["flow"]),
        worker_id,
        now_s,
        state=CallState(kept["state"]),
        direct=kept["direct"],
        outer_call_id=_read(kept["outer"]),
        outgoing=kept["outgoing"],
        account_id=kept["account"],
        answer=_headers(kept["answer"]) if kept["answer"] is not None else None,
        target=_read(kept["target"]),
        alias=Alias(_read(kept["alias"][0]), kept["alias"][1]) if kept["alias"] else None,
        moves=kept["moves"],
        sequence_number=kept["numbers"][0] + _NUMBERS_LEFT_OUT,
    )
    dialog = call.dialog
    local_tag, remote_tag = kept["tags"]
    dialog.local_tag, dialog.remote_tag = _read(local_tag), None if remote_tag is None else _read(remote_tag)
    dialog.confirmed = call.state is CallState.ESTABLISHED
    if not call.outgoing:
        opened = dialog.transactions.open(invite, call.flow, now_s)
        if dialog.confirmed:
            # Whether its ACK has passed is not known.
            opened.status_code = 200
    dialog.transactions.highest = kept["numbers"][1]
    return call


def _lines(headers: Headers) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in headers.entries if name in _KEPT]


def _headers(lines: list[list[str]]) -> Headers:
    return Headers([(name, _read(value)) for name, value in lines])


def _text(value: str) -> str:
    """Return what JSON can hold of a phone's text, where bytes that are not UTF-8 are surrogates."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")


def _tag(tag: str | None) -> str | None:
    return None if tag is None else _text(tag)


def _read(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
