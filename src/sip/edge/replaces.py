"""An INVITE with Replaces (RFC 3891): which call of ours it is to take the place of. Pure."""

from mixminus.sip.edge.call import CallState
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.message import Fault, Request
from mixminus.sip.grammar import Unreadable, parse_replaces

__all__ = ["replaced_by"]


def replaced_by(request: Request, calls: CallTable) -> str | Fault:
    """Return the Call-ID of the call that an INVITE replaces, empty if it replaces none, or why it cannot."""
    values = request.headers.values("replaces")
    if not values:
        return ""
    try:
        dialog = parse_replaces(values[0])
    except Unreadable:
        dialog = None
    if dialog is None or len(values) > 1:
        return Fault(400, "Bad Replaces")
    call = calls.find(dialog.sip_call_id)
    known = call and dialog.has_tags(call.dialog.local_tag, call.dialog.remote_tag)
    # An early dialog can only be replaced by the side that has opened it (RFC 3891 section 3), and we take none over.
    if not call or not known or not call.dialog.confirmed:
        return Fault(481, "Call/Transaction Does Not Exist")
    if call.dialog.over or call.state is CallState.RELEASED:
        return Fault(603, "Decline")
    return Fault(486, "Busy Here") if dialog.early_only else dialog.sip_call_id
