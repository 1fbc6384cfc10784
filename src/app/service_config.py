"""ServiceConfig: what the services need of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixminus.app.sounds import SoundConfig
from mixminus.call.outbound import Carrier
from mixminus.call.service import MAX_DURATION_S
from mixminus.model.ids import ConferenceId
from mixminus.privacy.retention import RetentionConfig
from mixminus.speech.recognition.pool import SpeechConfig
from mixminus.trace.service import TraceConfig
from mixminus.usage.service import UsageConfig
from mixminus.webrtc.endpoint import WebRtcConfig

__all__ = ["ServiceConfig"]


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Settings of the services."""

    recordings_directory: Path
    sounds: SoundConfig
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    recording_sample_rate_hz: int = 16_000
    recording_storage_url: str = ""
    recording_part_s: float = 10
    """Seconds between two parts of a running recording in a storage; 0 for none."""
    recording_retention_days: int = 0
    traces: TraceConfig | None = None
    """None: the defaults, in a folder beside the recordings."""
    private_targets: bool = True
    """Whether flows may send requests to this machine and to private networks."""
    names: Mapping[str, ConferenceId] = field(default_factory=dict)
    """Dial-in names of conferences; the demo adds its own later."""
    audit_retention_days: int = 0
    """0 keeps all audits, up to their maximum number."""
    metrics_token: str = ""
    sip_domain: str = "mixminus.local"
    """SIP realms of customers and trunks are subdomains of it."""
    trunk: Carrier | None = None
    call_max_duration_s: float = MAX_DURATION_S
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    usage: UsageConfig = field(default_factory=UsageConfig)
    max_load: float = 0.8
    """Share of its time that a mixing thread may work before calls are refused."""
    room_seats: int = 1000
    """Participants of one room whose calls a node takes."""
    webrtc: WebRtcConfig = field(default_factory=WebRtcConfig)
    root_certificate: Path | None = None
    """The root of the server's own certificate authority, for clients to download."""
