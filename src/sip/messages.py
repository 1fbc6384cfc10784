"""Every message between the processes of the SIP side; ``channel.py`` encodes and sends them.

    server ── Fork ─────────────────────────────> zygote
           <─ WorkerExited ──────────────────────
    server ── Dial Attach Ring Progress Answer Reject Hold HangUp Notify Refer SendText Ask Drain ─> worker
           <─ WorkerReady IncomingCall CallDialled CallRang CallAnswered MediaAgreed
              ProgressAcknowledged DialogConfirmed PhoneResponded TextsAllowed TextAnswered CallEnded CallFreed ──
    server ── OpenEdge AddWorker RestoreCall MoveCall RemoveWorker ShutOutCaller
              ReserveCall ReleaseCall Drain SetOverloaded ──> edge
           <─ EdgeOpened CallReserved CallRecorded CallNotMoved EdgeCounted ─
           <─ DigitReceived TextReceived MediaHostsNamed TransferRequested TransferProgressed ──
    server ── Register Unregister ProbeServers StopProbes ───────────> edge
           <─ TrunkRegistered ServerProbed ─
    server ── AnswerAccount ForgetAccounts AnswerRegistration ───────> edge
           <─ AccountRequested LoginsFailed RegistrationRequested WebSocketClosed ─
    server ── FollowCall UnfollowCall WatchCalls UnwatchCalls ───────> edge
           <─ MessageTraced ─
    server ── Ping ──> edge, zygote, worker
           <─ Pinged ─

Commands are imperatives, reports are past participles. One message is one record of a Unix
SOCK_SEQPACKET socket; end of file means that the other process has exited.
"""

from dataclasses import dataclass, field

from mixminus.model.ids import LegId
from mixminus.model.signalling import MAX_FORWARDS
from mixminus.sip.internal_headers import Flow
from mixminus.sip.sdp.negotiation import LocalEnd

__all__ = [
    "AccountRequested",
    "AddWorker",
    "Answer",
    "AnswerAccount",
    "AnswerRegistration",
    "Ask",
    "Attach",
    "CallAnswered",
    "CallDialled",
    "CallEnded",
    "CallFreed",
    "CallNotMoved",
    "CallRang",
    "CallRecorded",
    "CallReserved",
    "Dial",
    "DialogConfirmed",
    "DigitReceived",
    "Drain",
    "EdgeCounted",
    "EdgeOpened",
    "FollowCall",
    "ForgetAccounts",
    "Fork",
    "HangUp",
    "HeaderFields",
    "Hold",
    "IncomingCall",
    "LoginsFailed",
    "MediaAgreed",
    "MediaHostsNamed",
    "Message",
    "MessageTraced",
    "MoveCall",
    "Notify",
    "OpenEdge",
    "PhoneResponded",
    "Ping",
    "Pinged",
    "ProbeServers",
    "Progress",
    "ProgressAcknowledged",
    "Refer",
    "Register",
    "RegisteringPhone",
    "RegistrationRequested",
    "Reject",
    "ReleaseCall",
    "RemoveWorker",
    "ReserveCall",
    "RestoreCall",
    "Ring",
    "SendText",
    "ServerProbed",
    "SetOverloaded",
    "ShutOutCaller",
    "StopProbes",
    "TextAnswered",
    "TextReceived",
    "TextsAllowed",
    "TransferProgressed",
    "TransferRequested",
    "TrunkRegistered",
    "UnfollowCall",
    "Unregister",
    "UnwatchCalls",
    "WatchCalls",
    "WebSocketClosed",
    "WorkerExited",
    "WorkerReady",
]


HeaderFields = tuple[tuple[str, str], ...]
"""Names and values."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Fork a worker; its end of the channel is sent along as a file descriptor."""

    worker_id: int
    max_calls: int
    session_expires_s: int
    edge_port: int
    """On loopback: the worker accepts SIP from this port only."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with Pinged: a process that does not is stopped or stuck, and is replaced (``mixminus.heartbeat``)."""


@dataclass(frozen=True, slots=True)
class Pinged:
    """The process serves its channel."""


