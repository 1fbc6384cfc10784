"""Symmetric RTP: the packets that a port accepts, and attacks by sending to its ports."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mixminus.mixer import Engine, Port, RemoteChanged
from mixminus.model.media import MediaDirection
from tests.support.phone import PCMU, RtpPhone


class Scene:
    """A port with a signalled address, its phone behind a NAT, and an unknown sender."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.signalled = RtpPhone(ssrc=1)
        self.behind_nat = RtpPhone(ssrc=2)
        self.unknown = RtpPhone(ssrc=3, sequence_number=30_000)
        self.port: Port = engine.open_rtp_port()
        self.port.configure(self.signalled.media())

    def hear(self, *phones: RtpPhone, packets: int = 1) -> None:
        for _ in range(packets):
            for phone in phones:
                phone.send(self.port.local_port)
            self.engine.tick()

    def served(self) -> set[str]:
        """The phones that received packets in the last tick."""
        for phone in self._phones.values():
            phone.receive_raw()
        self.engine.tick()
        return {name for name, phone in self._phones.items() if phone.receive()}

    @property
    def _phones(self) -> dict[str, RtpPhone]:
        return {"signalled": self.signalled, "nat": self.behind_nat, "unknown": self.unknown}

    def counter(self, name: str) -> int:
        return self.port.statistics().counters[name]

    def moves(self) -> list[tuple[str, int]]:
        return [
            (event.host, event.port) for event in self.engine.events() if isinstance(event, RemoteChanged)
        ]

    def close(self) -> None:
        for phone in self._phones.values():
            phone.close()


@pytest.fixture
def scene(engine: Engine) -> Iterator[Scene]:
    scene = Scene(engine)
    yield scene
    scene.close()


def test_packets_are_sent_to_the_signalled_address(scene: Scene) -> None:
    assert scene.served() == {"signalled"}


def test_a_phone_behind_nat_is_latched_after_three_packets(scene: Scene) -> None:
    scene.hear(scene.behind_nat, packets=2)
    assert scene.served() == {"signalled"}
    assert scene.counter("rtp_probation") == 2
    scene.hear(scene.behind_nat)
    assert scene.served() == {"nat"}
    assert scene.moves() == [scene.behind_nat.address]


def test_another_source_cannot_take_over_a_latched_call(scene: Scene) -> None:
    scene.hear(scene.behind_nat, packets=5)
    scene.hear(scene.unknown, scene.behind_nat, packets=200)
    assert scene.served() == {"nat"}
    assert scene.counter("rtp_wrong_source") == 200


def test_another_source_cannot_take_over_a_call_at_the_signalled_address(scene: Scene) -> None:
    scene.hear(scene.signalled)
    scene.hear(scene.unknown, packets=90)
    assert scene.served() == {"signalled"}
    assert scene.counter("rtp_wrong_source") == 90


def test_another_source_cannot_take_over_a_silent_call(scene: Scene) -> None:
    """After two seconds without a packet another SSRC is still another stream."""
    scene.hear(scene.signalled, packets=5)
    scene.engine.tick(150)
    scene.hear(scene.unknown, packets=50)
    assert scene.served() == {"signalled"}


def test_the_signalled_address_always_takes_the_call_back(scene: Scene) -> None:
    scene.hear(scene.unknown, packets=10)
    assert scene.served() == {"unknown"}
    scene.hear(scene.signalled)
    assert scene.served() == {"signalled"}
    scene.hear(scene.unknown, scene.signalled, packets=50)
    assert scene.served() == {"signalled"}
    assert scene.moves() == [scene.unknown.address, scene.signalled.address]


def test_packets_out_of_sequence_are_not_latched(scene: Scene) -> None:
    """A sender without the sequence numbers, or with changing addresses, is never accepted."""
    for _ in range(20):
        scene.unknown.sequence_number = (scene.unknown.sequence_number + 7) & 0xFFFF
        scene.hear(scene.unknown, scene.behind_nat)
    assert scene.served() == {"signalled"}


