"""Fixtures of all tests: databases, database servers and garbage are released."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support import netns
from tests.support.database import close_server, drop_databases

# In a private network no name server answers: an unknown name fails after a second, not after many.
os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
# A slow machine is no failure.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give each process of a parallel run (pytest-xdist) a network of its own, after it has connected to the first one."""
    if hasattr(config, "workerinput") and netns.inside():
        netns.enter()
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave out what was imported: otherwise each collection would look through a million objects, for over a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left() -> Iterator[None]:
    yield
    close_server()


@pytest.fixture(autouse=True)
def _no_database_is_left() -> Iterator[None]:
    yield
    drop_databases()


@pytest.fixture(scope="module", autouse=True)
def _garbage_is_found_where_it_was_made() -> Iterator[None]:
    """Collect between files: a socket that was not closed is reported here, not in a later test; what stays is left out."""
    yield
    gc.collect()
    gc.freeze()