@dataclass(frozen=True, slots=True)
class WorkerExited:
    worker_id: int
    exit_code: int
    """Negative for a signal."""


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker listens on loopback, and takes up to ``capacity`` calls at once."""

    sip_port: int
    capacity: int
    pid: int


@dataclass(frozen=True, slots=True)
class IncomingCall:
    leg_id: LegId
    sip_call_id: str
    request_uri: str
    from_uri: str
    """The From header with its display name."""
    to_uri: str
    offer: str
    """The SDP; empty for a late offer, when ours goes into the 200."""
    account_id: str = ""
    """The extension or trunk that the edge has authenticated; empty for others."""
    source_host: str = ""
    """The address that sent the INVITE."""
    media_hosts: tuple[str, ...] = ()
    """The addresses that the INVITE names, where audio may come from."""
    verified: bool = False
    """Whether that address has proved to receive what is sent to it."""
    replaces: str = ""
    """The Call-ID of the call that this one takes the place of (RFC 3891); empty for none."""
    headers: HeaderFields = ()
    """Own headers, identity and diversions, as the edge has found them."""
    resumed: bool = False
    """Whether it continues the leg of a call whose worker has crashed."""
    max_forwards: int = MAX_FORWARDS
    received_ms: int = 0
    """When the worker received the INVITE, in ms since 1970."""


@dataclass(frozen=True, slots=True)
class MediaHostsNamed:
    """The edge reports the addresses that the newest message of a phone in a call names."""

    sip_call_id: str
    hosts: tuple[str, ...]
    leg_id: str = ""
    """The leg of an outgoing call; empty where the Call-ID alone is known."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Make an outgoing call."""

    leg_id: LegId
    request_uri: str
    from_value: str
    """The From header, without a tag."""
    private: bool
    """Ask for privacy on the way (RFC 3323)."""
    flow: Flow
    local: LocalEnd
    offer: str
    """Our SDP."""
    username: str = ""
    """For digest challenges; empty without credentials."""
    password: str = field(default="", repr=False)
    headers: HeaderFields = ()
    """Own headers, and those that identify the caller."""
    route: tuple[str, ...] = ()
    """The URIs of proxies for the Route header."""
    max_forwards: int = MAX_FORWARDS
    account_id: str = ""
    """The extension that is called; empty for any other far end."""
    first_response_s: float = 0.0
    """The time in which a server must respond at all, because another one can be tried; 0 for no limit."""


@dataclass(frozen=True, slots=True)
class CallDialled:
    """The INVITE of a Dial has been sent."""

    leg_id: LegId
    sip_call_id: str


@dataclass(frozen=True, slots=True)
class CallRang:
    """The far end has sent its first 18x."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The far end has answered; MediaAgreed was sent before."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Attach:
    """Our end of an incoming call's media; sent with the first Ring, Progress or Answer, or before it."""

    leg_id: LegId
    local: LocalEnd
    description: str = field(repr=False)
    """Our SDP: the answer to the INVITE's offer, or an offer if it had none. It holds SRTP keys."""
    held: bool = False
    """Whether a resumed call is on hold by us."""


@dataclass(frozen=True, slots=True)
class Ring:
    leg_id: LegId
    attach: Attach | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Send 183 with our answer: early media (RFC 3960)."""

    leg_id: LegId
    attach: Attach | None = None


@dataclass(frozen=True, slots=True)
class ProgressAcknowledged:
    """The phone has acknowledged a reliable provisional response (PRACK, RFC 3262)."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Answer:
    leg_id: LegId
    headers: HeaderFields = ()
    attach: Attach | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    leg_id: LegId
    status_code: int
    headers: HeaderFields = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the phone on hold, or take it off hold, by a re-INVITE."""

    leg_id: LegId
    on: bool


@dataclass(frozen=True, slots=True)
class HangUp:
    leg_id: LegId
    headers: HeaderFields = ()


@dataclass(frozen=True, slots=True)
class MediaAgreed:
    """An offer/answer exchange is complete; not reported is that of an incoming INVITE's offer, which the server answers."""

    leg_id: LegId
    local_sdp: str
    remote_sdp: str
    early: bool = False
    """Whether a called phone sends media before it answers."""


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """A DTMF digit by INFO."""

    sip_call_id: str
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
    """The Contact of a 3xx."""


