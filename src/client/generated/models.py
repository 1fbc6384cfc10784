"""Answers of the API.

Made by tools/generate_client.py; not edited by hand.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from mixminus.client.request import Model, Timestamp

__all__ = [
    "AccessKey",
    "Activeflow",
    "Address",
    "Admitted",
    "Agent",
    "Attempt",
    "Audit",
    "Balance",
    "BalanceReport",
    "Breakout",
    "BreakoutRoom",
    "Broadcast",
    "Broadcasts",
    "Call",
    "ChatMessage",
    "Conference",
    "Conferencecall",
    "Credit",
    "Customer",
    "Delivery",
    "Diversion",
    "Erasure",
    "Event",
    "Extension",
    "Flow",
    "Groupcall",
    "Guest",
    "GuestLink",
    "Health",
    "Hears",
    "HearsException",
    "Listener",
    "Listeners",
    "Login",
    "MediaStream",
    "MediaStreams",
    "NewAccessKey",
    "NewGuestLink",
    "Node",
    "Nodes",
    "Number",
    "OwnCustomer",
    "Peaks",
    "Placed",
    "Playback",
    "Playbacks",
    "Pong",
    "Recording",
    "RecordingFile",
    "RecordingFinding",
    "Refusal",
    "Registration",
    "Resent",
    "Running",
    "Server",
    "SipAddress",
    "Speaking",
    "Talker",
    "Talkers",
    "Timeline",
    "TimelineLine",
    "Trace",
    "Transcribe",
    "Transcript",
    "Transfer",
    "Trunk",
    "TrunkServer",
    "Undelivered",
    "UndeliveredEvent",
    "Usage",
    "Verification",
    "Whisper",
]


class AccessKey(Model):
    """An access key, without its token."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    token_prefix: str
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Activeflow(Model):
    """A running or ended execution of a flow."""

    id: UUID
    customer_id: UUID
    flow_id: UUID
    """The nil UUID means none."""
    status: Literal["running", "ended"]
    reference_type: Literal["", "ai", "api", "call", "campaign", "conversation", "transcribe", "recording"]
    """What it belongs to: a `call`, or only the request to the `api`."""
    reference_id: UUID
    """The nil UUID means none."""
    reference_activeflow_id: UUID
    """The nil UUID means none."""
    on_complete_flow_id: UUID
    """The nil UUID means none."""
    webhook_uri: str
    """Where its events are sent in addition to the customer's webhook."""
    webhook_method: str
    current_action: dict[str, Any]
    """`id`, `next_id`, `type`, `option`, `tm_execute`; ids are nil and the type empty for none."""
    forward_action_id: UUID
    """The nil UUID means none."""
    executed_actions: list[dict[str, Any]]
    """The last hundred actions before the current one, oldest first."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Conferencecall(Model):
    """A participant of a conference."""

    id: UUID
    customer_id: UUID
    activeflow_id: UUID
    """The nil UUID means none."""
    conference_id: UUID
    reference_type: Literal["call"]
    reference_id: UUID
    """The participant's call."""
    status: Literal["joining", "joined", "leaving", "leaved"]
    role: Literal["participant", "moderator"]
    muted: bool
    """The others do not hear the participant."""
    deaf: bool
    """The participant does not hear the others."""
    gain_db: float
    """Gain of the participant's audio for the others."""
    levelling: Literal["room", "on", "off"]
    """Whether the participant is brought to the common loudness: as the `levelling` of its room, or `on` or `off`."""
    noise_suppression: Literal["room", "on", "off"]
    """Whether noise is removed from what the others hear: as its room says, or `on` or `off`."""
    talking: bool
    on_hold: bool
    """The participant's phone has put the call on hold; what it plays meanwhile is not heard in the room."""
    waiting: bool
    """In the lobby: for a moderator, or to be admitted."""
    hand_raised: bool
    label: str
    """Your own label, stored and returned unchanged."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Admitted(Model):
    """The participants that were admitted."""

    result: list[Conferencecall]


class Agent(Model):
    """A person who can log in."""

    id: UUID
    customer_id: UUID
    username: str
    name: str
    detail: str
    ring_method: Literal["ringall", "linear"]
    status: Literal["", "available", "away", "busy", "offline", "ringing"]
    """What the agent's own program has set; the server does not use it."""
    permission: int
    """Bits, one for each right."""
    tag_ids: list[UUID]
    addresses: list[dict[str, Any]]
    """Where the agent is called."""
    direct_hash: str
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Audit(Model):
    """A request that changed something, or was refused to."""

    id: UUID
    customer_id: UUID
    agent_id: UUID
    """The nil UUID means none."""
    access_key_id: UUID
    """The nil UUID means none."""
    guest_link_id: UUID
    """The nil UUID means none."""
    operation: str
    """The operationId of the request."""
    resource_id: UUID
    """The nil UUID means none."""
    source: str
    """The address that the request came from; behind a proxy, that of the proxy."""
    http_status: int
    """0 if the connection ended before there was a response."""
    reason: str
    """The `reason` of the error; empty without one."""
    request_id: str
    tm_create: Timestamp


