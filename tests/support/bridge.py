"""A bridge of the engine through ctypes; participants send PCM from arrays and receive encoded bytes."""

import ctypes
import re
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from tests.support.codec import L16, Format, libraries
from tests.support.native import ROOT, library

__all__ = ["MIX", "Counters", "Participant", "Playout", "Room", "Tap", "pcm_format"]

Pcm = npt.NDArray[np.int16]
MIX = 0
# The header is the only list of counters.
_COUNTERS = re.findall(r"\tX\((\w+)\)", (ROOT / "native" / "engine" / "counters.h").read_text())


class Counters(ctypes.Structure):
    """struct mm_counters."""

    _fields_ = [(name, ctypes.c_uint64) for name in _COUNTERS]


class Config(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint32) for name in ("ptime_ms", "max_talkers", "max_members", "max_playouts")
    ]


class Member(ctypes.Structure):
    _fields_ = [
        ("port_id", ctypes.c_uint32),
        ("source", ctypes.c_void_p),
        ("tx_format", Format),
        ("receives", ctypes.c_bool),
        ("tx_payload", ctypes.c_void_p),
        ("tx_bytes", ctypes.c_size_t),
        ("level_dbov", ctypes.c_uint8),
        ("talking", ctypes.c_bool),
        ("talking_changed", ctypes.c_bool),
        ("state", ctypes.c_void_p),
        ("tapped", ctypes.c_void_p),
        ("ghost", ctypes.c_bool),
        ("present", ctypes.c_bool),
        ("suppressor", ctypes.c_void_p),
    ]


class TapRecord(ctypes.Structure):
    _fields_ = [
        ("first_sample", ctypes.c_uint64),
        ("port_id", ctypes.c_uint32),
        ("nsamples", ctypes.c_uint32),
    ]


def pcm_format(sample_rate_hz: int) -> Format:
    """Return a format that sends PCM, which tests can compare sample by sample."""
    return Format(
        id=L16,
        clock_rate_hz=sample_rate_hz,
        sample_rate_hz=sample_rate_hz,
        ptime_ms=20,
        payload_type=96,
        channels=1,
    )


def _refused(code: int) -> int:
    if code < 0:
        raise OSError(-code, "engine refused")
    return code


def _pointer(pcm: Pcm) -> ctypes.c_void_p:
    return ctypes.c_void_p(pcm.ctypes.data)


class Playout:
    """struct mm_playout."""

    def __init__(self, sample_rate_hz: int, *, ptime_ms: int = 20, seconds: int = 2) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.handle = ctypes.c_void_p()
        _refused(library().mm_playout_open(ctypes.byref(self.handle), sample_rate_hz, ptime_ms, seconds))

    def write(self, pcm: Pcm) -> int:
        """Offer samples; return how many were accepted."""
        frame = np.ascontiguousarray(pcm, np.int16)
        library().mm_playout_write.restype = ctypes.c_size_t
        return int(library().mm_playout_write(self.handle, _pointer(frame), ctypes.c_size_t(len(frame))))

    def finish(self) -> None:
        library().mm_playout_finish(self.handle)

    @property
    def done(self) -> bool:
        library().mm_playout_done.restype = ctypes.c_bool
        return bool(library().mm_playout_done(self.handle))

    @property
    def pending(self) -> int:
        library().mm_playout_pending.restype = ctypes.c_size_t
        return int(library().mm_playout_pending(self.handle))

    @property
    def source(self) -> int:
        library().mm_playout_source.restype = ctypes.c_void_p
        return int(library().mm_playout_source(self.handle))

    def close(self) -> None:
        library().mm_playout_close(self.handle)
        self.handle = ctypes.c_void_p()


class Tap:
    """struct mm_tap."""

    def __init__(self, sample_rate_hz: int, *, stems: bool = False, seconds: int = 2) -> None:
        self.handle = ctypes.c_void_p()
        _refused(
            library().mm_tap_open(ctypes.byref(self.handle), sample_rate_hz, ctypes.c_bool(stems), seconds)
        )

    def read(self) -> list[tuple[int, int, Pcm]]:
        """Return and remove the records of the ring: (first sample, port id, samples)."""
        records = []
        record, pcm = TapRecord(), np.empty(960, np.int16)
        while _refused(
            library().mm_tap_read(self.handle, ctypes.byref(record), _pointer(pcm), ctypes.c_size_t(len(pcm)))
        ):
            records.append((record.first_sample, record.port_id, pcm[: record.nsamples].copy()))
        return records

    @property
    def overruns(self) -> int:
        library().mm_tap_overruns.restype = ctypes.c_uint64
        return int(library().mm_tap_overruns(self.handle))

    @property
    def position(self) -> int:
        library().mm_tap_position.restype = ctypes.c_uint64
        return int(library().mm_tap_position(self.handle))

    def close(self) -> None:
        library().mm_tap_close(self.handle)
        self.handle = ctypes.c_void_p()