@dataclass(frozen=True, slots=True)
class CallFreed:
    """The library has freed the slot of a call: the worker has room for another one."""

    sip_call_id: str


@dataclass(frozen=True, slots=True)
class DialogConfirmed:
    """The dialog of a leg is confirmed; a Replaces names it by these values."""

    leg_id: LegId
    sip_call_id: str
    local_tag: str
    remote_tag: str


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """A phone has sent REFER, and got 202."""

    sip_call_id: str
    refer_to: str
    """The header's URI in brackets, validated by the edge."""
    refer_id: int
    """Distinguishes the later REFERs of a dialog; 0 for the first."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a NOTIFY about a REFER; a status code from 200 on is the last."""

    leg_id: LegId
    refer_id: int
    status_code: int


@dataclass(frozen=True, slots=True)
class Refer:
    """Send a REFER: the phone is to call ``uri`` in our place."""

    leg_id: LegId
    uri: str


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a MESSAGE within the call (RFC 3428)."""

    leg_id: LegId
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextsAllowed:
    """The Allow of the phone's INVITE, or of its 200, names MESSAGE."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class TextAnswered:
    """A phone has responded to our MESSAGE, finally."""

    leg_id: LegId
    status_code: int


@dataclass(frozen=True, slots=True)
class TextReceived:
    """A phone in a call has sent a text, and got 202."""

    sip_call_id: str
    leg_id: str
    """The leg of an outgoing call; empty where the Call-ID alone is known."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Send OPTIONS within the call, which shows whether the phone is there (RFC 3261 section 11)."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class PhoneResponded:
    """A phone has responded to our OPTIONS."""

    leg_id: LegId
    status_code: int


@dataclass(frozen=True, slots=True)
class TransferProgressed:
    """A phone has reported on our REFER; a status code from 200 on is the last."""

    sip_call_id: str
    status_code: int


@dataclass(frozen=True, slots=True)
class OpenEdge:
    hosts: tuple[str, ...]
    """At most one of each family, as are those that are advertised."""
    port: int
    public_hosts: tuple[str, ...]
    inner_port: int
    """The loopback port towards the workers; 0 at the first start, the same one after a restart."""
    invites_per_s: float
    messages_per_s: float
    proxies: tuple[str, ...] = ()
    """The addresses of proxies of ours: no limit of one source holds for them."""
    domain: str = ""
    """The parent domain of the realms of customers and trunks."""
    digests: str = "both"
    key: bytes = field(default=b"", repr=False)
    """Of the branches of requests to phones; the same after a restart."""
    tls_port: int | None = None
    """None: no TLS."""
    wss_port: int | None = None
    """None: no SIP over secure WebSockets."""
    certificate: str = ""
    """Path of the PEM file of the certificate and its chain; ``certificate_key`` is its key's."""
    certificate_key: str = ""
    trusted: str = ""
    """Path of a PEM file of authorities for connections to trunks, besides the system's; may be empty."""
    clients: str = ""
    """Path of a PEM file of authorities for the certificates of clients over TLS; empty for not asking for any."""
    relay_host: str = ""
    """Where other nodes reach this one; empty for a server that is no node."""
    node_key: bytes = field(default=b"", repr=False)
    """Of what other nodes write for this one (``node_keys.py``)."""


@dataclass(frozen=True, slots=True)
class EdgeOpened:
    port: int
    inner_port: int
    tls_port: int = 0
    """0 without TLS."""
    wss_port: int = 0
    """0 without SIP over secure WebSockets."""