class Balance(Model):
    """The credits of a customer."""

    customer_id: UUID
    credits: int
    """What was added less what was deducted for participants that have left."""
    tm_exhausted: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp


class Running(Model):
    """The time so far of participants that are in rooms; it is counted when they leave."""

    participants: int
    seconds: float
    minutes: int
    credits: int
    """What is deducted when they leave, and more with every minute."""


class BalanceReport(Model):
    """The balance of a customer, and what its participants use now."""

    balance: Balance | None
    """Null if the customer is not limited."""
    running: Running
    available: int | None
    """The credits that are left, less what is running; null if the customer is not limited."""


class Refusal(Model):
    """A participant that stays where it is."""

    conferencecall_id: UUID
    reason: str
    """As in `error.reason`."""
    message: str


class BreakoutRoom(Model):
    """A breakout room, and who is moved."""

    conference_id: UUID
    name: str
    conferencecalls: list[Conferencecall]
    """The participants that are joining, with new ids."""
    refused: list[Refusal]


class Breakout(Model):
    """The rooms of a breakout."""

    result: list[BreakoutRoom]


class Broadcast(Model):
    """The mix of a room, sent to many."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    protocol: Literal["hls", "icecast"]
    status: Literal["starting", "live", "retrying", "ended", "failed"]
    error: str
    """Why it failed, or is retrying; else empty."""
    path: str
    """The playlist, relative to the server's address; it needs a credential, such as the token of a guest link.
    Empty for Icecast.
    """
    url: str
    """The mount of an Icecast server that gets it, without user and password; else empty."""
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp


class Broadcasts(Model):
    """The broadcasts of a room, oldest first."""

    result: list[Broadcast]


class Address(Model):
    """The source or the destination of a call."""

    type: Literal["", "tel", "sip", "extension", "agent", "conference"]
    target: str
    target_name: str
    name: str
    detail: str


class Diversion(Model):
    """A party that a call was meant for before it was diverted."""

    target: str
    """A number, or `user@host`; `anonymous` if it asked not to be shown."""
    name: str
    reason: str
    """As RFC 5806 names it: `no-answer`, `user-busy`, `unconditional`, ...; empty if unknown."""


class Call(Model):
    """A call of a phone or a browser."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: UUID
    """The nil UUID means none."""
    flow_id: UUID
    """The nil UUID means none."""
    activeflow_id: UUID
    """The nil UUID means none."""
    type: Literal["flow"]
    master_call_id: UUID
    """The nil UUID means none."""
    chained_call_ids: list[UUID]
    recording_id: UUID
    """The nil UUID means none."""
    recording_ids: list[UUID]
    """The newest 100 recordings of the call, oldest first; an active one is last. `GET /recordings` has all."""
    groupcall_id: UUID
    """The nil UUID means none."""
    source: Address
    destination: Address
    status: Literal["dialing", "ringing", "progressing", "terminating", "canceling", "hangup"]
    action: dict[str, Any]
    """`id`, `next_id`, `type`, `option`, `tm_execute`; ids are nil and the type empty for none."""
    metadata: dict[str, Any]
    headers: dict[str, str]
    """The `X-...` and `User-to-User` headers of the INVITE; of an incoming call with their names in lower case."""
    diversions: list[Diversion]
    """Where an incoming call of a trusted trunk was diverted from, the last diversion first."""
    direction: Literal["incoming", "outgoing"]
    mute_direction: Literal["", "in", "out", "both"]
    """`in`: others do not hear it; `out`: it does not hear others."""
    hangup_by: Literal["", "remote", "local"]
    hangup_reason: Literal["", "normal", "failed", "busy", "cancel", "timeout", "noanswer", "dialout", "amd"]
    answered_by: Literal["", "human", "machine", "beep", "unknown"]
    """What answering machine detection has heard: `beep` is a machine, which has beeped. Empty without a result."""
    answered_by_ms: int
    """When that was known, in milliseconds from the beginning of the detection."""
    greeting_ms: int
    """How long the greeting was by then."""
    tm_progressing: Timestamp
    tm_ringing: Timestamp
    tm_hangup: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class ChatMessage(Model):
    """A message in a room."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    sender_id: UUID
    """The nil UUID means none."""
    sender_name: str
    recipient_id: UUID
    """The nil UUID means none."""
    text: str
    """Empty once it is deleted."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Conference(Model):
    """A conference room."""

    id: UUID
    customer_id: UUID
    type: Literal["conference", "connect", "queue"]
    """A `connect` room is for two: it ends when one of them leaves. A `queue` room works as a `conference`."""
    status: Literal["starting", "progressing", "terminating", "terminated"]
    """Never goes back to an earlier status."""
    name: str
    detail: str
    data: dict[str, Any]
    """Your own data, stored and returned unchanged."""
    timeout: int
    """Seconds after which the room is closed; 0 means never."""
    pre_actions: list[dict[str, Any]]
    """Actions of a call before it enters the room."""
    post_actions: list[dict[str, Any]]
    """Actions of a call after it has left the room."""
    pre_flow_id: UUID
    """The nil UUID means none."""
    post_flow_id: UUID
    """The nil UUID means none."""
    conferencecall_ids: list[UUID]
    """Participants in the room, in the order in which they joined."""
    recording_id: UUID
    """The nil UUID means none."""
    recording_ids: list[UUID]
    """The newest 100 recordings of the room, oldest first; an active one is last. `GET /recordings` has all."""
    transcribe_id: UUID
    """The nil UUID means none."""
    transcribe_ids: list[UUID]
    """The newest 100 transcribes of the room, oldest first. `GET /transcribes` has all."""
    direct_hash: str
    """A name that phones can dial instead of the id."""
    breakout_of: UUID
    """The nil UUID means none."""
    max_participants: int
    """Maximum number of participants; 0 means no limit."""
    pin: str | None
    """PIN that participants enter; empty for none. Null in events if there is one."""
    moderator_pin: str | None
    """PIN that makes a participant a moderator; empty for none. Null in events if there is one."""
    locked: bool
    """No new participants are admitted."""
    wait_for_moderator: bool
    """Participants cannot hear each other until a moderator joins."""
    lobby: bool
    """Participants wait until they are admitted one by one; moderators do not."""
    end_when_moderator_leaves: bool
    entry_tone: bool
    exit_tone: bool
    music_when_alone: bool
    record_on_start: bool
    announce: Literal["", "count", "names"]
    """What is announced when a participant joins or leaves: nothing, the number, or the name."""
    prompts: Literal["off", "pin", "all"]
    """Spoken prompts for a participant: none, the request for the PIN, or all."""
    language: str
    """The language that is spoken, BCP 47: of prompts and announcements (empty: the server's), and of transcriptions that name none."""
    prompt_texts: dict[str, str]
    """Replacements of prompts: a text, or `sound:` and the name of a file in the folder of sounds."""
    dtmf_menu: dict[str, Literal["mute", "louder", "softer", "lock", "count", "hand", "leave"]]
    """Actions by DTMF keys. An entry has 1 to 4 keys and is not the prefix of another; empty for no menu."""
    relay_digits: bool
    """Digits that a participant presses, and the menu leaves, are sent to the other participants (RFC 4733)."""
    levelling: bool
    """Participants are slowly brought to a common loudness of -23 LUFS (ITU-R BS.1770)."""
    noise_suppression: bool
    """Noise is removed from what the others hear of each participant (RNNoise)."""
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Credit(Model):
    """Credits that were added to a balance."""

    id: UUID
    customer_id: UUID
    credits: int
    """Negative for a correction."""
    detail: str
    tm_create: Timestamp


