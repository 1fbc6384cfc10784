"""Every message between the processes of the SIP side; ``records.py`` makes bytes of them.

    server ── Fork ─────────────────────────────> zygote
           <─ Forked WorkerExited ───────────────
    server ── Dial Attach Ring Answer Reject Hold HangUp Notify Refer Drain ─> worker
           <─ WorkerReady IncomingCall CallDialled CallRang CallAnswered MediaAgreed
              DigitReceived DialogConfirmed TransferAsked TransferTold CallEnded ──
    server ── OpenEdge AddWorker RemoveWorker ReserveCall ReleaseCall Drain ──> edge
           <─ EdgeOpened CallReserved EdgeCounted ────────────
    server ── GiveAccount ForgetAccounts AnswerRegistration ───────> edge
           <─ AccountAsked LoginsFailed RegistrationAsked ─

Commands are imperatives, reports are past participles. One message is one
record of a Unix SOCK_SEQPACKET socket.
End of file on such a socket means that the other process is gone.
"""

from dataclasses import dataclass, field

from mixminus.model.ids import LegId
from mixminus.sip.hop import Hop
from mixminus.sip.sdp.negotiation import LocalEnd

__all__ = [
    "AccountAsked",
    "AddWorker",
    "Answer",
    "AnswerRegistration",
    "Attach",
    "CallAnswered",
    "CallDialled",
    "CallEnded",
    "CallRang",
    "CallReserved",
    "Dial",
    "DialogConfirmed",
    "DigitReceived",
    "Drain",
    "EdgeCounted",
    "EdgeOpened",
    "ForgetAccounts",
    "Fork",
    "Forked",
    "GiveAccount",
    "HangUp",
    "Hold",
    "IncomingCall",
    "LoginsFailed",
    "MediaAgreed",
    "Message",
    "Notify",
    "OpenEdge",
    "Refer",
    "RegisteringPhone",
    "RegistrationAsked",
    "Reject",
    "ReleaseCall",
    "RemoveWorker",
    "ReserveCall",
    "Ring",
    "TransferAsked",
    "TransferTold",
    "WorkerExited",
    "WorkerReady",
]


@dataclass(frozen=True, slots=True)
class Fork:
    """To the zygote, with the worker's end of its socket beside it: fork a worker."""

    worker_id: int
    max_calls: int
    session_expires_s: int
    edge_port: int
    """On loopback: the worker takes SIP from there and from nowhere else."""


@dataclass(frozen=True, slots=True)
class Forked:
    worker_id: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerExited:
    worker_id: int
    exit_code: int
    """Negative: the signal that ended it."""


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker listens on loopback and takes so many calls at once."""

    sip_port: int
    capacity: int


@dataclass(frozen=True, slots=True)
class IncomingCall:
    leg_id: LegId
    sip_call_id: str
    request_uri: str
    from_uri: str
    """With the display name, as the header has it."""
    to_uri: str
    offer: str
    """The SDP, or nothing: then ours goes into the 200 (late offer)."""
    account_id: str = ""
    """The extension or trunk that has proved itself to the edge; empty for anybody else."""
    source_host: str = ""
    """The address that the INVITE came to the edge from."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Call somebody, with this as our end of the media."""

    leg_id: LegId
    request_uri: str
    from_value: str
    """The From header, without a tag."""
    private: bool
    """Ask whoever is on the way not to tell who calls (RFC 3323)."""
    hop: Hop
    local: LocalEnd
    offer: str
    """Our SDP."""
    username: str = ""
    """For those who ask for digest credentials; empty where we have none."""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CallDialled:
    """The INVITE of a Dial is on its way."""

    leg_id: LegId
    sip_call_id: str


@dataclass(frozen=True, slots=True)
class CallRang:
    """The far end has sent its first 18x."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The far end has answered; MediaAgreed came before."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Attach:
    """This is our end of the leg's media; sent before the first Ring or Answer."""

    leg_id: LegId
    local: LocalEnd
    description: str = field(repr=False)
    """Our SDP: the answer to the INVITE's offer, or an offer if it had none. It holds SRTP keys."""


