"""A trace as a page for people: a ladder diagram for each call, charts of its audio, and the text of every message.

One file without scripts and without anything from elsewhere; readable in light and dark, without colours, and by those
who hear it. What phones have sent is escaped, and the page's policy lets nothing run.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

from mixminus.model.trace import Trace
from mixminus.trace.diagram import charts, ladder, printable
from mixminus.trace.entries import Entry, moment
from mixminus.trace.rows import CallLadder, MessageRow, ladders

__all__ = ["MEDIA_TYPE", "page", "policy"]

MEDIA_TYPE: Final = "text/html"
_HIDDEN: Final = "Credentials, keys, passwords and digits are masked."


@cache
def _styles() -> str:
    return files("mixminus.trace").joinpath("ladder.css").read_text("utf-8")


@cache
def policy() -> str:
    """Return the Content-Security-Policy of a page: its own styles alone."""
    digest = base64.b64encode(hashlib.sha256(_styles().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(trace: Trace, entries: Sequence[Entry]) -> bytes:
    """Return the page of a trace."""
    calls = ladders(entries)
    body = "".join(_call(each, number) for number, each in enumerate(calls, 1))
    nothing = "" if calls else '<p class="nothing">No call yet. Load this page again when there was one.</p>'
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>Trace {trace.id}</title><style>{_styles()}</style></head><body>"
        f"<header><h1>Trace of {_subject(trace, len(calls))}</h1>{_facts(trace)}</header><main>{body}{nothing}</main>"
        f"<footer><p>Times are in UTC, as they were at the edge of the server. {_HIDDEN}</p></footer></body></html>"
    )
    return text.encode("utf-8", "replace")


def _subject(trace: Trace, calls: int) -> str:
    spec = trace.spec
    if not (spec.number or spec.peer):
        return "a call"
    wanted = " ".join(each for each in (spec.number, f"at {spec.peer}" if spec.peer else "") if each)
    return f"{calls} call{'' if calls == 1 else 's'} of {printable(wanted, 80)}"


def _facts(trace: Trace) -> str:
    state = f"{trace.status}, {trace.end_reason.replace('_', ' ')}" if trace.end_reason else str(trace.status)
    facts = {
        "trace": str(trace.id),
        "begun": f"{trace.tm_create:%Y-%m-%d %H:%M:%S}",
        "state": state,
        "messages": str(trace.messages) + (f" ({trace.dropped} are missing)" if trace.dropped else ""),
    }
    return (
        "<dl>"
        + "".join(f"<div><dt>{name}</dt><dd>{escape(each)}</dd></div>" for name, each in facts.items())
        + "</dl>"
    )


def _call(call: CallLadder, number: int) -> str:
    heading = f"call-{number}"
    graphs = charts(call.samples)
    label = f"Ladder diagram of call {number}: {len(call.messages)} messages"
    diagram = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{ladder(call, label)}</div>'
        if call.messages
        else '<p class="nothing">No SIP messages: the call of a browser, or none came while it was traced.</p>'
    )
    messages = "".join(_text(each, call) for each in call.messages)
    return (
        f'<section aria-labelledby="{heading}"><h2 id="{heading}">Call {number} <small>{call.call_id}</small></h2>'
        f"{diagram}"
        + (f'<h3>Audio</h3><div class="charts">{graphs}</div>' if graphs else "")
        + (f"<h3>Messages</h3>{messages}" if messages else "")
        + "</section>"
    )


def _text(row: MessageRow, call: CallLadder) -> str:
    message, time = row.message, moment(row.message.at_us)
    names = [call.parties[each].name for each in (row.source, row.destination)]
    missing = message.length - len(message.data)
    note = (
        f"\n[{missing} bytes are missing here]"
        if message.data and missing > 0 and _is_cut(message.data)
        else ""
    )
    return (
        f'<details class="{row.kind}"><summary><time datetime="{time.isoformat()}">{time:%H:%M:%S.%f}</time> '
        f'<span class="ends">{printable(names[0])} → {printable(names[1])}</span> '
        f'<span class="what">{printable(row.title, 90)}</span>'
        f"{' <em>repeated</em>' if row.repeated else ''}</summary>"
        f'<pre id="m{row.number}" tabindex="-1">{printable(message.data.decode("utf-8", "replace"))}{note}</pre></details>'
    )


def _is_cut(message: bytes) -> bool:
    """Return whether a message is as long as a trace keeps; masking makes others shorter too."""
    return len(message) >= 16_384  # noqa: PLR2004 - sip.edge.message.MAX_MESSAGE_BYTES