class Customer(Model):
    """A tenant, the owner of conferences, calls, recordings, agents and keys."""

    id: UUID
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"]
    webhook_uri: str
    """Where events are sent; empty for nowhere."""
    srtp: Literal["", "never", "optional", "required"]
    """Whether the audio of calls is encrypted, where a trunk or an extension has no policy; empty: as the signalling is."""
    billing_account_id: UUID
    """The nil UUID means none."""
    metadata: dict[str, Any]
    email_verified: bool
    status: Literal["active", "frozen"]
    identity_verification_status: Literal["none"]
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Attempt(Model):
    """A request to a webhook."""

    tm: Timestamp
    http_status: int
    """0 if there was no response."""
    duration_ms: int
    error: str
    """Why there was no response; empty if there was one."""


class Delivery(Model):
    """What became of an event at a webhook."""

    id: int
    """Id of the event. It has two deliveries if it is sent to the customer's webhook and to its activeflow's."""
    type: str
    webhook_type: Literal["customer", "activeflow"]
    """Whose webhook it is: the customer's, or that of an activeflow."""
    webhook_id: UUID
    """Id of the customer or of the activeflow."""
    state: Literal["waiting", "delivered", "undelivered"]
    """`waiting` for an attempt, `delivered`, or `undelivered`: no further attempt is made unless it is sent again."""
    attempt_count: int
    attempts: list[Attempt]
    """The last 20, newest first; empty if the event waits behind another one."""
    tm_next: Timestamp


