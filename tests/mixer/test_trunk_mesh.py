"""Rooms over several engines, in lockstep, sample by sample: against the reference model and against one engine."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.mixer import MIX, BridgePort, Engine, EngineConfig, PcmPort, Tap
from mixminus.mixer.reference import glide, meshed
from tests.support.trunks import Mesh

Pcm = npt.NDArray[np.int16]

# Eight participants at +12 dB, each heard at +12 dB, stay below full scale.
AMPLITUDE = 200
UNITY = 256
TICKS = 60
GAINS_Q8 = (0, 1, 100, 255, 256, 300, 1024)
SEATS_OF_A_NODE = 2

each_mesh = pytest.mark.parametrize("nodes", [2, 3, 4])
each_rate = pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])


@dataclass
class Moving:
    """A gain at the end of the last tick and of the next one; Q8."""

    last: int = UNITY
    next: int = UNITY

    def over(self, nsamples: int) -> npt.NDArray[np.int64]:
        """Return the gain of each sample of a tick, and move on."""
        gains = glide(self.last, self.next, nsamples)
        self.last = self.next
        return gains


@dataclass
class Script:
    """Random settings of a room's participants, applied to the engines and noted for the reference."""

    mesh: Mesh
    rng: np.random.Generator
    gains: list[Moving] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    muted: list[bool] = field(default_factory=list)
    hearing: list[Moving] = field(default_factory=list)
    hears: dict[tuple[int, int], Moving] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = range(len(self.mesh.seats))
        self.gains = [Moving() for _ in people]
        self.asked = [UNITY for _ in people]
        self.muted = [False for _ in people]
        self.hearing = [Moving() for _ in people]
        self.hears = {(one, other): Moving() for one in people for other in people}

    def step(self) -> None:
        """Change a setting of one participant."""
        who, other = (int(each) for each in self.rng.choice(len(self.mesh.seats), 2, replace=False))
        node, port = self.mesh.seats[who]
        value = int(self.rng.choice(GAINS_Q8))
        match int(self.rng.integers(4)):
            case 0:
                self.asked[who] = value
                port.native.set_gain(value)
            case 1:
                self.muted[who] = not self.muted[who]
                port.set_muted(self.muted[who])
            case 2:
                deaf = bool(self.hearing[who].next)
                port.set_deafened(deaf)
                self.hearing[who].next = 0 if deaf else UNITY
            case _:
                port.native.set_hears(self.mesh.speaker(node, other).native, value)
                self._hear(who, other, value)
        self.gains[who].next = 0 if self.muted[who] else self.asked[who]

    def _hear(self, who: int, other: int, value: int) -> None:
        cell = self.hears[who, other]
        cell.next = value
        # A speaker of this engine that says nothing is not ramped.
        if self.mesh.seats[who][0] == self.mesh.seats[other][0] and self.gains[other].last == 0:
            cell.last = value

    def tick(self, nsamples: int) -> tuple[npt.NDArray[np.int64], ...]:
        """Return this tick's gains of speakers, of pairs and of listeners."""
        people = range(len(self.mesh.seats))
        return (
            np.stack([gain.over(nsamples) for gain in self.gains]),
            np.stack([[self.hears[one, other].over(nsamples) for other in people] for one in people]),
            np.stack([gain.over(nsamples) for gain in self.hearing]),
        )


