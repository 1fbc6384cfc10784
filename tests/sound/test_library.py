"""SoundLibrary: files below one folder and URLs, in audio formats, within limits."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mixminus.delivery.outgoing import SoundFetcher
from mixminus.errors import MixMinusError
from mixminus.sound.errors import SoundNotFound, SoundTooLarge, SoundUnreadable
from mixminus.sound.library import MAX_BYTES, SoundLibrary, load_hold_music
from mixminus.sound.source import Decoder, Source
from tests.support.tones import Pcm, heard, tone, write_wav
from tests.support.waiting import eventually, run_ready_tasks, until

RATE_HZ = 16_000


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[SoundLibrary]:
    (tmp_path / "sounds").mkdir()
    fetcher = SoundFetcher(private_targets=True)
    library = SoundLibrary(tmp_path / "sounds", fetcher.fetch)
    yield library
    library.close()
    await fetcher.close()


async def whole(source: Source) -> Pcm:
    pieces = []
    while (piece := await source.read()) is not None:
        pieces.append(piece)
    await source.close()
    return np.concatenate(pieces)


def encode(path: Path, codec: str, rate_hz: int) -> Path:
    """Write a second of 700 Hz in a format."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(tone(700, 1.0, sample_rate_hz=rate_hz)[np.newaxis], "s16", "mono")
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            stream.format, stream.layout, rate_hz, frame_size=stream.frame_size or None
        )
        for each in (frame, None):
            for ready in resampler.resample(each):
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("a.wav", "pcm_s16le", 44_100),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.ogg", "libopus", 48_000),
        ("a.flac", "flac", 48_000),
        ("a.m4a", "aac", 48_000),
        ("a.g722", "g722", 16_000),
    ],
)
async def test_common_formats_are_decoded(
    library: SoundLibrary, tmp_path: Path, name: str, codec: str, rate_hz: int
) -> None:
    encode(tmp_path / "sounds" / name, codec, rate_hz)
    pcm = await whole(await library.open(name, RATE_HZ))
    assert abs(len(pcm) / RATE_HZ - 1) < 0.15
    assert heard(pcm[4000:12_000], RATE_HZ, (700.0,))[700] > -25


@pytest.mark.parametrize(
    "name",
    ["../outside.wav", "link.wav", "nothing.wav", "", ".", "/etc/passwd", "a\0b", "file:///etc/passwd"],
)
async def test_files_outside_the_folder_are_refused(library: SoundLibrary, tmp_path: Path, name: str) -> None:
    write_wav(tmp_path / "outside.wav", tone(440, 0.1))
    (tmp_path / "sounds" / "link.wav").symlink_to(tmp_path / "outside.wav")
    with pytest.raises(SoundNotFound):
        await library.open(name, RATE_HZ)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"this is no sound",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '{path}'\n",
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
    ],
)
async def test_non_audio_and_playlists_are_unreadable(
    library: SoundLibrary, tmp_path: Path, content: bytes
) -> None:
    secret = write_wav(tmp_path / "outside.wav", tone(440, 0.1))
    path = tmp_path / "sounds" / "a.wav"
    path.write_bytes(content.replace(b"{path}", str(secret).encode()))
    with pytest.raises(SoundUnreadable):
        await whole(await library.open("a.wav", RATE_HZ))


async def test_file_size_and_duration_are_limited(library: SoundLibrary, tmp_path: Path) -> None:
    with (tmp_path / "sounds" / "large.wav").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SoundTooLarge):
        await library.open("large.wav", RATE_HZ)
    decoder = Decoder(write_wav(tmp_path / "long.wav", tone(440, 2.0)), 8000, max_s=0.5)
    samples = 0
    while (piece := decoder.read()) is not None:
        samples += len(piece)
    decoder.close()
    assert samples == 4000


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[TestServer]:
    body = write_wav(tmp_path / "tone.wav", tone(700, 0.5)).read_bytes()

    async def sound(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(1 << 16))

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("file:///etc/passwd")

    app = web.Application()
    app.add_routes([web.get("/tone.wav", sound), web.get("/endless", endless), web.get("/away", away)])
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_url_is_fetched(library: SoundLibrary, site: TestServer) -> None:
    pcm = await whole(await library.open(str(site.make_url("/tone.wav")), RATE_HZ))
    assert abs(len(pcm) / RATE_HZ - 0.5) < 0.05


@pytest.mark.parametrize(
    ("path", "error"),
    [("/nothing", SoundNotFound), ("/endless", SoundTooLarge), ("/away", SoundNotFound)],
)
async def test_url_without_sound_raises_the_reason(
    library: SoundLibrary, site: TestServer, path: str, error: type[MixMinusError]
) -> None:
    with pytest.raises(error):
        await library.open(str(site.make_url(path)), RATE_HZ)


async def test_private_addresses_are_refused_by_setting(site: TestServer, tmp_path: Path) -> None:
    fetcher = SoundFetcher(private_targets=False)
    with pytest.raises(SoundNotFound):
        await fetcher.fetch(str(site.make_url("/tone.wav")), MAX_BYTES)
    await fetcher.close()


async def test_a_file_is_closed_if_its_opening_was_cancelled(library: SoundLibrary, tmp_path: Path) -> None:
    path = str(write_wav(tmp_path / "sound.wav", tone(440.0, 1.0)))

    def is_open() -> bool:
        return path in (os.path.realpath(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd"))

    gc.disable()  # it must not be what closes the file
    try:
        opening = asyncio.create_task(library.decode(Path(path), RATE_HZ))
        await run_ready_tasks()
        eventually(is_open, what="a thread has opened the file")
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await until(lambda: not is_open())
    finally:
        gc.enable()


async def test_hold_music_is_the_operators_or_built_in(tmp_path: Path) -> None:
    folder = tmp_path / "moh"
    pad = await load_hold_music((folder,))
    folder.mkdir()
    write_wav(folder / "b.wav", tone(700, 1.0))
    (folder / "a.txt").write_text("no music")
    tune = await load_hold_music((folder,))
    assert len(pad.pcm) / pad.sample_rate_hz == 16
    assert abs(len(tune.pcm) / tune.sample_rate_hz - 1) < 0.05
    assert heard(tune.pcm, tune.sample_rate_hz, (700.0,))[700] > -25