class Erasure(Model):
    """What an erasure has done: how many of each were erased."""

    calls: int
    participants: int
    transcripts: int
    messages: int
    groupcalls: int
    activeflows: int
    events: int
    recordings: int
    """Recordings that were deleted: of calls, and of rooms if that was asked for."""
    stems: int
    """Files of recordings of rooms that had the person's voice alone."""
    traces: int
    recordings_kept: list[str]
    """Recordings of rooms that have the person's voice still, in their mix."""
    calls_in_progress: int
    """Calls that have not ended, and were left as they are: repeat the request when they have."""


class Event(Model):
    """An event."""

    id: int
    """Orders all events; the value for `after`."""
    stream_id: UUID
    """The conference, or the customer if the event belongs to no conference."""
    number: int
    """Counts the events of the stream without gaps, from 1."""
    type: str
    data: dict[str, Any]
    """The resource as it was at that time."""


class Extension(Model):
    """A login for phones: one name, one password, up to three phones at a time."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    extension: str
    """What is dialled."""
    domain_name: str
    """Part of the SIP realm `<domain_name>.registrar.<base domain>`."""
    username: str
    """The user name for registration."""
    password: str | None
    """Null in events."""
    direct_hash: str
    """A name that rings the phones."""
    srtp: Literal["", "never", "optional", "required"]
    """Whether the audio of its calls is encrypted; empty for the customer's policy."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Flow(Model):
    """A named list of actions for calls."""

    id: UUID
    customer_id: UUID
    type: Literal["flow"]
    name: str
    detail: str
    actions: list[dict[str, Any]]
    """Each has `id`, `next_id`, `type` and `option`; the server adds missing ids."""
    direct_hash: str
    """A name that phones can dial."""
    on_complete_flow_id: UUID
    """The nil UUID means none."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Groupcall(Model):
    """Calls that ring together, or one after the other: the first to answer is connected, the others are hung up."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: UUID
    """The nil UUID means none."""
    status: Literal["progressing", "hangingup", "hangup"]
    flow_id: UUID
    """The nil UUID means none."""
    source: Address
    destinations: list[Address]
    master_call_id: UUID
    """The nil UUID means none."""
    master_groupcall_id: UUID
    """The nil UUID means none."""
    ring_method: Literal["ring_all", "linear"]
    answer_method: str
    answer_call_id: UUID
    """The nil UUID means none."""
    call_ids: list[UUID]
    answer_groupcall_id: UUID
    """The nil UUID means none."""
    groupcall_ids: list[UUID]
    call_count: int
    groupcall_count: int
    dial_index: int
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Guest(Model):
    """What a guest may know of the conference that its link leads to."""

    conference_id: UUID
    conference_name: str
    status: Literal["starting", "progressing", "terminating", "terminated"]
    locked: bool
    """Whether the conference admits no more participants at present."""
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_expire: Timestamp