@dataclass(frozen=True, slots=True)
class AddWorker:
    worker_id: int
    sip_port: int
    capacity: int


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """The edge asks the server to keep what it knows of a call, until the next record; an empty one ends it."""

    worker_id: int
    sip_call_id: str
    record: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RestoreCall:
    """A call of a worker from before a restart of the edge."""

    worker_id: int
    record: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MoveCall:
    """A call of a worker that has exited is to be continued by another one; sent before RemoveWorker."""

    sip_call_id: str
    leg_id: str
    remote_sdp: str = field(repr=False)
    """The phone's session description, as agreed on."""


@dataclass(frozen=True, slots=True)
class CallNotMoved:
    """A call cannot be continued by another worker: the edge has ended it."""

    sip_call_id: str
    leg_id: str
    hung_up: bool = False
    """Whether the phone has hung up at the time of the crash."""


@dataclass(frozen=True, slots=True)
class RemoveWorker:
    """The worker has exited: end its calls that are not to be moved."""

    worker_id: int


@dataclass(frozen=True, slots=True)
class ShutOutCaller:
    """A worker has crashed: shut out who wrote to it last."""

    sip_port: int


@dataclass(frozen=True, slots=True)
class ReserveCall:
    """Reserve a worker for an outgoing call, known as ``leg_id`` until its INVITE has passed the edge."""

    leg_id: LegId


@dataclass(frozen=True, slots=True)
class CallReserved:
    leg_id: LegId
    worker_id: int
    """0 if all workers are full."""


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """The call is over in its worker; an outgoing call whose INVITE was not sent is named by its leg's id."""

    sip_call_id: str


@dataclass(frozen=True, slots=True)
class EdgeCounted:
    """Counters that have changed, by name, with their total."""

    counters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AccountRequested:
    """The edge asks for an account."""

    request_id: int
    domain: str
    """The host in the URI, or the realm of the credentials."""
    username: str
    host: str
    names: tuple[str, ...] = ()
    """The domains of the certificate that the client has presented."""


@dataclass(frozen=True, slots=True)
class AnswerAccount:
    request_id: int
    realm: str
    account_id: str
    """Empty if there is no such account."""
    sha256: str
    """H(A1) of RFC 7616; empty if no password is accepted."""
    md5: str
    trusted: bool
    """The source address authenticates the account."""
    registered_here: bool = False
    """A phone of the account is registered from the address of the client."""


@dataclass(frozen=True, slots=True)
class ForgetAccounts:
    """An account has changed: drop the cached answers."""


@dataclass(frozen=True, slots=True)
class WebSocketClosed:
    """A WebSocket has closed by which phones had registered; they cannot be reached any more."""

    connection: int


@dataclass(frozen=True, slots=True)
class LoginsFailed:
    """Repeated failed logins to an account; further attempts are delayed."""

    account_id: str
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class RegisteringPhone:
    """One Contact of a REGISTER; 0 seconds remove it."""

    contact: str
    expires_s: int
    instance: str


@dataclass(frozen=True, slots=True)
class RegistrationRequested:
    """An authenticated phone asks to be registered, reachable by the flow that it used."""

    request_id: int
    account_id: str
    sip_call_id: str
    sequence_number: int
    phones: tuple[RegisteringPhone, ...]
    removes_all: bool
    transport: str
    host: str
    port: int
    connection: int
    path: tuple[str, ...] = ()
    """The URIs of the proxies by which the phone registered (RFC 3327)."""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRegistration:
    request_id: int
    status_code: int
    phones: tuple[tuple[str, int], ...]
    """All contacts of the account now, with the seconds until they expire."""


@dataclass(frozen=True, slots=True)
class Register:
    """Register a trunk with its provider, and keep it registered; replaces the trunk's earlier registration."""

    trunk_id: str
    flows: tuple[Flow, ...]
    """The addresses of the registrar, in order of preference."""
    registrar: str
    """The Request-URI."""
    address: str
    """The address of record."""
    username: str
    password: str = field(repr=False)
    contact_user: str = field(repr=False)
    """A call to this user at our address comes from the provider."""
    route: str = ""
    """The URI of a proxy for the Route header; empty for none."""
    expires_s: int = 600


