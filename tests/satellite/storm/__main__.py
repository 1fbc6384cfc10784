"""A long storm: ``python -m tests.support.netns PYTHON -m tests.satellite.storm SECONDS [SEED]``."""

import random
import sys
import tempfile
from pathlib import Path

from tests.satellite.storm.run import storm


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- a command


def main() -> None:
    """Run a storm, and end with 1 if something did not hold; the nodes' logs are kept then."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    folder = Path(tempfile.mkdtemp(prefix="mm-storm-"))
    say(f"a storm of {seconds:.0f} s with the seed {seed}; the nodes' logs are in {folder}")
    result = storm(folder, seed, seconds, say)
    say(str(result))
    sys.exit(1 if result.broken else 0)


if __name__ == "__main__":
    main()