class GuestLink(Model):
    """A link by which guests join one conference from a browser, without its token."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Health(Model):
    """The state that was asked for is given."""

    status: Literal["live", "ready"]


class HearsException(Model):
    """How loud one participant hears another."""

    listener: UUID
    speaker: UUID
    gain_db: float | None
    """Null is silence."""


class Whisper(Model):
    """Only these listeners hear the speaker."""

    speaker: UUID
    listeners: list[UUID]


class Hears(Model):
    """The rules, which can be sent back by PUT, and the pairs that they affect now."""

    exceptions: list[HearsException]
    whisper: list[Whisper]
    result: list[HearsException]
    """The pairs that the rules affect now."""


class Listener(Model):
    """Who hears a room by WHEP, and is no participant."""

    id: UUID
    """Of its WHEP session."""
    customer_id: UUID
    conference_id: UUID
    name: str
    """As it has named itself."""
    tm_create: Timestamp
    tm_end: Timestamp


class Listeners(Model):
    """The listeners of a room, oldest first."""

    result: list[Listener]


class Login(Model):
    """A session."""

    username: str
    token: str


class MediaStream(Model):
    """The audio of a room or a call, carried to a program and back over a WebSocket that the server opens."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    """The nil UUID means none."""
    call_id: UUID
    """The nil UUID means none."""
    url: str
    protocol: Literal["mixminus", "twilio"]
    encapsulation: Literal["sln", "rtp", "audiosocket"]
    sample_rate: int
    listen: str
    """Of a room: `mix`, `participant` or `mix_minus`; of a call: `in`, `out` or `both`."""
    conferencecall_id: UUID
    """The nil UUID means none."""
    parameters: dict[str, str]
    status: Literal["connecting", "connected", "reconnecting", "ended", "failed"]
    error: str
    """Why it failed, or why the last connection was lost; else empty."""
    connections: int
    """How often the WebSocket was opened."""
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp


class MediaStreams(Model):
    """The media streams of a room or a call, oldest first."""

    result: list[MediaStream]


class NewAccessKey(Model):
    """A new access key."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    token_prefix: str
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
    token: str
    """The credential. It is shown only once."""


class NewGuestLink(Model):
    """A new guest link."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
    token: str
    """The credential of the guest. It is shown only once."""
    path: str
    """The join page with the token, relative to the address of the server."""


class Node(Model):
    """One start of a server that shares its database."""

    id: UUID
    address: str
    """Of its internal listener."""
    version: str
    state: Literal["serving", "draining", "gone"]
    """`draining`: it takes no new calls, and gives its rooms to others."""
    leader: bool
    """Whether it sends the webhooks, and takes over what others leave."""
    rooms: int
    """Whose home it is; as it last reported."""
    calls: int
    load: float
    """CPU time of its busiest mixing thread over a second, as a share of the time it has."""
    tm_start: Timestamp
    tm_lease: Timestamp
    lease_age_s: float
    """Seconds since it last renewed its lease, by the database's clock: it does so each 1.5 s, and is gone after 6."""


class Nodes(Model):
    """The nodes, and which of them answers."""

    here: UUID
    """The node that answers; the nil UUID for a server that has its database for itself."""
    leader: bool
    """Whether that node sends the webhooks, and takes over what others leave."""
    result: list[Node]
    """Oldest first, with those that went within a day; empty for a server that has its database for itself."""


class Number(Model):
    """A number that phones can dial."""

    id: UUID
    customer_id: UUID
    number: str
    """Can be dialled with or without its plus sign."""
    type: Literal["normal", "virtual"]
    call_flow_id: UUID
    """The nil UUID means none."""
    message_flow_id: UUID
    """The nil UUID means none."""
    name: str
    detail: str
    status: Literal["active", "deleted"]
    t38_enabled: Literal[False]
    emergency_enabled: Literal[False]
    metadata: dict[str, Any]
    """Your own data, stored and returned unchanged."""
    tm_purchase: Timestamp
    tm_renew: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class OwnCustomer(Model):
    """The caller's own customer."""

    id: UUID
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: Literal["", "POST", "PUT", "GET", "DELETE"]
    webhook_uri: str
    """Where events are sent; empty for nowhere."""
    srtp: Literal["", "never", "optional", "required"]
    """Whether the audio of calls is encrypted, where a trunk or an extension has no policy; empty: as the signalling is."""
    billing_account_id: UUID
    """The nil UUID means none."""
    metadata: dict[str, Any]
    email_verified: bool
    status: Literal["active", "frozen"]
    identity_verification_status: Literal["none"]
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
    webhook_secret: str
    """The key that signs webhooks."""


