"""Which actions decide where a flow goes, and which need no call (api.md section 6.4)."""

from typing import Final

__all__ = ["DECIDING", "QUICK", "RECEIVING", "WITHOUT_CALL"]

# One of these that fails stops the flow; any other that fails is skipped.
DECIDING: Final = frozenset(
    [
        "branch",
        "condition_call_digits",
        "condition_call_status",
        "condition_datetime",
        "condition_variable",
        "conference_join",
        "confbridge_join",
        "connect",
        "fetch",
        "fetch_flow",
        "goto",
        "stop",
        "variable_set",
    ]
)

# Done in no time, and told with the next action that is not: a step of a flow ends where it waits.
QUICK: Final = frozenset(
    [
        "branch",
        "condition_call_digits",
        "condition_call_status",
        "condition_datetime",
        "condition_variable",
        "empty",
        "fetch_flow",
        "goto",
        "stop",
        "variable_set",
    ]
)

# What is pressed meanwhile is not early: who deals with digits, and what has other actions within it.
RECEIVING: Final = DECIDING | {"digits_receive"}

# What a flow does that was begun by the API, or by another flow's end; all else is skipped there.
WITHOUT_CALL: Final = frozenset(
    [
        "block",
        "branch",
        "call",
        "condition_datetime",
        "condition_variable",
        "empty",
        "fetch",
        "fetch_flow",
        "goto",
        "sleep",
        "stop",
        "transcribe_recording",
        "variable_set",
        "webhook_send",
    ]
)
