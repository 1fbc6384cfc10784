"""Ground: what every service stands on, and the one way in which all are closed again."""

from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from mixminus.app.sounds import SoundConfig
from mixminus.call.outbound import Trunk
from mixminus.call.service import MAX_DURATION_S
from mixminus.clock import Clock
from mixminus.mixer import Engine
from mixminus.model.ids import ConferenceId
from mixminus.speech.recognition.pool import SpeechConfig
from mixminus.store.database import Store

__all__ = ["ControlConfig", "Ground"]


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """What an operator may choose of the services."""

    recordings_directory: Path
    sounds: SoundConfig
    speech: SpeechConfig = field(default_factory=SpeechConfig)
    recording_sample_rate_hz: int = 16_000
    recording_storage_url: str = ""
    recording_retention_days: int = 0
    private_targets: bool = True
    """Whether actions may ask this machine and private networks."""
    names: Mapping[str, ConferenceId] = field(default_factory=dict)
    """What a phone can dial beside ids and hashes; may grow later."""
    sip_domain: str = "mixminus.local"
    """What the SIP realms of customers and trunks are below."""
    trunk: Trunk | None = None
    call_max_duration_s: float = MAX_DURATION_S


class Closable(Protocol):
    """What ends by itself when asked, and may be asked twice."""

    def close(self) -> Awaitable[None]: ...


C = TypeVar("C", bound=Closable)


@dataclass(frozen=True, slots=True)
class Ground:
    """Store, clock and engine, and the stack of what is to be closed."""

    store: Store
    clock: Clock
    engine: Engine
    config: ControlConfig
    stack: AsyncExitStack

    def kept(self, service: C) -> C:
        """Return a service that is closed before all that were kept earlier."""
        self.stack.push_async_callback(service.close)
        return service