class Peaks(Model):
    """A waveform: the minimum and the maximum sample of each stretch and channel, in 8 bits."""

    version: Literal[2]
    channels: int
    sample_rate: int
    samples_per_pixel: int
    bits: Literal[8]
    length: int
    data: list[int]


class Placed(Model):
    """The calls that were started; events and GET report their progress."""

    calls: list[Call]
    """One for each telephone number or SIP address."""
    groupcalls: list[Groupcall]
    """One for each extension or agent."""


class Playback(Model):
    """A text or files, said or played to a room or to one participant."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    conferencecall_id: UUID
    """The nil UUID means none."""
    type: Literal["talk", "play"]
    status: Literal["queued", "playing", "finished", "stopped", "failed"]
    text: str
    language: str
    stream_urls: list[str]
    loop: int
    """How many times; 0 is until it is stopped."""
    gain_db: float
    duck_db: float
    """By how much the talkers are lowered meanwhile; 0 mixes."""
    error: str
    """Why it failed; else empty."""
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp


class Playbacks(Model):
    """The playbacks of a room, oldest first."""

    result: list[Playback]


class Pong(Model):
    """The server is ready."""

    message: Literal["pong"]


class RecordingFile(Model):
    """A file of a recording, at /recordingfiles/{id}?track=..."""

    track: str
    """`mix` is the recording itself."""
    name: str
    bytes: int
    sha256: str


class Recording(Model):
    """A recording; its audio is at /recordingfiles/{id} when it has ended."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: UUID
    """The nil UUID means none."""
    activeflow_id: UUID
    """The nil UUID means none."""
    reference_type: Literal["confbridge", "call"]
    reference_id: UUID
    """The recorded conference or call."""
    status: Literal["initiating", "recording", "stopping", "ended"]
    format: Literal["wav", "flac", "ogg", "mp3", "m4a"]
    channels: Literal["mono", "stereo"]
    stems: bool
    """Whether each speaker has a file of its own as well."""
    paused: Literal["", "silence", "cut"]
    """The mode of the current pause."""
    progress: float | None
    """Fraction that is encoded, 0 to 1, while encoding runs."""
    error: str
    """Empty, `disk_full`, `disk_failed`, `repaired` (by a restart), `encoding_failed`, `not_completed`,
    or `lost`: neither a disk nor the storage has anything of it.
    """
    seal: str
    """The last hash of the timeline when the recording has ended. It proves that nothing was changed."""
    files: list[RecordingFile]
    """When the recording has ended: the recording itself, then its stems."""
    on_end_flow_id: UUID
    """The nil UUID means none."""
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Registration(Model):
    """A phone that is registered with an extension, and is rung when it is called."""

    extension_id: UUID
    customer_id: UUID
    extension: str
    """The name of the extension."""
    contact: str
    """The address that the phone has given."""
    transport: Literal["udp", "tcp", "tls", "wss"]
    host: str
    """The IP address that it registered from: calls to it are sent there."""
    port: int
    user_agent: str
    """What the phone calls itself; empty if it does not say."""
    node_id: UUID
    """The nil UUID means none."""
    tm_create: Timestamp
    tm_expire: Timestamp


class Resent(Model):
    """Deliveries that are made again."""

    count: int
    """Events that are already known to be accepted are sent again if they are named."""


class SipAddress(Model):
    """A transport of SIP."""

    transport: Literal["udp", "tcp", "tls", "wss"]
    host: str
    """IP address that phones use; `MIXMINUS_PUBLIC_HOST`, if it is set."""
    port: int


class Server(Model):
    """What this server serves."""

    sip_domain: str
    """The parent domain of the realms of customers and trunks: `MIXMINUS_SIP_DOMAIN`."""
    sip_addresses: list[SipAddress]
    """Where phones register and call, the preferred first; empty while SIP does not run."""
    nodes: bool
    """Whether several servers share the database, and this credential may see them: `GET /nodes`."""