@dataclass(frozen=True, slots=True)
class Unregister:
    """Remove a trunk's registration."""

    trunk_id: str


@dataclass(frozen=True, slots=True)
class TrunkRegistered:
    """A provider has answered a REGISTER: 200, or why not; 408 without an answer."""

    trunk_id: str
    status_code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProbeServers:
    """Send OPTIONS to a trunk's servers from now on; replaces what was probed for the trunk."""

    trunk_id: str
    uri: str
    """The Request-URI."""
    flows: tuple[Flow, ...]
    """The servers."""
    interval_s: float
    """Between the probes of a server that is up."""
    route: str = ""
    """The URI of a proxy for the Route header; empty for none."""
    from_uri: str = ""
    """Empty for our own address."""


@dataclass(frozen=True, slots=True)
class StopProbes:
    """Probe a trunk's servers no more."""

    trunk_id: str


@dataclass(frozen=True, slots=True)
class ServerProbed:
    """A server of a trunk has begun or ceased to answer OPTIONS."""

    trunk_id: str
    flow: Flow
    up: bool
    detail: str
    """Its answer, or that there was none."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no new calls; a worker also hangs up its calls and exits after the last one."""


@dataclass(frozen=True, slots=True)
class SetOverloaded:
    """Refuse new calls while ``on``; calls and their requests go on."""

    on: bool


@dataclass(frozen=True, slots=True)
class FollowCall:
    """Trace the calls of a leg: those with these Call-IDs, and those that it dials later."""

    leg_id: str
    sip_call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnfollowCall:
    leg_id: str


@dataclass(frozen=True, slots=True)
class WatchCalls:
    """Trace for a short time each new call that matches, until the server follows it."""

    watch_id: str
    number: str = field(repr=False)
    """Of the caller or the called party; empty for any."""
    peer: str
    """The address that SIP comes from or goes to; empty for any."""


@dataclass(frozen=True, slots=True)
class UnwatchCalls:
    watch_id: str


@dataclass(frozen=True, slots=True)
class MessageTraced:
    """A message of a traced call, masked, as it passes the public side."""

    sip_call_id: str
    leg_id: str
    """The leg of an outgoing call; empty where the Call-ID alone is known."""
    watches: tuple[str, ...]
    """The watches that it matches; none of a call that is followed."""
    at_us: int
    """Wall time, in microseconds since 1970."""
    sent: bool
    transport: str
    local_host: str
    local_port: int
    remote_host: str
    remote_port: int
    data: bytes = field(repr=False)
    length: int
    """Before masking and cutting."""
    dropped: int
    """The messages of all traces that were lost since the last report."""


Message = (
    Fork
    | WorkerExited
    | Ping
    | Pinged
    | WorkerReady
    | IncomingCall
    | Dial
    | CallDialled
    | CallRang
    | CallAnswered
    | Attach
    | Ring
    | Progress
    | ProgressAcknowledged
    | Answer
    | Reject
    | Hold
    | HangUp
    | MediaAgreed
    | MediaHostsNamed
    | DigitReceived
    | CallEnded
    | CallFreed
    | OpenEdge
    | EdgeOpened
    | AddWorker
    | MoveCall
    | CallNotMoved
    | RemoveWorker
    | ShutOutCaller
    | ReserveCall
    | CallReserved
    | CallRecorded
    | RestoreCall
    | ReleaseCall
    | EdgeCounted
    | AccountRequested
    | AnswerAccount
    | ForgetAccounts
    | Register
    | Unregister
    | TrunkRegistered
    | ProbeServers
    | StopProbes
    | ServerProbed
    | LoginsFailed
    | WebSocketClosed
    | RegistrationRequested
    | AnswerRegistration
    | Drain
    | SetOverloaded
    | DialogConfirmed
    | TransferRequested
    | Notify
    | Refer
    | Ask
    | PhoneResponded
    | SendText
    | TextsAllowed
    | TextAnswered
    | TextReceived
    | TransferProgressed
    | FollowCall
    | UnfollowCall
    | WatchCalls
    | UnwatchCalls
    | MessageTraced
)
