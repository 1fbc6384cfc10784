"""The structures that tests hand to the engine are as large as those of its headers.

ctypes reads no header: a field that is added to one alone makes C read past what Python gave.
"""

import ctypes
import subprocess
from pathlib import Path

import pytest

from tests.native.test_trunk import Config as EngineConfig
from tests.support import bridge, codec, jitter, receiver
from tests.support.native import ROOT

STRUCTURES: list[tuple[type[ctypes.Structure], str, str]] = [
    (EngineConfig, "mm_engine_config", "engine/engine.h"),
    (bridge.Config, "mm_bridge_config", "mix/bridge.h"),
    (bridge.Member, "mm_member", "mix/bridge.h"),
    (bridge.Counters, "mm_counters", "engine/counters.h"),
    (bridge.TapRecord, "mm_tap_record", "mix/tap.h"),
    (codec.Format, "mm_codec_format", "codec/codec.h"),
    (codec.NativeLibraries, "mm_libraries", "engine/libraries.h"),
    (jitter.Counters, "mm_jbuf_counters", "rtp/jbuf.h"),
    (jitter.Estimator, "mm_jbuf_estimator", "rtp/jbuf.h"),
    (jitter.Packet, "mm_jbuf_packet", "rtp/jbuf.h"),
    (receiver.Config, "mm_receiver_config", "rtp/receiver.h"),
    (receiver.Counters, "mm_counters", "engine/counters.h"),
]


@pytest.mark.parametrize(("structure", "name", "header"), STRUCTURES, ids=str)
def test_a_structure_is_as_large_as_in_its_header(
    structure: type[ctypes.Structure], name: str, header: str, tmp_path: Path
) -> None:
    source = tmp_path / "size.c"
    source.write_text(
        f'#include "{header}"\n#include <stdio.h>\n'
        f'int main(void) {{ printf("%zu\\n", sizeof(struct {name})); return 0; }}\n'
    )
    program = tmp_path / "size"
    command = [
        "gcc",
        "-std=c11",
        "-D_GNU_SOURCE",
        "-I",
        str(ROOT / "native"),
        str(source),
        "-o",
        str(program),
    ]
    subprocess.run(command, check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert ctypes.sizeof(structure) == int(printed)