class Speaking(Model):
    """A session in which text is said to a call or a room, piece by piece."""

    id: UUID
    customer_id: UUID
    reference_type: Literal["call", "confbridge"]
    reference_id: UUID
    language: str
    provider: str
    voice_id: str
    direction: Literal["none", "in", "both"]
    status: Literal["active", "stopped"]
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Talker(Model):
    """A participant that is in the room now, its level and the quality of its audio."""

    conferencecall_id: UUID
    call_id: UUID
    session_id: UUID
    """The WHIP session of a browser; a phone has one as well."""
    name: str
    transport: Literal["sip", "webrtc", "local"]
    """`local` is the other end of a call within this server."""
    codec: Literal["PCMU", "PCMA", "G722", "opus", "L16"] | None
    """Null before media is negotiated, and for a `local` participant."""
    level_dbov: int
    """-127 is silence, 0 is full scale."""
    talking: bool
    dominant: bool
    """The dominant speaker of the room, also while all are silent."""
    muted: bool
    delay_ms: float
    """Audio that waits in the jitter buffer."""
    jitter_ms: float
    """RFC 3550 appendix A.8."""
    loss: float
    """Fraction of the participant's packets that were lost."""
    round_trip_ms: float | None
    """Null until it is known."""
    mos: float | None
    """Estimated quality of the participant's audio, 1.0 to 4.5; null until it is known."""


class Talkers(Model):
    """The participants that are in the room now."""

    result: list[Talker]


class TimelineLine(Model):
    """An event or the hashes of a segment; a SHA-256 chain binds it to all earlier lines."""

    entry: dict[str, Any]
    """`type` is `begin`, `event`, `segment`, `end` or `files`; an event has its sample position, `at`."""
    hash: str
    """Over the previous hash and the entry with sorted keys."""


class Timeline(Model):
    """The events of a recording and the hashes that prove it."""

    entries: list[TimelineLine]
    files: list[RecordingFile]
    seal: str


class Trace(Model):
    """A trace: the SIP messages and the audio statistics of a call, or of the next calls of a number."""

    id: UUID
    customer_id: UUID
    call_id: UUID
    """The nil UUID means none."""
    number: str
    """Of the caller or the called party; empty for any."""
    peer: str
    """The IP address that SIP comes from or goes to; empty for any."""
    calls: int
    """How many calls are traced at most."""
    duration: int
    status: Literal["waiting", "tracing", "ended"]
    """`waiting` for its first call, `tracing`, or `ended`."""
    end_reason: Literal["", "calls_ended", "duration", "stopped", "full", "restart", "disk_failed"]
    """Empty, `calls_ended`, `duration`, `stopped`, `full`, `restart` (of the server) or `disk_failed`."""
    call_ids: list[UUID]
    """The calls that it has, in the order in which they were found."""
    messages: int
    statistics: int
    size: int
    """Bytes."""
    dropped: int
    """Messages that were lost: there were too many at once, or one that did not fit any more."""
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_end: Timestamp


class Transcribe(Model):
    """A transcription session of a conference, a call or a recording."""

    id: UUID
    customer_id: UUID
    activeflow_id: UUID
    """The nil UUID means none."""
    on_end_flow_id: UUID
    """The nil UUID means none."""
    reference_type: Literal["call", "confbridge", "recording", "unknown"]
    reference_id: UUID
    """The transcribed conference, call or recording."""
    status: Literal["progressing", "done"]
    """`done` when the last transcript is stored."""
    language: str
    direction: Literal["both", "in", "out"]
    """`in`: audio of the participants; `out`: audio that the room plays to them."""
    provider: str
    """Stored and returned unchanged; there is one engine."""
    translate_to: str
    """The language that transcripts are translated to, BCP 47; empty for none."""
    behind_s: float
    """Delay of recognition in seconds, from 5 on: a busy server lags and loses nothing."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Transcript(Model):
    """One utterance."""

    id: UUID
    customer_id: UUID
    transcribe_id: UUID
    direction: Literal["in", "out"]
    message: str
    translations: dict[str, str]
    """`message` in other languages, by BCP 47 tag; without one that could not be made."""
    conferencecall_id: UUID
    """The nil UUID means none."""
    call_id: UUID
    """The nil UUID means none."""
    label: str
    """The participant's label at that time."""
    start_s: float
    """Since the start of the transcription, on its sample clock."""
    end_s: float
    offset_ms: int
    """`start_s` in whole milliseconds."""
    confidence: float
    tm_transcript: str
    """`start_s` as a time on the zero date."""
    tm_create: Timestamp


