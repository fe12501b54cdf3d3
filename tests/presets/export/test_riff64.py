"""RF64 and BW64: files beyond 4 GB, both ways; the limit is lowered where size does not matter."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.errors import UnreadableFile
from presets.export import riff, wav, wav_codes
from presets.export.wav import Depth
from presets.sound import Sound

SMALL = 200  # bytes from which on a file is RF64 here
short = settings(deadline=None, derandomize=True, max_examples=60)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rf64") / "sound.wav"


def noise(channels: int, frames: int, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.9, 0.9, (channels, frames)).astype(np.float32)
    return Sound(samples, 48000)


def written(path: Path, sound: Sound, depth: Depth = "24", chunks: wav.Chunks = ()) -> bytes:
    wav.write(path, sound, depth=depth, chunks=chunks, overwrite=True, largest=SMALL)
    return path.read_bytes()


@pytest.mark.parametrize("depth", ["16", "24", "32f"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_independent_readers_find_the_same(path: Path, depth: Depth, channels: int) -> None:
    sound = noise(channels, 1001)
    content = written(path, sound, depth, {b"junk": b"even"})
    assert content[:4] == b"RF64"
    assert content[12:16] == b"ds64"
    ours = wav.read(path)
    assert (ours.depth, ours.chunks) == (depth, {b"junk": b"even"})
    theirs, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == 48000
    assert soundfile.info(path).format == "RF64"
    assert np.array_equal(theirs.T, ours.sound.samples)
    wav.write(path, sound, depth=depth, overwrite=True)
    assert np.array_equal(wav.read(path).sound.samples, ours.sound.samples)


def test_what_an_independent_writer_wrote_is_read(path: Path) -> None:
    sound = noise(2, 501)
    soundfile.write(path, sound.samples.T, 44100, "FLOAT", format="RF64")
    found = wav.read(path)
    assert found.sound.rate == 44100
    assert np.array_equal(found.sound.samples, sound.samples)


def test_bw64_is_the_same_under_another_name(path: Path) -> None:
    content = written(path, noise(2, 300))
    path.write_bytes(b"BW64" + content[4:])
    assert wav.facts(path) == wav.WavFacts(48000, 2, 300, "24")
    assert wav.read(path).sound.frames == 300


@given(st.lists(st.tuples(st.sampled_from([b"LIST", b"axml", b"bext"]), st.binary(max_size=500)), max_size=4))
@short
def test_chunks_survive_even_large_ones(path: Path, chunks: list[tuple[bytes, bytes]]) -> None:
    # Of chunks with one id only one size stands in ds64, so each id is given once.
    unique = list(dict(chunks).items())
    written(path, noise(1, 300), chunks=unique)
    assert wav.read(path).all_chunks == tuple(unique)


def test_a_real_file_beyond_4_gb_is_described_by_all(path: Path) -> None:
    """Sparse: its head is ours, its samples are a hole of five gigabytes."""
    frames = 5 * 2**30 // 4
    parts = [
        riff.part(b"fmt ", struct.pack("<HHIIHHH", 3, 1, 48000, 192000, 4, 32, 0)),
        riff.part(b"fact", struct.pack("<I", riff.LARGEST)),
        riff.part(b"1tak", b"{}"),
        riff.Part(b"data", frames * 4, ()),
    ]
    with path.open("wb") as file:
        file.write(b"".join(riff.serialised(b"WAVE", parts, frames=frames)))
        file.truncate(file.tell() + frames * 4)
    assert wav.facts(path) == wav.WavFacts(48000, 1, frames, "32f")
    assert wav.read_chunk(path, b"1tak") == b"{}"
    assert soundfile.info(path).frames == frames
    path.unlink()


@pytest.mark.long
def test_a_real_file_beyond_4_gb_is_written_through(path: Path) -> None:
    block = wav_codes.encoded(noise(2, 1 << 16), "24")
    piece = b"".join(block)
    count = 2**32 // len(piece) + 2
    size = count * len(piece)
    fmt = struct.pack("<HHIIHH", 1, 2, 48000, 288000, 6, 24)
    parts = [riff.part(b"fmt ", fmt), riff.Part(b"data", size, (piece for _ in range(count)))]
    with path.open("wb") as file:
        for part in riff.serialised(b"WAVE", parts, frames=size // 6):
            file.write(part)
    assert wav.facts(path).frames == size // 6
    with soundfile.SoundFile(path) as theirs:
        assert theirs.frames == size // 6
        theirs.seek(theirs.frames - (1 << 16))
        last = theirs.read(dtype="float32", always_2d=True)
    assert np.abs(last.T - noise(2, 1 << 16).samples).max() < 2**-22
    path.unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content[:12] + b"junk" + content[16:], "without the chunk that tells its sizes"),
        (lambda content: content[:30], "without the chunk that tells its sizes"),
        (lambda content: content[:-100], "ends too early"),
        (lambda content: b"riff" + content[4:], "Wave64"),
    ],
)
def test_what_is_broken_is_told(path: Path, change: object, reason: str) -> None:
    content = written(path, noise(1, 300))
    path.write_bytes(change(content))  # type: ignore[operator]
    with pytest.raises(UnreadableFile, match=reason):
        wav.read(path)


def test_sizes_are_claims(path: Path) -> None:
    """Broken heads are read or told; nothing is larger than the file."""
    content = written(path, noise(1, 300), chunks={b"LIST": bytes(300)})
    chance = random.Random(1)
    read = 0
    for _ in range(600):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(80)] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
        path.write_bytes(broken)
        try:
            found = wav.read(path)
        except UnreadableFile:
            continue
        read += 1
        assert found.sound.samples.size <= len(content)
        assert sum(len(body) for _, body in found.all_chunks) <= len(content)
    assert 50 < read < 550
