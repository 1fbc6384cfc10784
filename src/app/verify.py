"""``mixminus verify-recording``: checks a recording's folder. Needs no server and no settings."""

import argparse
import sys
from pathlib import Path
from typing import Final

from mixminus.recording.verify import verify

__all__ = ["add_verify_recording", "verify_recording"]

EXIT_FAILED: Final = 1


def add_verify_recording(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify-recording",
        help="check whether a recording is unchanged",
        description="Check a recording's files against its timeline. It prints every difference, and "
        "exits with 0 if there is none and with 1 otherwise.",
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="the recording's folder")
    parser.add_argument(
        "--seal",
        default="",
        help="the seal of the event recording_finished; it also detects a timeline that was rewritten as a whole",
    )


def verify_recording(directory: Path, seal: str) -> int:
    """Print what differs from the sealed recording, and return the exit code."""
    findings = verify(directory, seal)
    for finding in findings:
        sys.stdout.write(f"{finding.what}{': ' if finding.where else ''}{finding.where}\n")
    if not findings:
        sys.stdout.write("intact\n")
    return EXIT_FAILED if findings else 0
