"""Settings: read once from the environment, ``.env`` and a TOML file.

The environment wins over ``.env``, ``.env`` over the file. The file is the one that
``MIXMINUS_CONFIG`` names, else ``mixminus.toml`` in the working directory if there is one;
its keys are the names below in lower case, without the prefix.
"""

from pathlib import Path
from typing import Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from mixminus.app.cluster_settings import ClusterSettings
from mixminus.app.limit_settings import LimitSettings
from mixminus.app.priority import Realtime
from mixminus.app.security_settings import SecuritySettings
from mixminus.app.settings_file import PREFIX, BadSettings, read_file
from mixminus.app.trunk_settings import TrunkSettings
from mixminus.hosts import is_loopback, parse_hosts
from mixminus.mixer import MAX_SHARDS
from mixminus.speech.recognition.whisper import languages_in
from mixminus.webrtc.ice_servers import is_ice_uri, is_relay

__all__ = ["PORTS_PER_CALL", "PREFIX", "BadSettings", "Settings", "load", "setting_name"]

LOOPBACK: Final = "127.0.0.1"
# Every call needs an even port for RTP and the odd one above it for RTCP (RFC 3550 section 11).
PORTS_PER_CALL: Final = 2


class Settings(SecuritySettings, LimitSettings, ClusterSettings):
    """The settings of the server; ``mixminus serve --help`` prints the descriptions."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Field(Path("data"), description="folder of the database and the recordings")
    database_url: SecretStr = Field(
        SecretStr(""), description="SQLAlchemy URL; empty means SQLite in the data folder"
    )
    http_host: str = Field(
        LOOPBACK, description="address of the API and the join page, or two of both families; :: for all"
    )
    http_port: int = Field(8080, ge=0, le=65535, description="TCP port of the API and the join page")
    sip_host: str = Field(
        LOOPBACK, description="address of SIP and of the phones' audio, or two of both families; :: for all"
    )
    sip_port: int = Field(5060, ge=0, le=65535, description="UDP and TCP port of SIP")
    https_port: int | None = Field(
        None, ge=0, le=65535, description="TCP port of the API and the join page over TLS; empty means none"
    )
    sip_tls_port: int | None = Field(
        None, ge=0, le=65535, description="TCP port of SIP over TLS, usually 5061; empty means none"
    )
    sip_wss_port: int | None = Field(
        None, ge=0, le=65535, description="TCP port of SIP over secure WebSockets; empty means none"
    )
    tls_trusted: Path | None = Field(
        None, description="PEM file of authorities that calls to trunks over TLS trust, besides the system's"
    )
    sip_tls_clients: Path | None = Field(
        None, description="PEM file of authorities whose certificates clients of SIP TLS may present"
    )
    tls_certificate: Path | None = Field(
        None,
        description="PEM file of the certificate and its chain, read again when it changes; "
        "empty means one made by this server's own authority, whose root is at /ca.pem",
    )
    tls_key: Path | None = Field(None, description="PEM file of the certificate's key")
    webrtc_host: str = Field(
        "",
        description="address of the browsers' audio; empty means the SIP address, or the API's if SIP is on loopback",
    )
    webrtc_port: int = Field(8081, ge=0, le=65535, description="port for the audio of all browsers")
    webrtc_tcp: bool = Field(True, description="accept browsers by TCP on this port too (RFC 6544)")
    ice_servers: tuple[str, ...] = Field(
        (),
        description='STUN and TURN servers for browsers, as JSON: ["turn:turn.example.com?transport=tcp"]',
    )
    ice_secret: SecretStr = Field(
        SecretStr(""),
        description="secret shared with the TURN servers (static-auth-secret of coturn); credentials are made with it",
    )
    ice_lifetime_s: int = Field(86_400, ge=60, le=31_536_000, description="lifetime of TURN credentials")
    rtp_port_min: int = Field(
        0, ge=0, le=65535, description="first UDP port of the phones' audio; 0 means any"
    )
    rtp_port_max: int = Field(
        0, ge=0, le=65535, description="last UDP port of the phones' audio; 0 means any"
    )
    public_host: str = Field(
        "",
        description="address in SDP and Contact, or two of both families; empty means the listening address",
    )
    timestamp_style: Literal["legacy", "rfc3339"] = Field(
        "legacy", description="format of times in the API: legacy or rfc3339"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="lowest level that is logged: debug, info, warning or error"
    )
    log_json: bool = Field(False, description="log one JSON object per line")
    otel_endpoint: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="base URL of an OpenTelemetry collector that gets spans by OTLP over HTTP, "
        "such as http://127.0.0.1:4318, with mixminus[otel]; empty for none",
    )
    recording_sample_rate_hz: Literal[8000, 16000, 48000] = Field(
        16000, description="sample rate of recordings, in Hz: 8000, 16000 or 48000"
    )
    recording_storage_url: str = Field(
        "",
        description="storage of finished recordings, such as s3://bucket/folder with mixminus[s3]; "
        "empty means the data folder",
    )
    recording_part_s: int = Field(
        10,
        ge=0,
        le=3600,
        description="seconds between two parts of a running recording in the storage of finished ones; 0 stores none",
    )
    recording_retention_days: int = Field(
        0, ge=0, le=36_500, description="days that recordings are kept; 0 keeps them all"
    )
    trace_seconds: int = Field(
        600, ge=1, le=86_400, description="seconds that a trace runs, unless its request says how long"
    )
    trace_max_seconds: int = Field(
        3600, ge=1, le=86_400, description="maximum number of seconds that a trace may run"
    )
    trace_max_running: int = Field(
        20, ge=0, le=1000, description="maximum number of traces that run at once; 0 permits none"
    )
    trace_retention_days: int = Field(
        7, ge=1, le=365, description="days after which an ended trace is deleted"
    )
    language: str = Field(
        "en-US",
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="language of prompts, such as en-US",
    )
    sounds_dir: Path | None = Field(
        None, description="folder of the files that flows may play; empty means sounds in the data folder"
    )
    hold_music_heard: bool = Field(
        False, description="whether rooms hear what a phone plays while it has put its call on hold"
    )
    media_timeout_ms: int = Field(
        60_000, ge=500, le=3_600_000, description="ms without packets after which a leg counts as lost"
    )
    speech_model_dir: str = Field(
        "",
        description="folder of another Whisper model, in CTranslate2's format, for speech to text; "
        "empty means the English one that was installed",
    )
    speech_workers: int = Field(
        0, ge=0, le=64, description="maximum number of speech-to-text processes; 0 means one per two cores"
    )
    shards: int = Field(
        0,
        ge=0,
        le=MAX_SHARDS,
        description="number of mixing threads; 0 means one per core that the server may use",
    )
    realtime: Realtime = Field(
        "auto",
        description="real-time priority of the mixing threads: auto, on (refuse to start without it) or off",
    )
    drain_s: float = Field(
        0,
        ge=0,
        le=604_800,
        description="seconds for which present calls may go on after SIGTERM, while new ones are refused; 0 ends them at once",
    )
    dialin: dict[str, UUID] = Field(
        default_factory=dict, description='names that a phone can dial, as JSON: {"1000": "<conference id>"}'
    )
    webhook_private_targets: Literal["", "allow", "refuse"] = Field(
        "",
        description="allow or refuse webhooks to this machine and to private networks; "
        "empty allows them while the API is on loopback",
    )
    webhook_retry_hours: float = Field(
        24, ge=0, le=720, description="hours for which an event that a webhook does not accept is tried again"
    )
    event_retention_days: int = Field(
        30, ge=0, le=36_500, description="days that events are kept for clients that resume; 0 keeps them all"
    )
    sip_domain: str = Field(
        "mixminus.local",
        pattern=r"^[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?$",
        description="SIP domain; phones register at <customer id>.registrar.<domain>, trunks at <name>.trunk.<domain>",
    )
    sip_nameserver: str = Field(
        "",
        pattern=r"^(\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}|[0-9A-Fa-f:.]+)?$",
        description="DNS server for the names of SIP servers, as address or address:port; empty for the system's",
    )
    sip_digests: Literal["both", "sha-256", "md5"] = Field(
        "both",
        description="digest algorithms offered to phones: both, sha-256, or md5 for phones that fail when "
        "they are offered an unknown algorithm",
    )
    trunk: TrunkSettings | None = Field(
        None,
        description='carrier of calls to telephone numbers, as JSON: {"host": "sip.example.com", '
        '"username": "me", "password": "..."}; "port", "transport" (udp, tcp or tls) and "srtp" (never, optional or required) are optional',
    )

    @field_validator("recording_sample_rate_hz", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        # pydantic does not convert strings of the environment to a Literal of numbers.
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("http_host", "sip_host", "webrtc_host")
    @classmethod
    def _bindable(cls, value: str) -> str:
        if value == "localhost":
            return LOOPBACK
        if value:
            try:
                parse_hosts(value)
            except ValueError:
                raise ValueError(
                    "must be an IP address of this machine, an IPv4 and an IPv6 address with a comma between them, "
                    "0.0.0.0 for all IPv4 addresses, or :: for all of both families"
                ) from None
        return value

    @field_validator("speech_model_dir")
    @classmethod
    def _model(cls, value: str) -> str:
        if value:
            try:
                languages_in(Path(value))
            except (OSError, ValueError):
                raise ValueError(
                    f"{value} has no Whisper model in CTranslate2's format (model.bin, config.json and a vocabulary): name its "
                    "folder, or leave the setting empty for the English model of mixminus[stt]"
                ) from None
        return value

    @field_validator("ice_servers")
    @classmethod
    def _ice_uris(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for uri in value:
            if not is_ice_uri(uri):
                raise ValueError(
                    f"{uri!r} is not the URI of a STUN or TURN server, such as turn:turn.example.com?transport=udp"
                )
        return value

    @model_validator(mode="after")
    def _relays(self) -> Self:
        if any(map(is_relay, self.ice_servers)) and not self.ice_secret.get_secret_value():
            raise ValueError(
                f"{PREFIX}ICE_SECRET must be set: the TURN servers of {PREFIX}ICE_SERVERS want credentials"
            )
        return self

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY must both be set, or neither")
        return self

    @model_validator(mode="after")
    def _shared(self) -> Self:
        if self.cluster_address and not self.cluster_secret.get_secret_value():
            raise ValueError(f"{PREFIX}CLUSTER_SECRET must be set with {PREFIX}CLUSTER_ADDRESS")
        if self.cluster_address and not self.database.startswith("postgresql"):
            raise ValueError(f"{PREFIX}CLUSTER_ADDRESS needs a PostgreSQL in {PREFIX}DATABASE_URL")
        return self

    @model_validator(mode="after")
    def _range(self) -> Self:
        low, high = self.rtp_port_min, self.rtp_port_max
        if (low, high) != (0, 0) and (low < 1 or high - low + 1 < PORTS_PER_CALL):
            raise ValueError(
                f"{PREFIX}RTP_PORT_MIN ({low}) and {PREFIX}RTP_PORT_MAX ({high}) must both be set, "
                f"the second above the first: a call takes {PORTS_PER_CALL} ports"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = InitSettingsSource(settings_cls, init_kwargs=read_file(cls.model_fields))
        return init_settings, env_settings, dotenv_settings, file

    @property
    def http_hosts(self) -> tuple[str, ...]:
        """The addresses of the API, at most one of each family."""
        return parse_hosts(self.http_host)

    @property
    def sip_hosts(self) -> tuple[str, ...]:
        """The addresses of SIP, at most one of each family."""
        return parse_hosts(self.sip_host)

    @property
    def media_hosts(self) -> tuple[str, ...]:
        """The addresses of the browsers' audio, with the default filled in."""
        if self.webrtc_host:
            return parse_hosts(self.webrtc_host)
        # An API behind a proxy stays on loopback while phones and browsers come from outside.
        outward = [hosts for hosts in (self.sip_hosts, self.http_hosts) if not all(map(is_loopback, hosts))]
        return outward[0] if outward else self.sip_hosts

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may go to private addresses, with the default filled in."""
        if self.webhook_private_targets:
            return self.webhook_private_targets == "allow"
        return all(map(is_loopback, self.http_hosts))

    @property
    def sounds(self) -> Path:
        """The folder of sounds, with the default filled in."""
        return self.sounds_dir or self.data_dir / "sounds"

    @property
    def database(self) -> str:
        """The database's URL, with the default filled in."""
        return (
            self.database_url.get_secret_value()
            or f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'mixminus.db'}"
        )


def setting_name(field: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field.upper()


def load(**given: Any) -> Settings:
    """Read the settings; raise BadSettings with one line for each error."""
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [_explain(detail["loc"], detail["msg"]) for detail in error.errors(include_input=False)]
        raise BadSettings("\n".join(lines)) from None
    except SettingsError as error:
        raise BadSettings(f'{error}: the value must be JSON, {PREFIX}DIALIN=\'{{"1000": "<id>"}}\'') from None


def _explain(location: tuple[int | str, ...], problem: str) -> str:
    if not location:
        return problem.removeprefix("Value error, ")
    field = str(location[0]).lower().removeprefix(PREFIX.lower())
    description = Settings.model_fields[field].description
    problem = problem.removeprefix("Value error, ")
    return (
        f"{setting_name(field)} ({description}): {problem}. "
        "Correct it in the environment, in .env or in the TOML file, and start again"
    )