def test_a_nat_rebinding_is_followed_when_the_stream_continues(scene: Scene) -> None:
    scene.hear(scene.behind_nat, packets=20)
    with RtpPhone(ssrc=2, sequence_number=scene.behind_nat.sequence_number) as rebound:
        scene.hear(rebound, packets=50)
        assert scene.served() == {"nat"}
        # refused packets do not count: two seconds of the old address' silence
        scene.hear(rebound, packets=60)
        assert scene.moves()[-1] == rebound.address
        rebound.receive_raw()
        scene.engine.tick()
        assert rebound.receive()


def test_a_re_invite_with_another_address_resets_the_latch(scene: Scene) -> None:
    scene.hear(scene.behind_nat, packets=5)
    scene.port.configure(scene.unknown.media())
    assert scene.served() == {"unknown"}
    scene.hear(scene.unknown)
    scene.hear(scene.behind_nat, packets=20)
    assert scene.served() == {"unknown"}


def test_a_re_invite_with_the_same_address_keeps_the_latch(scene: Scene) -> None:
    scene.hear(scene.behind_nat, packets=5)
    scene.port.configure(scene.signalled.media(dtmf_payload_type=101))
    assert scene.served() == {"nat"}


class Hosts:
    """A port, a listener that is behind a NAT at 127.0.0.1, and an attacker at 127.0.0.2."""

    def __init__(self, engine: Engine, **media: object) -> None:
        self.engine = engine
        self.phone, self.attacker = RtpPhone(ssrc=1), RtpPhone(ssrc=3, host="127.0.0.2")
        self.port: Port = engine.open_rtp_port()
        self.port.configure(self.phone.media(**media))

    def attack(self, packets: int = 100) -> tuple[int, int]:
        """Return how many packets the phone and the attacker get while the attacker sends."""
        self.phone.receive_raw()
        received = [0, 0]
        for _ in range(packets):
            self.attacker.send(self.port.local_port)
            self.engine.tick()
            received[0] += len(self.phone.receive())
            received[1] += len(self.attacker.receive())
        return received[0], received[1]


@pytest.fixture
def hosts(engine: Engine) -> Iterator[Callable[..., Hosts]]:
    with ExitStack() as stack:

        def make(**media: object) -> Hosts:
            made = Hosts(engine, **media)
            stack.callback(made.phone.close)
            stack.callback(made.attacker.close)
            return made

        yield make


PRIVATE = ("10.9.9.9", 4000)


@pytest.mark.parametrize(
    "media",
    [
        pytest.param({"direction": MediaDirection.SENDONLY}, id="listener"),
        pytest.param(
            {"direction": MediaDirection.SENDONLY, "signalling_hosts": ("127.0.0.1",)},
            id="listener, known host",
        ),
        pytest.param({"signalling_hosts": ("127.0.0.1",)}, id="silent phone"),
        pytest.param({"signalling_hosts": ("127.0.0.5",)}, id="silent phone behind a proxy"),
    ],
)
def test_an_attacker_cannot_take_the_audio_of_a_phone_that_is_silent(
    hosts: Callable[..., Hosts], media: dict[str, object]
) -> None:
    made = hosts(**media)
    assert made.attack() == (100, 0)
    assert made.port.statistics().counters["rtp_wrong_source"] == 100


def test_a_phone_behind_nat_is_latched_at_the_host_of_its_signalling(hosts: Callable[..., Hosts]) -> None:
    made = hosts(remote=PRIVATE, signalling_hosts=("127.0.0.1",))
    assert made.attack(20) == (0, 0)
    for _ in range(3):
        made.phone.send(made.port.local_port)
        made.engine.tick()
    assert made.attack() == (100, 0)


def test_a_phone_that_moves_to_another_network_goes_on(hosts: Callable[..., Hosts]) -> None:
    """Its INVITE names the old host; the re-INVITE from the new one a private address: its stream identifies it."""
    made = hosts(signalling_hosts=("127.0.0.1",))
    for _ in range(20):
        made.phone.send(made.port.local_port)
        made.engine.tick()
    moved = made.attacker
    moved.ssrc, moved.sequence_number = made.phone.ssrc, made.phone.sequence_number
    made.port.configure(made.phone.media(remote=PRIVATE, signalling_hosts=("127.0.0.1",)))
    assert made.attack(20)[1] >= 17


