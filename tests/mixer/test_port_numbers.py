"""The UDP ports that RTP ports take: an even one for RTP and the odd one above it for RTCP."""

import pytest

from mixminus.errors import Exhausted
from mixminus.mixer import Engine, EngineConfig


def test_ports_are_pairs_within_the_range() -> None:
    config = EngineConfig(manual=True, rtp_port_min=47_301, rtp_port_max=47_307)
    with Engine(config) as engine:
        opened = [engine.open_rtp_port() for _ in range(3)]
        assert sorted(port.local_port for port in opened) == [47_302, 47_304, 47_306]
        with pytest.raises(Exhausted):
            engine.open_rtp_port()
        opened[0].close()
        engine.tick()
        assert engine.open_rtp_port().local_port == opened[0].local_port


def test_an_ephemeral_rtp_port_is_even(engine: Engine) -> None:
    assert all(engine.open_rtp_port().local_port % 2 == 0 for _ in range(20))
