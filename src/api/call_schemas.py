"""What clients send about calls that we make (api.md section 5.2)."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mixminus.api.schemas import Body, Text, Uuid
from mixminus.model.call import Address
from mixminus.model.ids import NIL

__all__ = ["AddressBody", "CallBody", "GroupcallBody", "TransferBody"]

_MAX_DESTINATIONS: Final = 100
_MAX_VARIABLES: Final = 100
_MAX_VALUE_BYTES: Final = 32 * 1024
_MAX_VARIABLES_BYTES: Final = 64 * 1024

AddressType = Literal["", "tel", "sip", "extension", "agent", "conference"]
# Addresses of the API that this house does not know: they may be named, and are skipped.
ForeignType = Literal["ai", "ai_team", "email", "line", "webchat", "web_session", "whatsapp"]
_OURS: Final[dict[str, AddressType]] = {
    each: each for each in ("", "tel", "sip", "extension", "agent", "conference")
}
Line = Annotated[Text, Field(max_length=512, pattern=r"^[^\r\n]*$")]


def _bounded(variables: dict[str, str]) -> dict[str, str]:
    sizes = [(len(name.encode()), len(value.encode())) for name, value in variables.items()]
    if len(sizes) > _MAX_VARIABLES:
        raise ValueError(f"more than {_MAX_VARIABLES} variables")
    if any(size > _MAX_VALUE_BYTES for _, size in sizes) or sum(map(sum, sizes)) > _MAX_VARIABLES_BYTES:
        raise ValueError("a value is longer than 32 KiB, or all together are longer than 64 KiB")
    return variables


class AddressBody(Body):
    """Who calls, or who is to be called."""

    type: AddressType | ForeignType = ""
    target: Line = ""
    """`+` and digits, `user@host` or a SIP URI, an extension, an agent's id."""
    target_name: Line = ""
    """The extension, where `target` is empty."""
    name: Line = ""
    """Shown to whoever is called, if this is the source."""
    detail: Line = ""

    def address(self) -> Address:
        return Address(_OURS.get(self.type, ""), self.target, self.target_name, self.name, self.detail)


class CallBody(Body):
    """POST /calls; `actions` count where there is no `flow_id`."""

    source: AddressBody = AddressBody()
    destinations: list[AddressBody] = Field(min_length=1, max_length=_MAX_DESTINATIONS)
    flow_id: Uuid = NIL
    actions: list[dict[str, Any]] = Field(default_factory=list)
    anonymous: Literal["", "yes", "no", "auto"] = ""
    """`yes` hides who calls."""
    variables: Annotated[dict[Text, Text], AfterValidator(_bounded)] = Field(default_factory=dict)
    """For the flow's `${name}`; names that begin with `voipbin.` are dropped."""


class GroupcallBody(CallBody):
    """POST /groupcalls: all destinations ring together."""

    ring_method: Literal["", "ring_all"] = ""
    answer_method: Literal["", "hangup_others"] = ""


class TransferBody(Body):
    """POST /calls/{id}/transfer: who is to come into the call's room."""

    transfer_type: Literal["blind", "attended"]
    """`blind`: the call ends when the first of them is heard there; `attended`: it stays."""
    transferee_addresses: list[AddressBody] = Field(min_length=1, max_length=_MAX_DESTINATIONS)
    """Several ring together."""
    by: Literal["call", "refer"] = "call"
    """`refer`: the phone is asked to call the first of them, a SIP address, by itself; blind only."""

    @model_validator(mode="after")
    def _phones_go_blindly(self) -> Self:
        if self.by == "refer" and self.transfer_type != "blind":
            raise ValueError("by refer, a transfer is blind")
        return self
