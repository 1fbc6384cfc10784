"""Telemetry, if it is switched on: by MIXMINUS_OTEL_ENDPOINT, or by the variables that OpenTelemetry itself defines."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from mixminus.app.settings import BadSettings, Settings, setting_name
from mixminus.log import get
from mixminus.telemetry import NO_TELEMETRY, Telemetry

__all__ = ["open_telemetry"]

STANDARD: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

_log = get("telemetry")


def open_telemetry(
    settings: Settings, stack: AsyncExitStack, environment: Mapping[str, str] = os.environ
) -> Telemetry:
    """Return the telemetry that the settings want, which the stack closes; raise BadSettings without its packages."""
    switches = {setting_name("otel_endpoint"): settings.otel_endpoint}
    switches |= {name: environment.get(name, "") for name in STANDARD}
    switch = next((name for name, value in switches.items() if value), None)
    if switch is None or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return NO_TELEMETRY
    try:
        from mixminus.app.open_telemetry import export_to  # noqa: PLC0415 -- an extra, and half a second to import
    except ModuleNotFoundError as error:
        raise BadSettings(
            f"{switch} is set, but OpenTelemetry is not installed ({error.name}): "
            f"pip install 'mixminus[otel]', or unset {switch}"
        ) from None
    telemetry = export_to(settings.otel_endpoint)
    stack.push_async_callback(telemetry.close)
    _log.info("telemetry on", switch=switch)
    return telemetry
