"""Checks of the way to phones and browsers: addresses, NAT and the firewall, as far as they can be seen from here."""

import ipaddress
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import orjson

from mixminus.app.addresses import advertised_hosts
from mixminus.app.doctor.finding import Finding, failed, good, unknown, warning
from mixminus.app.doctor.ports import Listener, listeners
from mixminus.app.doctor.stun import mapped_address, stun_server
from mixminus.app.settings import BadSettings, Settings, setting_name

__all__ = ["check_firewall", "check_network", "dropping_chains"]

RULES: Final = ("nft", "-j", "list", "ruleset")
RULES_TIMEOUT_S: Final = 10
PUBLIC_HOST: Final = setting_name("public_host")


async def check_network(settings: Settings) -> AsyncIterator[Finding]:
    """Check the address that phones and browsers are given, and compare it with what a STUN server sees."""
    try:
        advertised = advertised_hosts(settings, settings.sip_hosts)
    except BadSettings as error:
        yield failed("network", str(error), f"correct {PUBLIC_HOST}")
        return
    for address in advertised:
        yield _reach(address)
    for uri in settings.ice_servers:
        if server := stun_server(uri):
            yield await _seen_by(uri, server, advertised)
            return


def check_firewall(settings: Settings) -> Finding:
    """Read the rules of nftables, which the kernel shows only to root."""
    ports = "; ".join(listener.name for listener in _outward(settings))
    if not ports:
        return good("firewall", "everything listens on loopback: no firewall stands before it")
    needed = f"let in {ports}, and UDP for the audio of phones ({_audio(settings)})"
    program = shutil.which(RULES[0])
    if program is None:
        return unknown(
            "firewall", "nft is not installed: the rules cannot be read", f"if there is one, {needed}"
        )
    shown = subprocess.run((program, *RULES[1:]), capture_output=True, timeout=RULES_TIMEOUT_S, check=False)
    if shown.returncode:
        return unknown(
            "firewall", "only root may read its rules", f"run this as root; if there is one, {needed}"
        )
    chains = list(dropping_chains(orjson.loads(shown.stdout)))
    if chains:
        return warning(
            "firewall", f"what no rule accepts is dropped ({', '.join(chains)})", f"check the rules: {needed}"
        )
    return good(
        "firewall", "nftables of this machine drops nothing by policy; one further out cannot be seen"
    )


def dropping_chains(ruleset: Any) -> Iterator[str]:
    """Yield the chains of incoming packets whose policy is to drop, from ``nft -j list ruleset``."""
    for each in ruleset.get("nftables", ()):
        chain = each.get("chain", {})
        if chain.get("hook") == "input" and chain.get("policy") == "drop":
            yield f"{chain['family']} {chain['table']} {chain['name']}"


def _reach(advertised: str) -> Finding:
    address = ipaddress.ip_address(advertised)
    given = f"phones and browsers are given the address {advertised}"
    if address.is_loopback:
        remedy = (
            f"to be reached from elsewhere, listen on an address of the network: {setting_name('sip_host')}"
        )
        return warning("network", f"{given}: only this machine can call", remedy)
    if address.is_private:
        remedy = f"if they come from outside, set {PUBLIC_HOST} to the public address, and forward the ports of the router"
        return warning("network", f"{given}: only the private network can call", remedy)
    return good("network", given)


async def _seen_by(uri: str, server: tuple[str, int], advertised: tuple[str, ...]) -> Finding:
    try:
        seen = await mapped_address(server)
    except OSError:
        return failed(
            "nat",
            f"{uri} does not answer a STUN request",
            f"correct {setting_name('ice_servers')}, or let UDP out",
        )
    if seen in advertised:
        return good("nat", f"{uri} sees this machine at {seen}, as it is advertised")
    remedy = f"behind NAT: set {PUBLIC_HOST}={seen}, and forward the ports of the router to this machine"
    return warning(
        "nat", f"{uri} sees this machine at {seen}, but {', '.join(advertised)} is advertised", remedy
    )


def _outward(settings: Settings) -> list[Listener]:
    return [each for each in listeners(settings) if not ipaddress.ip_address(each.host).is_loopback]


def _audio(settings: Settings) -> str:
    low, high = settings.rtp_port_min, settings.rtp_port_max
    return (
        f"{low} to {high}"
        if low
        else f"any port: set {setting_name('rtp_port_min')} and {setting_name('rtp_port_max')} to limit them"
    )