@dataclass(frozen=True, slots=True)
class Ring:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Answer:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Reject:
    leg_id: LegId
    status_code: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the phone on hold, or take it back, by a re-INVITE."""

    leg_id: LegId
    on: bool


@dataclass(frozen=True, slots=True)
class HangUp:
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class MediaAgreed:
    """An offer/answer exchange is complete: the first one, hold, resume, or any later one."""

    leg_id: LegId
    local_sdp: str
    remote_sdp: str


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """DTMF by INFO (application/dtmf-relay)."""

    leg_id: LegId
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    leg_id: LegId
    sip_call_id: str
    status_code: int
    local: bool
    """Whether Reject, HangUp or Drain ended it."""
    redirect: str = ""
    """Where a 3xx sends whoever has dialled."""


@dataclass(frozen=True, slots=True)
class DialogConfirmed:
    """The dialog of a leg is complete: by these another one names it in a Replaces."""

    leg_id: LegId
    sip_call_id: str
    local_tag: str
    remote_tag: str


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A phone refers us to somebody; it has been told that we try."""

    leg_id: LegId
    refer_to: str
    """The header's value, which the edge has found to be readable."""
    refer_id: int
    """What later REFERs of a dialog are told apart by; 0 for the first."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell a phone how what it asked for goes on: a SIP status code, of which those from 200 on are the last."""

    leg_id: LegId
    refer_id: int
    status_code: int


@dataclass(frozen=True, slots=True)
class Refer:
    """Ask a phone to call somebody else in our place."""

    leg_id: LegId
    uri: str


@dataclass(frozen=True, slots=True)
class TransferTold:
    """A phone says how far it has come with a Refer: a SIP status code; from 200 on it is the last."""

    leg_id: LegId
    status_code: int


@dataclass(frozen=True, slots=True)
class OpenEdge:
    host: str
    port: int
    public_host: str
    inner_port: int
    """Loopback port towards the workers; 0 at the first start, the same again after a restart."""
    invites_per_s: float
    messages_per_s: float
    domain: str = ""
    """What the realms of customers and trunks are below."""
    digests: str = "both"


@dataclass(frozen=True, slots=True)
class EdgeOpened:
    port: int
    inner_port: int


@dataclass(frozen=True, slots=True)
class AddWorker:
    worker_id: int
    sip_port: int
    capacity: int
    sip_call_ids: tuple[str, ...] = ()
    """Calls that it already has, when the edge is the one that was restarted."""


@dataclass(frozen=True, slots=True)
class RemoveWorker:
    """The worker is gone: tell the phones of its calls."""

    worker_id: int


@dataclass(frozen=True, slots=True)
class ReserveCall:
    """Find a worker with room for a call that we make; until the INVITE has passed its name is ``leg_id``."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class CallReserved:
    leg_id: LegId
    worker_id: int
    """0: there is no room."""


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """The call is over in its worker; of a call of ours that has not come so far, the name is its leg's id."""

    sip_call_id: str


@dataclass(frozen=True, slots=True)
class EdgeCounted:
    """Counters that have grown, by name, with their whole value."""

    counters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AccountAsked:
    """From the edge: who may log in by this name?"""

    ask: int
    domain: str
    """The host that was named, or the realm that was digested."""
    username: str
    host: str


@dataclass(frozen=True, slots=True)
class GiveAccount:
    ask: int
    realm: str
    account_id: str
    """Empty: nobody."""
    sha256: str
    """H(A1) of RFC 7616; empty where no password opens."""
    md5: str
    trusted: bool
    """The address is proof enough."""


@dataclass(frozen=True, slots=True)
class ForgetAccounts:
    """Somebody's password, or whether they may log in, has changed: ask again."""


@dataclass(frozen=True, slots=True)
class LoginsFailed:
    """Somebody keeps trying an account's door, and waits longer each time from now on."""

    account_id: str
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class RegisteringPhone:
    """One Contact of a REGISTER; 0 seconds take it away."""

    contact: str
    expires_s: int
    instance: str


@dataclass(frozen=True, slots=True)
class RegistrationAsked:
    """A phone of this account has proved itself, and wants to be found by the flow it came by."""

    ask: int
    account_id: str
    sip_call_id: str
    sequence_number: int
    phones: tuple[RegisteringPhone, ...]
    removes_all: bool
    transport: str
    host: str
    port: int
    connection: int


@dataclass(frozen=True, slots=True)
class AnswerRegistration:
    ask: int
    status_code: int
    phones: tuple[tuple[str, int], ...]
    """Every contact that the account has now, with the seconds it has left."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new call; a worker also hangs up its calls, and exits when the last is over."""


Message = (
    Fork
    | Forked
    | WorkerExited
    | WorkerReady
    | IncomingCall
    | Dial
    | CallDialled
    | CallRang
    | CallAnswered
    | Attach
    | Ring
    | Answer
    | Reject
    | Hold
    | HangUp
    | MediaAgreed
    | DigitReceived
    | CallEnded
    | OpenEdge
    | EdgeOpened
    | AddWorker
    | RemoveWorker
    | ReserveCall
    | CallReserved
    | ReleaseCall
    | EdgeCounted
    | AccountAsked
    | GiveAccount
    | ForgetAccounts
    | LoginsFailed
    | RegistrationAsked
    | AnswerRegistration
    | Drain
    | DialogConfirmed
    | TransferAsked
    | Notify
    | Refer
    | TransferTold
)