@pytest.mark.parametrize("remote", [None, ("0.0.0.0", 4000), ("127.0.0.1", 0)])
def test_without_a_signalled_address_the_first_stream_is_latched(
    scene: Scene, remote: tuple[str, int] | None
) -> None:
    port = scene.engine.open_rtp_port()
    port.configure(scene.behind_nat.media(remote=remote))
    scene.engine.tick(5)
    assert scene.behind_nat.receive() == []
    for _ in range(3):
        scene.behind_nat.send(port.local_port)
        scene.engine.tick()
    assert scene.behind_nat.receive()
    assert scene.moves() == [scene.behind_nat.address]


def test_only_negotiated_payload_types_are_latched(scene: Scene) -> None:
    for _ in range(5):
        scene.behind_nat.send_raw(
            scene.port.local_port, scene.behind_nat.packet(bytes(160), payload_type=PCMU.payload_type + 8)
        )
        scene.engine.tick()
    assert scene.served() == {"signalled"}
    assert scene.counter("rtp_unknown_payload_type") == 5


def test_rtcp_from_another_host_does_not_redirect_reports(scene: Scene) -> None:
    """Any host of loopback is the same host: an unknown remote simulates a sender on another host."""
    port = scene.engine.open_rtp_port()
    port.configure(scene.signalled.media(remote=None))
    scene.unknown.send_raw(port.local_port + 1, b"\x80\xc9\x00\x01\x00\x00\x00\x01")
    scene.engine.tick()
    assert port.statistics().counters["rtp_wrong_source"] == 1
    assert port.statistics().counters["rtcp_received"] == 0


def test_a_listener_without_a_nat_is_served_at_its_signalled_port_alone(hosts: Callable[..., Hosts]) -> None:
    """Another user of the same host, or a sender that forges the host, may not take its audio."""
    made = hosts(direction=MediaDirection.SENDONLY, signalling_hosts=("127.0.0.1",))
    with RtpPhone(ssrc=9) as neighbour:
        made.attacker.close()
        made.attacker = neighbour
        assert made.attack() == (100, 0)


def test_a_listener_behind_nat_is_found_at_the_host_of_its_signalling(hosts: Callable[..., Hosts]) -> None:
    """Its SDP names a private address: packets that keep its NAT's binding open may name the port."""
    made = hosts(direction=MediaDirection.SENDONLY, remote=PRIVATE, signalling_hosts=("127.0.0.1",))
    for _ in range(3):
        made.phone.send(made.port.local_port)
        made.engine.tick()
    assert made.attack() == (100, 0)


def behind_a_proxy(hosts: Callable[..., Hosts], **media: object) -> Hosts:
    """A phone behind a NAT whose signalling comes by a proxy at 127.0.0.5: signalling does not name its host."""
    return hosts(remote=PRIVATE, signalling_hosts=("127.0.0.5",), opens_to_any_host=True, **media)


def test_a_phone_behind_nat_and_a_proxy_is_found_in_the_first_ten_seconds(
    hosts: Callable[..., Hosts],
) -> None:
    made = behind_a_proxy(hosts)
    made.engine.tick(450)
    for _ in range(3):
        made.phone.send(made.port.local_port)
        made.engine.tick()
    assert made.attack() == (100, 0)


def test_after_ten_seconds_only_named_hosts_are_latched(hosts: Callable[..., Hosts]) -> None:
    made = behind_a_proxy(hosts)
    made.engine.tick(510)
    assert made.attack() == (0, 0)
    assert made.port.statistics().counters["rtp_wrong_source"] == 100


def test_no_host_is_found_by_its_packets_if_the_phone_only_listens(hosts: Callable[..., Hosts]) -> None:
    made = behind_a_proxy(hosts, direction=MediaDirection.SENDONLY)
    assert made.attack() == (0, 0)


def test_a_named_host_takes_over_from_one_that_was_not(hosts: Callable[..., Hosts]) -> None:
    made = behind_a_proxy(hosts)
    assert made.attack(10)[1] > 0
    with RtpPhone(ssrc=7, host="127.0.0.5") as relay:
        for _ in range(3):
            made.attacker.send(made.port.local_port)
            relay.send(made.port.local_port)
            made.engine.tick()
        relay.receive()
        made.attacker.receive()
        assert made.attack() == (0, 0)
        assert len(relay.receive()) == 100