class Participant:
    """struct mm_member, whose audio comes from a playout of its own."""

    def __init__(self, room: "Room", port_id: int, speaks_hz: int | None, hears: Format) -> None:
        self.room = room
        self.port_id = port_id
        self.hears = hears
        self.voice = Playout(speaks_hz, ptime_ms=room.ptime_ms) if speaks_hz else None
        self.member = Member()
        self._suppressor = ctypes.c_void_p()
        _refused(
            library().mm_member_open(
                ctypes.byref(self.member),
                port_id,
                ctypes.c_void_p(self.voice.source if self.voice else None),
                ctypes.byref(hears),
                room.ptime_ms,
                ctypes.byref(room.libraries),
            )
        )

    @property
    def heard(self) -> bytes:
        """Return the payload that is sent to it after this tick."""
        return (
            ctypes.string_at(self.member.tx_payload, self.member.tx_bytes) if self.member.tx_payload else b""
        )

    @property
    def heard_pcm(self) -> Pcm:
        return np.frombuffer(self.heard, np.int16)

    def say(self, pcm: Pcm) -> None:
        assert self.voice is not None
        assert self.voice.write(pcm) == len(pcm)

    def leave(self) -> None:
        library().mm_bridge_leave(self.room.handle, ctypes.byref(self.member))

    def set_gain(self, gain_q8: int) -> None:
        library().mm_bridge_set_gain(self.room.handle, ctypes.byref(self.member), gain_q8)

    def set_muted(self, muted: bool) -> None:
        library().mm_bridge_set_muted(self.room.handle, ctypes.byref(self.member), ctypes.c_bool(muted))

    def set_levelled(self, levelled: bool) -> None:
        library().mm_bridge_set_levelled(self.room.handle, ctypes.byref(self.member), ctypes.c_bool(levelled))

    def set_suppressed(self, suppressed: bool) -> None:
        """Set whether its noise is suppressed; what was opened is closed with the participant."""
        if suppressed and not self._suppressor:
            _refused(
                library().mm_suppressor_open(
                    ctypes.byref(self._suppressor), ctypes.byref(self.room.libraries)
                )
            )
        self.member.suppressor = self._suppressor.value if suppressed else None

    def set_deafened(self, deafened: bool) -> None:
        library().mm_bridge_set_deafened(self.room.handle, ctypes.byref(self.member), ctypes.c_bool(deafened))

    def set_hears(self, speaker: "Participant", gain_q8: int) -> None:
        _refused(
            library().mm_bridge_set_hears(
                self.room.handle, ctypes.byref(self.member), ctypes.byref(speaker.member), gain_q8
            )
        )

    def close(self) -> None:
        self.leave()
        library().mm_member_close(ctypes.byref(self.member))
        library().mm_suppressor_close(self._suppressor)
        if self.voice:
            self.voice.close()


class Room:
    """struct mm_bridge and all participants that were ever on it."""

    def __init__(self, *, max_talkers: int = 0, max_members: int = 64, ptime_ms: int = 20) -> None:
        self.ptime_ms = ptime_ms
        self.counters = Counters()
        self.libraries = libraries()
        self.handle = ctypes.c_void_p()
        self.participants: list[Participant] = []
        self._now_us = 0
        config = Config(ptime_ms, max_talkers, max_members, 8)
        _refused(
            library().mm_bridge_open(
                ctypes.byref(self.handle),
                ctypes.byref(config),
                ctypes.byref(self.libraries),
                ctypes.byref(self.counters),
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for participant in self.participants:
            participant.close()
        library().mm_bridge_close(self.handle)

    def invite(self, *, speaks_hz: int | None = 8000, hears: Format | int | None = None) -> Participant:
        """Create a participant that has not joined yet."""
        hears = speaks_hz or 8000 if hears is None else hears
        wanted = pcm_format(hears) if isinstance(hears, int) else hears
        participant = Participant(self, len(self.participants) + 1, speaks_hz, wanted)
        self.participants.append(participant)
        return participant

    def join(self, participant: Participant) -> Participant:
        """Add the participant to the bridge, and the shared encoder of its format if there is none yet."""
        encoder = ctypes.c_void_p()
        _refused(
            library().mm_shared_encoder_open(
                ctypes.byref(encoder), ctypes.byref(participant.hears), ctypes.byref(self.libraries)
            )
        )
        if library().mm_bridge_add_encoder(self.handle, encoder) < 0:
            library().mm_shared_encoder_close(encoder)
        _refused(library().mm_bridge_join(self.handle, ctypes.byref(participant.member)))
        return participant

    def enter(self, *, speaks_hz: int | None = 8000, hears: Format | int | None = None) -> Participant:
        """Create a participant and join it."""
        return self.join(self.invite(speaks_hz=speaks_hz, hears=hears))

    def play(self, playout: Playout, only: Participant | None = None) -> None:
        member = ctypes.byref(only.member) if only else None
        _refused(library().mm_bridge_add_playout(self.handle, playout.handle, member))

    def stop(self, playout: Playout) -> None:
        library().mm_bridge_remove_playout(self.handle, playout.handle)

    def shed(self, step: int) -> None:
        """Set what it does without (``enum mm_shed``)."""
        library().mm_bridge_set_shed(self.handle, step)

    def tap(self, tap: Tap) -> None:
        _refused(library().mm_bridge_add_tap(self.handle, tap.handle))

    def untap(self, tap: Tap) -> None:
        library().mm_bridge_remove_tap(self.handle, tap.handle)

    def tick(self, *, skipped: int = 0) -> None:
        self._now_us += 1000 * self.ptime_ms * (1 + skipped)
        library().mm_bridge_tick(self.handle, ctypes.c_int64(self._now_us), skipped)

    @property
    def sample_rate_hz(self) -> int:
        library().mm_bridge_sample_rate_hz.restype = ctypes.c_uint32
        return int(library().mm_bridge_sample_rate_hz(self.handle))
