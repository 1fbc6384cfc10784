"""The page of peers is true: its tests exist, and its versions are those of the programs that run here."""

import importlib.metadata
import json
import re
import shutil
import subprocess

import pytest

from tests.support.documentation import ROOT

PAGE = (ROOT / "docs/reference/peers.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| program")
]
DEBIAN = {
    "Linphone": "linphone-cli",
    "Twinkle": "twinkle-console",
    "baresip": "baresip-core",
    "SIPp": "sip-tester",
    "Kamailio": "kamailio",
    "Two Kamailios": "kamailio",
    "Firefox": "firefox-esr",
    "Chromium": "chromium-headless-shell",
    "Icecast": "icecast2",
    "GStreamer": "gstreamer1.0-plugins-bad",
}
"""The package of each program, by how its rows begin."""


def installed(package: str) -> str:
    """Return the version of a Debian package without epoch and revision; empty if it is not installed."""
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    if not shutil.which(query[0]):
        return ""
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return re.split(r"[-+]", found.stdout.rpartition(":")[2])[0]


def versions_of(row: list[str]) -> list[str]:
    return [each.strip() for each in row[1].split(",") if re.match(r"[0-9]", each.strip())]


def programs() -> list[tuple[str, str, str]]:
    """Return each row of a program that is Debian's: how it begins, its version, the package."""
    return [
        (row[0], versions_of(row)[0], package)
        for row in ROWS
        for name, package in DEBIAN.items()
        if row[0].startswith(name) and versions_of(row)
    ]


def test_rows_are_found() -> None:
    assert len(ROWS) > 20
    assert {package for _, _, package in programs()} == set(DEBIAN.values())
    assert all(len(row) == 5 and row[2] and row[4] for row in ROWS)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE))))
def test_named_test_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("row", "version", "package"), programs())
def test_version_is_that_of_the_program(row: str, version: str, package: str) -> None:
    if not (found := installed(package)):
        pytest.skip(f"{package} is not installed")
    assert f"{found}.".startswith(f"{version}."), row


def test_versions_of_what_python_and_npm_install() -> None:
    lock = json.loads((ROOT / "tests/browser_phones/package.json").read_text("utf-8"))["dependencies"]
    stacks = {"JsSIP": lock["jssip"], "SIP.js": lock["sip.js"]}
    for name, version in stacks.items():
        rows = [row for row in ROWS if row[0].endswith(f"with {name}")]
        assert len(rows) == 2
        assert all(versions_of(row)[-1] == version for row in rows)
    assert [versions_of(row)[-1] for row in ROWS if row[0].endswith("with hls.js")] == [lock["hls.js"]]
    pjsua = next(row for row in ROWS if row[0].startswith("PJSUA"))
    assert importlib.metadata.version("pjsua2-python").startswith(versions_of(pjsua)[0])
    assert f"PyAV {'.'.join(importlib.metadata.version('av').split('.')[:2])}" in PAGE
