"""The house, as its HTTP door sees it."""

from collections.abc import Callable, Mapping

from mixminus.api.idempotency import IdempotencyService
from mixminus.api.services import Services
from mixminus.app.control import Control
from mixminus.delivery.service import DeliveryService
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["services_of"]


def services_of(
    control: Control,
    *,
    delivery: DeliveryService,
    webrtc: WebRtcEndpoint,
    readiness: Callable[[], Mapping[str, bool]] = dict,
    more_counters: Callable[[], Mapping[str, int]] = dict,
) -> Services:
    """Return what HTTP may command; ``more_counters`` are those of parts that are not named here."""
    return Services(
        access=control.access,
        conferences=control.conferences,
        participants=control.participants,
        calls=control.calls,
        dialout=control.dialout,
        transfers=control.transfers,
        asides=control.asides,
        flows=control.flows,
        activeflows=control.activeflows,
        presence=control.presence,
        hears=control.hears,
        recordings=control.recordings,
        library=control.library,
        call_recordings=control.call_recordings,
        directory=control.directory,
        transcription=control.transcription,
        streams=control.streams,
        webrtc=webrtc,
        delivery=delivery,
        idempotency=IdempotencyService(control.store, control.clock),
        clock=control.clock,
        style=control.store.timestamp_style,
        readiness=readiness,
        counters=lambda: {
            **control.engine.counters(),
            **webrtc.counters,
            **delivery.counters,
            **control.counters,
            **more_counters(),
        },
        tick_lateness_us=control.engine.tick_lateness_us,
    )
