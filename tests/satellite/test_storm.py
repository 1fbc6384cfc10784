"""A storm: one owner an epoch, no ghost, no gap in events and audio, and each event delivered by one node."""

import random
from pathlib import Path

import pytest

from tests.satellite.storm.run import storm

pytestmark = pytest.mark.timeout(
    2400
)  # three servers start again and again, on a machine that does much else
LONG_S = 600.0


def check(folder: Path, seed: int, seconds: float) -> None:
    result = storm(folder, seed, seconds)
    assert not result.broken, str(result)
    assert result.pairs > 0, str(result)


def test_each_fault_once_while_people_come_and_go(tmp_path: Path) -> None:
    check(tmp_path, seed=1, seconds=0.0)


@pytest.mark.long
def test_faults_at_random_for_ten_minutes(tmp_path: Path) -> None:
    check(tmp_path, seed=random.SystemRandom().randrange(1 << 32), seconds=LONG_S)