def shifted(due: Pcm, rate_hz: int) -> Pcm:
    """Return one listener's frames as one signal, behind the limiter's look-ahead of 2 ms."""
    ahead = np.zeros(rate_hz // 500, np.int16)
    return np.concatenate([ahead, due.ravel()])[: due.size]


@each_rate
@each_mesh
def test_every_listener_of_a_mesh_hears_what_the_reference_says(nodes: int, rate_hz: int) -> None:
    rng = np.random.default_rng([nodes, rate_hz])
    nsamples = rate_hz // 50
    with Mesh(nodes, max_talkers=0) as mesh:
        for node in list(range(nodes)) * SEATS_OF_A_NODE:
            mesh.seat(node, rate_hz)
        people = len(mesh.seats)
        script = Script(mesh, rng)
        frames = rng.integers(-AMPLITUDE, AMPLITUDE, (TICKS, people, nsamples), dtype=np.int16)
        gains = []
        for tick in range(TICKS):
            for _ in range(int(rng.integers(4)) if tick else 0):
                script.step()
            gains.append(script.tick(nsamples))
            for who, (_, port) in enumerate(mesh.seats):
                port.write(frames[tick, who])
            mesh.tick()
        speakers, hears, hearing = (np.stack(each) for each in zip(*gains, strict=True))
        due = meshed(frames, speakers, hears, hearing, mesh.delays())
        for who, (_, port) in enumerate(mesh.seats):
            assert np.array_equal(port.read(), shifted(due[:, who], rate_hz)), who
        assert np.any(due)


def stems_of(tap: Tap, ticks: int, rate_hz: int) -> dict[int, Pcm]:
    """Return the mix and each stem as signals over the whole time."""
    signals: dict[int, Pcm] = {}
    for record in tap.read():
        signal = signals.setdefault(record.port_id, np.zeros(ticks * rate_hz // 50, np.int16))
        signal[record.first_sample : record.first_sample + len(record.pcm)] = record.pcm
    return signals


def later(pcm: Pcm, ticks: int, rate_hz: int) -> Pcm:
    shift = ticks * rate_hz // 50
    return np.concatenate([np.zeros(shift, np.int16), pcm])[: len(pcm)]


def conversation(rate_hz: int, people: int, seconds: int) -> list[Pcm]:
    """Return voices that pause for longer than the hangover, each at another time."""
    rng = np.random.default_rng(rate_hz)
    voices = []
    for who in range(people):
        voice = rng.integers(-2000, 2000, rate_hz * seconds).astype(np.int16)
        at = np.arange(len(voice)) / rate_hz
        voices.append(np.where((at + who * 0.7) % 2.6 < 1.3, voice, 0).astype(np.int16))
    return voices


class OneEngine:
    """The same participants in one engine, with a tap of each one's contribution."""

    def __init__(self, people: int, rate_hz: int) -> None:
        self.engine = Engine(EngineConfig(manual=True))
        self.bridge = self.engine.open_bridge()
        self.ports: list[PcmPort] = [self.engine.open_pcm_port(rate_hz) for _ in range(people)]
        for port in self.ports:
            port.join(self.bridge)
        self.tap = self.bridge.open_tap(rate_hz, stems=True, seconds=30)


@each_rate
@each_mesh
def test_elected_talkers_are_the_same_samples_in_every_engine(nodes: int, rate_hz: int) -> None:
    """Gate, fades, gains and mutes are applied before the trunk; stems add up to the mix, own voice is not heard."""
    seconds, people = 6, nodes + 1
    ticks = seconds * 50
    single = OneEngine(people, rate_hz)
    with Mesh(nodes) as mesh, single.engine:
        for who in range(people):
            mesh.seat(who % nodes, rate_hz)
        taps = [node.bridge.open_tap(rate_hz, stems=True, seconds=30) for node in mesh.nodes]
        pairs = list(zip(single.ports, (port for _, port in mesh.seats), strict=True))
        for pair, voice in zip(pairs, conversation(rate_hz, people, seconds), strict=True):
            for port in pair:
                port.write(voice)
        for tick in range(ticks):
            _change(tick, pairs)
            single.engine.tick()
            mesh.tick()
        alone = stems_of(single.tap, ticks, rate_hz)
        for node, tap in enumerate(taps):
            _check_node(mesh, node, stems_of(tap, ticks, rate_hz), [alone[port.id] for port in single.ports])
    assert mesh.seats


def _change(tick: int, pairs: list[tuple[PcmPort, PcmPort]]) -> None:
    """Gains, a mute and a leave in the middle of speech, the same in both rooms."""
    for ports in pairs:
        first: list[BridgePort] = [ports[0], ports[1]]
        for port in first:
            if tick == 20 and ports is pairs[0]:
                port.set_gain_db(-6.0)
            if tick in (70, 90) and ports is pairs[1]:
                port.set_muted(tick == 70)
            if tick == 150 and ports is pairs[-1]:
                port.close()


def _check_node(mesh: Mesh, node: int, stems: dict[int, Pcm], alone: list[Pcm]) -> None:
    rate_hz = len(alone[0]) // 6
    due = {}
    for talker, (home, _) in enumerate(mesh.seats):
        delay = 0 if home == node else 1 if home < node else 2
        due[talker] = later(alone[talker], delay, rate_hz)
        assert np.any(due[talker])
        assert np.array_equal(stems[mesh.speaker(node, talker).id], due[talker]), talker
    everything = np.sum(list(due.values()), axis=0)
    assert np.array_equal(stems[MIX], everything)
    for talker, (home, port) in enumerate(mesh.seats):
        if home == node and not port.closed:
            assert np.array_equal(port.read(), everything - due[talker])


@each_mesh
def test_who_speaks_alone_hears_exact_silence(nodes: int) -> None:
    rate_hz = 16_000
    with Mesh(nodes) as mesh:
        talker, *others = (mesh.seat(node, rate_hz) for node in range(nodes))
        talker.write(np.random.default_rng(1).integers(-32768, 32767, rate_hz * 2).astype(np.int16))
        mesh.tick(150)
        assert not np.any(talker.read())
        assert all(np.abs(other.read()).max() > 20_000 for other in others)