class Transfer(Model):
    """A transfer that has begun."""

    type: Literal["blind", "attended"]
    transferer_call_id: UUID
    transferee_addresses: list[Address]
    transferee_call_id: UUID
    """The nil UUID means none."""
    groupcall_id: UUID
    """The nil UUID means none."""


class TrunkServer(Model):
    """A server of a trunk."""

    address: str
    """Transport, address and port, as `udp:192.0.2.1:5060`."""
    status: Literal["up", "down"]
    detail: str
    """Its last answer that has changed the status, or `no response`."""


class Trunk(Model):
    """A connection to another telephone exchange or a provider."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    domain_name: str
    """The first label of `<domain_name>.trunk.<base domain>`."""
    auth_types: list[Literal["basic", "ip", "tls"]]
    """How incoming calls are authenticated: `basic` by password, `ip` by address, `tls` by a client certificate."""
    username: str
    password: str | None
    """Null in events."""
    allowed_ips: list[str]
    certificate_names: list[str]
    """The domains that a client certificate may be for, with `tls`."""
    outbound_host: str
    """Where calls to numbers are sent, with or without a port; empty for nowhere."""
    outbound_transport: Literal["udp", "tcp", "tls", "auto"]
    outbound_register: bool
    """Whether the server registers at `outbound_host` with `username` and `password`, so that calls come in."""
    trust_identity: bool
    """Whether P-Asserted-Identity and its like, Privacy, Diversion and History-Info of its calls count."""
    identity_header: Literal["", "p-asserted-identity", "p-preferred-identity", "remote-party-id"]
    """The header that names the caller in calls to it, besides From."""
    diversion_header: Literal["", "diversion", "history-info"]
    """The header that names the dialled number in calls that a flow passes on to it."""
    from_domain: str
    """The domain in From; empty for the server's own address."""
    outbound_proxy: str
    """Where its requests are sent to in place of `outbound_host`, with or without a port."""
    registration: Literal["", "registering", "registered", "failed"]
    """The state of that registration."""
    registration_detail: str
    """Why the last attempt failed: the status and the reason of the provider's answer."""
    srtp: Literal["", "never", "optional", "required"]
    """Whether the audio of its calls is encrypted, in and out; empty for the customer's policy."""
    first_response_s: int
    """How long an INVITE may have no response, before the next server, or the customer's next trunk, gets the call."""
    media_timeout_s: int
    """How long a call may have no audio and no reports before its far end is asked by OPTIONS; 0 for the server's setting."""
    options_interval_s: int
    """How often each server is probed with OPTIONS; 0 for never."""
    health: Literal["", "unknown", "up", "degraded", "down"]
    """What the probes show: `degraded` if some servers are down, `unknown` before the first result, empty without probes."""
    servers: list[TrunkServer]
    """The servers that have been probed."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class UndeliveredEvent(Model):
    """An event that a webhook did not accept."""

    id: int
    webhook_type: Literal["customer", "activeflow"]
    """Whose webhook it is: the customer's, or that of an activeflow."""
    webhook_id: UUID
    """Id of the customer or of the activeflow."""
    http_status: int
    """The last status of the webhook; 0 if there was no response."""
    tm: Timestamp


class Undelivered(Model):
    """Events that webhooks did not accept, oldest first."""

    result: list[UndeliveredEvent]


class Usage(Model):
    """The time of participants that have left: of a room on a day, or what was asked for."""

    day: date | None
    """The day, of UTC; null if it is of all days."""
    conference_id: UUID
    """The nil UUID means none."""
    conference_name: str
    participants: int
    """How many joined."""
    seconds: float
    minutes: int
    """Each participant's minutes that have begun."""
    credits: int
    """What was deducted from the balance; 0 without a balance."""


class RecordingFinding(Model):
    """A difference from the sealed recording."""

    what: str
    where: str


class Verification(Model):
    """Whether a recording is unchanged."""

    intact: bool
    findings: list[RecordingFinding]
