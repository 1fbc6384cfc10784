"""Trunks: numbers of talkers, lanes, ghosts, and what ends what."""

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.errors import Conflict, Exhausted, InvalidArgument
from mixminus.mixer import (
    PLAYOUTS,
    Engine,
    EngineConfig,
    Ghost,
    PcmPort,
    TalkSpurtEnded,
    TalkSpurtStarted,
)
from tests.support.signals import tone
from tests.support.trunks import LOOPBACK, Mesh, Node, connect
from tests.support.waiting import eventually

RATE_HZ = 16_000
FRAME = RATE_HZ // 50
HANGOVER_TICKS = 30

Pcm = npt.NDArray[np.int16]


def noise(ticks: int, seed: int = 1) -> Pcm:
    return np.random.default_rng(seed).integers(-3000, 3000, ticks * FRAME).astype(np.int16)


def heard_later(listener: Pcm, witness: Pcm, ticks: int = 1) -> bool:
    """Whether a listener hears what a witness hears in the speaker's engine, that much later."""
    shift = ticks * FRAME
    return bool(np.array_equal(listener[shift:], witness[: len(witness) - shift]))


class Pair:
    """Two engines, a speaker and a witness in the first, a listener in the second."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.here, self.there = mesh.nodes
        self.speaker = mesh.seat(0, RATE_HZ)
        self.witness = self.here.seat(RATE_HZ)
        self.listener = mesh.seat(1, RATE_HZ)

    @property
    def ghost(self) -> Ghost:
        ghost = self.mesh.speaker(1, 0)
        assert isinstance(ghost, Ghost)
        return ghost


def test_a_ghost_has_levels_and_talk_spurts_of_its_own() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        assert pair.ghost.level() == (127, False)
        pair.speaker.write(tone(500, RATE_HZ, RATE_HZ, 8000))
        mesh.tick(20)
        level = pair.ghost.level()
        assert level == pair.speaker.level()
        assert level[1]
        mesh.tick(100)
        assert pair.ghost.level() == (127, False)
        events = [(type(event), event.port_id) for event in pair.there.engine.events()]
        assert events == [(TalkSpurtStarted, pair.ghost.id), (TalkSpurtEnded, pair.ghost.id)]


def test_an_exception_about_a_ghost_holds_for_one_listener_only() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        deaf = pair.there.seat(RATE_HZ)
        pair.there.bridge.set_hears([(deaf, pair.ghost, None)])
        pair.speaker.write(noise(50))
        mesh.tick(60)
        assert not np.any(deaf.read())
        assert heard_later(pair.listener.read(), pair.witness.read())


def test_a_tap_of_a_ghost_has_what_it_says() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        with pair.ghost.open_tap(RATE_HZ) as tap:
            pair.speaker.write(noise(30))
            mesh.tick(40)
            said = np.concatenate([record.pcm for record in tap.read() if record.port_id == pair.ghost.id])
        assert np.abs(said).max() > 2900


def test_playouts_of_a_room_are_heard_in_every_engine() -> None:
    with Mesh(3) as mesh:
        listeners = [mesh.seat(node, RATE_HZ) for node in range(3)]
        for other in (1, 2):
            mesh.links[0, other].carry_playouts(1000)
            for number in range(1000, 1000 + PLAYOUTS):
                mesh.links[other, 0].expect(number)
        playouts = [mesh.nodes[0].bridge.open_playout(RATE_HZ) for _ in range(3)]
        for seed, playout in enumerate(playouts):
            playout.write(noise(40, seed))
        mesh.tick(20)
        playouts[1].close()  # in the middle: it is faded out everywhere
        mesh.tick(60)
        here, *there = (listener.read() for listener in listeners)
        assert np.any(here)
        assert all(heard_later(each, here) for each in there)


def test_what_came_by_a_trunk_never_leaves_by_one() -> None:
    """A third engine that is linked to the second only hears nothing of the first."""
    with Mesh(2) as mesh, Node() as third:
        pair = Pair(mesh)
        link, far = pair.there.open_link(), third.open_link()
        connect(link, far)
        with pytest.raises(InvalidArgument):
            link.carry(pair.ghost, 0)
        link.carry(pair.listener, 1)
        far.expect(0), far.expect(1)
        outsider = third.seat(RATE_HZ)
        pair.speaker.write(noise(50))
        for _ in range(60):
            mesh.tick()
            third.tick()
        assert np.any(pair.listener.read())
        assert not np.any(outsider.read())
        assert "rtp_received" not in third.counted()


def test_a_departed_talkers_lane_goes_to_the_next() -> None:
    with Node() as here, Node(lanes=1) as there:
        link, far = here.open_link(), there.open_link()
        connect(link, far)
        ports = [here.seat(RATE_HZ) for _ in range(2)]
        for number, port in enumerate(ports):
            link.carry(port, number)
            far.expect(number)
        listener = there.seat(RATE_HZ)

        def tick(count: int) -> None:
            for _ in range(count):
                here.tick()
                there.tick()

        ports[0].write(noise(20))
        tick(10)
        ports[1].write(noise(10))
        tick(30)
        # The second had no lane: the listener heard the first alone, and every packet was counted.
        assert there.counted()["trunk_no_lane"] > 0
        assert heard_later(listener.read(), ports[1].read())
        ports[0].close()
        tick(HANGOVER_TICKS + 2)
        refused = there.counted()["trunk_no_lane"]
        listener.read(), ports[1].read()
        ports[1].write(noise(20, seed=2))
        tick(30)
        assert np.abs(listener.read()).max() > 2900
        counted = there.counted()
        assert counted["trunk_no_lane"] == refused
        assert (counted["trunk_lanes_lent"], counted["trunk_lanes_returned"]) == (2, 1)


def test_a_ghost_that_is_closed_while_it_speaks_gives_its_lane_back() -> None:
    with Node() as here, Node(lanes=1) as there:
        link, far = here.open_link(), there.open_link()
        connect(link, far)
        listener = there.seat(RATE_HZ)
        for number in range(5):
            port = here.seat(RATE_HZ)
            link.carry(port, number)
            ghost = far.expect(number)
            port.write(noise(20))
            for _ in range(10):
                here.tick()
                there.tick()
            assert np.abs(listener.read()).max() > 2900
            ghost.close()
            port.close()
        assert far.ghosts == ()
        there.tick()
        counted = there.counted()
        assert "trunk_no_lane" not in counted
        assert counted["trunk_lanes_lent"] == counted["trunk_lanes_returned"] == 5


def test_a_seat_that_is_dropped_is_not_heard_any_more_and_needs_a_new_number() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        link = mesh.links[0, 1]
        with pytest.raises(Conflict):
            link.carry(pair.speaker, 7)
        pair.speaker.write(noise(200))
        mesh.tick(20)
        link.drop(pair.speaker)
        mesh.tick(5)
        pair.listener.read()
        mesh.tick(20)
        assert not np.any(pair.listener.read())
        with pytest.raises(Conflict):
            link.carry(pair.speaker, 0)
        link.carry(pair.speaker, 7)
        mesh.links[1, 0].expect(7)
        mesh.tick(5)
        pair.listener.read(), pair.witness.read()
        mesh.tick(20)
        listener, witness = pair.listener.read(), pair.witness.read()
        assert np.any(witness)
        assert heard_later(listener, witness)


def test_a_number_is_expected_once() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        pair.ghost.close()
        with pytest.raises(Conflict):
            mesh.links[1, 0].expect(0)


def test_a_link_carries_nothing_before_it_is_connected_and_connects_once() -> None:
    with Node() as here, Node() as there:
        link, far = here.open_link(), there.open_link()
        port = here.seat(RATE_HZ)
        with pytest.raises(Conflict):
            link.carry(port, 1)
        with pytest.raises(Conflict):
            link.expect(1)
        connect(link, far)
        with pytest.raises(Conflict):
            link.connect(far.offer)
        link.close()
        link.close()
        with pytest.raises(Conflict):
            link.carry(port, 1)


def test_a_bridge_has_sixteen_links() -> None:
    with Node() as node:
        links = [node.open_link() for _ in range(16)]
        with pytest.raises(Exhausted):
            node.open_link()
        links[0].close()
        node.open_link()


def test_a_trunk_serves_the_bridges_of_its_shard() -> None:
    with Engine(EngineConfig(manual=True, shards=2)) as engine:
        bridges = [engine.open_bridge() for _ in range(2)]
        trunks = [engine.open_trunk(LOOPBACK, shard=shard) for shard in range(2)]
        for bridge in bridges:
            trunks[bridge.shard].open_link(bridge)
            with pytest.raises(Conflict):
                trunks[1 - bridge.shard].open_link(bridge)
        with pytest.raises(InvalidArgument):
            engine.open_trunk(LOOPBACK, shard=2)
        with pytest.raises(InvalidArgument):
            engine.open_trunk(LOOPBACK, lanes=0)


def test_two_shards_of_one_engine_are_joined_by_trunks() -> None:
    with Engine(EngineConfig(manual=True, shards=2)) as engine:
        bridges = [engine.open_bridge() for _ in range(2)]
        links = [engine.open_trunk(LOOPBACK, shard=each.shard).open_link(each) for each in bridges]
        connect(*links)
        ports: list[PcmPort] = []
        for bridge in bridges:
            ports.append(engine.open_pcm_port(RATE_HZ))
            ports[-1].join(bridge)
        links[0].carry(ports[0], 0)
        ghost = links[1].expect(0)
        with pytest.raises(InvalidArgument):
            ghost.join(bridges[0])
        ports[0].write(noise(20))
        engine.tick(30)
        assert np.abs(ports[1].read()).max() > 2900
        assert not np.any(ports[0].read())


def test_the_bridge_ends_its_links_and_their_ghosts() -> None:
    with Mesh(2) as mesh:
        pair = Pair(mesh)
        pair.speaker.write(noise(50))
        mesh.tick(10)
        pair.there.bridge.close()
        mesh.tick(10)
        assert pair.ghost.closed
        assert pair.there.counted()["trunk_unknown_talker"] == 10


def test_a_room_that_changes_its_rate_goes_on() -> None:
    """A wide participant joins: the other engine's bridge follows, and what it hears has no gap."""
    with Mesh(2) as mesh:
        narrow = mesh.seat(0, 8000)
        listener = mesh.seat(1, 8000)
        narrow.write(tone(500, 8000, 8000 * 4, 8000))
        mesh.tick(50)
        mesh.seat(0, 48_000)
        mesh.tick(100)
        assert mesh.nodes[1].bridge.sample_rate_hz == 48_000
        heard = listener.read()[8000 // 5 :]
        levels = np.sqrt(np.mean(heard.reshape(-1, 160).astype(float) ** 2, axis=1))
        assert levels.min() > 0.8 * np.median(levels)
        assert "jbuf_overrun" not in mesh.nodes[1].counted()


def test_engines_with_threads_hear_each_other_and_may_end_while_they_speak() -> None:
    with Engine() as here, Engine() as there:
        bridges = [engine.open_bridge() for engine in (here, there)]
        links = [
            engine.open_trunk(LOOPBACK).open_link(bridge)
            for engine, bridge in zip((here, there), bridges, strict=True)
        ]
        connect(*links)
        speaker, listener = here.open_pcm_port(RATE_HZ), there.open_pcm_port(RATE_HZ)
        speaker.join(bridges[0])
        listener.join(bridges[1])
        here.start()
        there.start()
        loudest = 0
        for number in range(3):
            links[0].carry(speaker, number)
            ghost = links[1].expect(number)

            def hears() -> bool:
                nonlocal loudest
                speaker.write(noise(2))
                heard = listener.read()
                loudest = int(np.abs(heard).max()) if len(heard) else 0
                return loudest > 2500

            eventually(hears, timeout_s=30, what="the speaker of the other engine")
            links[0].drop(speaker)
            ghost.close()
        assert loudest > 2500


def test_more_ghosts_than_a_bridge_has_places_for_are_counted() -> None:
    with Node(max_talkers=0) as here, Node(lanes=70) as there:
        link, far = here.open_link(), there.open_link()
        connect(link, far)
        for number in range(66):
            port = here.seat(8000)
            link.carry(port, number)
            far.expect(number)
            port.write(tone(500, 8000, 8000, 100))
        listener = there.seat(8000)
        for _ in range(40):
            here.tick()
            there.tick()
        assert there.counted()["trunk_crowded"] == 2 * 40
        assert np.abs(listener.read()).max() == 64 * 100


def test_a_playout_that_finds_no_stream_is_counted() -> None:
    """Eight play; one ends, a private one takes its slot, and the next comes before the stream has ended."""
    with Mesh(2) as mesh:
        here = mesh.nodes[0]
        listener = mesh.seat(0, RATE_HZ)
        mesh.links[0, 1].carry_playouts(100)
        playouts = [here.bridge.open_playout(RATE_HZ) for _ in range(PLAYOUTS)]
        private = here.engine.open_playout(RATE_HZ)
        for playout in (*playouts, private):
            playout.write(noise(60))
        mesh.tick(10)
        playouts[3].close()
        listener.play(private)
        here.bridge.open_playout(RATE_HZ).write(noise(60))
        mesh.tick(10)
        assert 0 < here.counted()["trunk_no_stream"] < 8
