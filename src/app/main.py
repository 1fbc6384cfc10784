"""The command line: ``mixminus serve`` and ``mixminus verify-recording``."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import uvloop

from mixminus import log
from mixminus.app.banner import banner, secrets_of
from mixminus.app.descriptors import raise_descriptor_limit
from mixminus.app.drain import drain
from mixminus.app.notify import notify
from mixminus.app.server import Server, running_server
from mixminus.app.settings import BadSettings, Settings, load, setting_name
from mixminus.app.verify import add_verify_recording, verify_recording
from mixminus.errors import MixMinusError
from mixminus.hosts import is_loopback, parse_hosts
from mixminus.threads import name_thread, named_threads
from mixminus.version import installed_version

__all__ = ["DEMO_PORTS", "main", "with_tls"]

logger = log.get("app")

ADVICE: Final = {
    "http_host": "access keys are sent unencrypted, and browsers require https for the microphone: "
    "set MIXMINUS_HTTPS_PORT, or use a TLS proxy",
    "sip_host": "any host that reaches this address can call the rooms: restrict it with a firewall",
}
SETTINGS_HELP: Final = """Settings and their defaults. Environment variables take precedence over .env, and .env over the TOML file
that MIXMINUS_CONFIG names (default: mixminus.toml); its keys are in lower case and have no prefix.

"""
DEMO_PORTS: Final = {"https_port": 8443, "sip_tls_port": 5061, "sip_wss_port": 7443}
# As argparse does: 2 for a wrong command or setting, 1 for a failure.
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
_OTHER_THREADS: Final = 8
"""For what would block the loop: password hashes, files."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "verify-recording":
        return verify_recording(options.directory, options.seal)
    try:
        settings = with_tls(load(**_given(options))) if options.demo else load(**_given(options))
    except BadSettings as error:
        sys.stderr.write(f"mixminus: {error}\n")
        return EXIT_USAGE
    log.configure(level=settings.log_level, json=settings.log_json)
    try:
        raise_descriptor_limit()
        uvloop.run(_serve(settings, demo=options.demo))
    except MixMinusError as error:
        sys.stderr.write(f"mixminus: {error}\n")
        return EXIT_FAILED
    return 0


async def _serve(settings: Settings, *, demo: bool) -> None:
    name_thread("mixminus")
    asyncio.get_running_loop().set_default_executor(named_threads(_OTHER_THREADS, "mm-other"))
    with _stop_signals() as (stop, stop_now):
        async with running_server(settings, demo=demo) as running:
            _warn_of_the_network(settings)
            _announce(running)
            notify(READY="1", STATUS="serving")
            running.lost.add_done_callback(lambda _: stop.set())
            await stop.wait()
            notify(STOPPING="1", STATUS="stopping")
            if not running.lost.done():
                await drain(running.services, settings.drain_s, stop_now)
            logger.info("stopping")
    logger.info("stopped")
    if running.lost.done():
        raise running.lost.result()


@contextlib.contextmanager
def _stop_signals() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Yield the events that are set when the server has to stop, and when it has to stop without waiting for its calls.

    The first SIGTERM sets one of them, the next one and SIGINT both; another SIGINT then interrupts as Python does.
    """
    loop = asyncio.get_running_loop()
    stop, stop_now = asyncio.Event(), asyncio.Event()

    def terminate() -> None:
        if stop.is_set():
            stop_now.set()
        stop.set()

    def interrupt() -> None:
        stop_now.set()
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, terminate)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield stop, stop_now
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)


def _announce(running: Server) -> None:
    logger.info("serving", http=running.http, sip=running.sip, webrtc=running.webrtc)
    # The only output on stdout: new keys are shown to the operator, and never logged.
    if running.demo is not None:
        sys.stdout.write(banner(running, running.demo))
    else:
        sys.stdout.write(secrets_of(running))
    sys.stdout.flush()


def _warn_of_the_network(settings: Settings) -> None:
    for name in ("http_host", "sip_host"):
        host = getattr(settings, name)
        if not all(map(is_loopback, parse_hosts(host))):
            logger.warning("open to the network", setting=setting_name(name), host=host, advice=ADVICE[name])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mixminus", description="A conference server for phones and browsers."
    )
    version = installed_version() or "(not installed)"
    parser.add_argument("--version", action="version", version=f"mixminus {version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    add_verify_recording(commands)
    serve = commands.add_parser(
        "serve",
        help="run the server until SIGTERM or SIGINT",
        description="Run the server until SIGTERM or SIGINT. It exits with 0 when stopped, with 1 when it cannot "
        "start, and with 2 when a setting is wrong.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=SETTINGS_HELP + _settings_help(),
    )
    serve.add_argument(
        "--host",
        metavar="ADDRESS",
        help="listen on this address instead of those of the settings; 0.0.0.0 for all of IPv4, :: for all",
    )
    serve.add_argument("--demo", action="store_true", help="open a demo room, and print how to join it")
    return parser


def _given(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings that the command line overrides."""
    if options.host is None:
        return {}
    return dict.fromkeys(("http_host", "sip_host", "webrtc_host"), options.host)


def with_tls(settings: Settings) -> Settings:
    """Return a demo's settings: reachable from the network it offers TLS, because browsers need it.

    Phones in browsers (WSS) are served wherever pages are served over HTTPS.
    """
    hosts = {"https_port": settings.http_host, "sip_tls_port": settings.sip_host}
    wanted = {name for name, host in hosts.items() if not all(map(is_loopback, parse_hosts(host)))}
    if settings.https_port is not None or "https_port" in wanted:
        wanted.add("sip_wss_port")
    missing = {name: DEMO_PORTS[name] for name in wanted if getattr(settings, name) is None}
    return settings.model_copy(update=missing)


def _settings_help() -> str:
    return "\n".join(
        f"  {setting_name(name):34} {field.description}{_default(field.get_default(call_default_factory=True))}"
        for name, field in Settings.model_fields.items()
    )


def _default(value: object) -> str:
    """Return a default as help shows it; the description explains an empty one."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f" [{text}]" if text else ""
