"""The Python API of the native engine: every call returns at once and takes effect between two ticks."""

from mixminus.mixer.bridge import Bridge
from mixminus.mixer.config import MAX_SHARDS, EngineConfig
from mixminus.mixer.engine import Engine
from mixminus.mixer.errors import PortClosed
from mixminus.mixer.events import (
    DigitReceived,
    EngineEvent,
    FirstPacket,
    HoldEnded,
    HoldStarted,
    MediaResumed,
    MediaTimeout,
    RemoteChanged,
    TalkSpurtEnded,
    TalkSpurtStarted,
)
from mixminus.mixer.load import Load, Shed
from mixminus.mixer.mux import Mux
from mixminus.mixer.pcm_port import EncodedPort, PcmPort
from mixminus.mixer.playout import Playout
from mixminus.mixer.port import BridgePort, Port
from mixminus.mixer.statistics import PortStatistics
from mixminus.mixer.tap import HEARD, MIX, Tap, TapRecord, is_playout
from mixminus.mixer.trunk import PLAYOUTS, Ghost, Trunk, TrunkLink, TrunkOffer
from mixminus.mixer.watch import PortChange, Watchers
from mixminus.model.media import (
    CODECS,
    Codec,
    CodecFormat,
    MediaDirection,
    PortMedia,
    SrtpKeys,
    SrtpProfile,
)

__all__ = [
    "CODECS",
    "HEARD",
    "MAX_SHARDS",
    "MIX",
    "PLAYOUTS",
    "Bridge",
    "BridgePort",
    "Codec",
    "CodecFormat",
    "DigitReceived",
    "EncodedPort",
    "Engine",
    "EngineConfig",
    "EngineEvent",
    "FirstPacket",
    "Ghost",
    "HoldEnded",
    "HoldStarted",
    "Load",
    "MediaDirection",
    "MediaResumed",
    "MediaTimeout",
    "Mux",
    "PcmPort",
    "Playout",
    "Port",
    "PortChange",
    "PortClosed",
    "PortMedia",
    "PortStatistics",
    "RemoteChanged",
    "Shed",
    "SrtpKeys",
    "SrtpProfile",
    "TalkSpurtEnded",
    "TalkSpurtStarted",
    "Tap",
    "TapRecord",
    "Trunk",
    "TrunkLink",
    "TrunkOffer",
    "Watchers",
    "is_playout",
]
