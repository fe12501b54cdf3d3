"""WAVs that are broken, hostile or oddly made: each is read or told; none crashes, hangs or fills memory."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import presets
from presets.errors import UnreadableFile
from presets.export import riff, wav
from presets.export.wav import RECIPE_CHUNK, Depth, WavFile
from presets.sound import Samples, Sound

DEPTHS: tuple[Depth, ...] = ("16", "24", "32f")
SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")

posix = pytest.mark.skipif(os.name == "nt", reason="pipes and limits of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One name that every case writes anew."""
    return tmp_path / "sound.wav"


def noise(channels: int, frames: int) -> Samples:
    return np.random.default_rng(0).uniform(-1, 1, (channels, frames)).astype(np.float32)


def file_bytes(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    content = b"".join(
        struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(content) if size is None else size, b"WAVE") + content


def format_bytes(tag: int = 1, channels: int = 1, rate: int = 48000, frame: int = 2, bits: int = 16) -> bytes:
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)


FORMAT = (b"fmt ", format_bytes())
CODES = np.array([1, -2, 3, -4], "<i2")
DATA = (b"data", CODES.tobytes())


def read_bytes(path: Path, content: bytes) -> WavFile:
    path.write_bytes(content)
    return wav.read(path)


@pytest.mark.parametrize(
    ("file_size", "data_size"),
    [(0, 0), (36, 0), (2**32 - 1, 0), (2**32 - 1, 2**32 - 1), (0x7FFFF024, 0x7FFFF000), (44, 2**32 - 1)],
)
def test_sizes_that_a_streaming_writer_left_open(path: Path, file_size: int, data_size: int) -> None:
    content = file_bytes(FORMAT, DATA)
    content = (
        content[:4] + struct.pack("<I", file_size) + content[8:40] + struct.pack("<I", data_size) + content[44:]
    )
    assert np.array_equal(read_bytes(path, content).sound.samples * 2**15, CODES[None])


@pytest.mark.parametrize(
    "content",
    [
        file_bytes(FORMAT, (b"data", bytes([0, 0, 0, 1, 0, 255]))) + b"LIST\4\0\0\0abcd",
        file_bytes((b"fmt ", format_bytes(frame=1, bits=8)), (b"data", b"\x80\x81\x7f"))[:-1],
        file_bytes((b"fmt ", format_bytes(frame=1, bits=8)), (b"data", b"\x80\x81\x7f"), size=39)[:-1],
        file_bytes(FORMAT, (b"data", bytes([0, 0, 0, 1, 0, 255, 9]))),
        file_bytes(FORMAT, (b"data", bytes([0, 0, 0, 1, 0, 255]))) + b"rubbish",
        file_bytes(FORMAT, (b"data", bytes([0, 0, 0, 1, 0, 255])), (b"\0\0\0\0", b"rubbish")),
        file_bytes(FORMAT, (b"data", bytes([0, 0, 0, 1, 0, 255])), (b"LIST", b"cut off"))[:-5],
        file_bytes((b"data", bytes([0, 0, 0, 1, 0, 255])), FORMAT),
        file_bytes((b"fmt ", format_bytes(bits=12)), (b"data", bytes([0, 0, 0, 1, 0, 255]))),
    ],
    ids=[
        "chunk behind the end",
        "no padding",
        "no padding, told",
        "half a frame",
        "rubbish behind",
        "rubbish chunk",
        "last chunk cut",
        "format last",
        "12 in 16 bit",
    ],
)
def test_small_faults_do_not_matter(path: Path, content: bytes) -> None:
    found = read_bytes(path, content)
    assert np.array_equal(found.sound.samples * 2**7, [[0, 1, -1]])
    assert found.all_chunks == ()


def test_an_empty_sound_before_other_chunks_is_empty(path: Path) -> None:
    found = read_bytes(path, file_bytes(FORMAT, (b"data", b""), (b"LIST", b"abcd")))
    assert found.sound.frames == 0
    assert found.chunks == {b"LIST": b"abcd"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a WAV"),
        (b"RIFF", "not a WAV"),
        (b"ID3" + bytes(100), "not a WAV"),
        (file_bytes(FORMAT, DATA).replace(b"WAVE", b"AVI "), "not a WAV"),
        (file_bytes(FORMAT, DATA).replace(b"RIFF", b"RIFX"), "big-endian"),
        (file_bytes(FORMAT, DATA).replace(b"RIFF", b"RF64"), "64-bit"),
        (file_bytes(), "no chunk 'fmt '"),
        (file_bytes(FORMAT), "no chunk 'data'"),
        (file_bytes(FORMAT, DATA)[:-1], "ends too early"),
        (file_bytes(FORMAT, DATA)[:30], "ends too early"),
        (file_bytes((b"fmt ", format_bytes()[:14]), DATA), "cut off"),
        (file_bytes((b"fmt ", format_bytes(tag=2, bits=4)), DATA), "contradicts"),
        (file_bytes((b"fmt ", format_bytes(tag=7, bits=8, frame=1)), DATA), "0x0007"),
        (file_bytes((b"fmt ", format_bytes(tag=0xFFFE)), DATA), "0xFFFE"),
        (file_bytes((b"fmt ", format_bytes(tag=3)), DATA), "format 0x0003, 16 bit"),
        (file_bytes((b"fmt ", format_bytes(bits=0, frame=0)), DATA), "0 bit"),
        (file_bytes((b"fmt ", format_bytes(bits=64, frame=8)), DATA), "64 bit"),
        (file_bytes((b"fmt ", format_bytes(channels=0, frame=0)), DATA), "0 channels"),
        (file_bytes((b"fmt ", format_bytes(channels=65, frame=130)), DATA), "65 channels"),
        (file_bytes((b"fmt ", format_bytes(rate=0)), DATA), "0 Hz"),
        (file_bytes((b"fmt ", format_bytes(rate=768_001)), DATA), "768001 Hz"),
        (file_bytes((b"fmt ", format_bytes(3, frame=4, bits=32)), (b"data", b"\0\0\xc0\x7f")), "not numbers"),
        (
            file_bytes((b"fmt ", format_bytes(3, frame=8, bits=64)), (b"data", b"\xff" * 6 + b"\xef\x7f")),
            "infinite",
        ),
        (file_bytes(*[(b"junk", b"")] * 10_001), "more than 10000 chunks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_says_why_and_what_to_do(path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason) as told:
        read_bytes(path, content)
    assert str(told.value).startswith(f"{path} cannot be read: ")
    assert str(told.value).endswith(".")


def test_places_that_hold_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="does not exist"):
        wav.read(tmp_path / "missing.wav")
    with pytest.raises(UnreadableFile, match="not a file"):
        wav.read_chunk(tmp_path, RECIPE_CHUNK)
    with pytest.raises(UnreadableFile, match="does not exist"):
        wav.read(tmp_path / "a\0b")
    with pytest.raises(UnreadableFile, match="too long"):
        wav.read(tmp_path / ("x" * 300))


@posix
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UnreadableFile, match="not a file"):
            wav.read(path)


READS_WITH_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from presets.errors import UnreadableFile
from presets.export import wav

resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
try:
    wav.read(Path(sys.argv[1]))
except UnreadableFile as error:
    print(error)
"""


@posix
def test_a_file_longer_than_memory_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(file_bytes((b"fmt ", format_bytes(frame=1, bits=8)), (b"data", b""), size=0))
        file.truncate(3 << 30)
    environment = {**os.environ, "PYTHONPATH": str(Path(presets.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", READS_WITH_LITTLE_MEMORY, path],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Cut it shorter" in done.stdout


def samples_of_files(path: Path) -> list[bytes]:
    """Small files of every make: ours at all depths, with chunks before and behind the audio, and others'."""
    contents = []
    for depth in DEPTHS:
        wav.write(
            path,
            Sound(noise(3, 9), 48000),
            depth=depth,
            chunks={RECIPE_CHUNK: b"{}1", b"LIST": b"INFO"},
            overwrite=True,
        )
        contents.append(path.read_bytes())
    for subtype in SUBTYPES:
        memory = io.BytesIO()
        soundfile.write(memory, noise(1, 9).T, 44100, subtype, format="WAV")
        contents.append(memory.getvalue())
    return [*contents, file_bytes(FORMAT, DATA, (RECIPE_CHUNK, b"{}1"))]


def read_or_told(path: Path, content: bytes) -> WavFile | None:
    """What a possibly broken file gives; it must be sound, no larger than the file, or be told."""
    path.write_bytes(content)
    try:
        wav.read_chunk(path, RECIPE_CHUNK)
        found = wav.read(path)
    except UnreadableFile:
        return None
    assert found.sound.samples.size <= len(content)
    assert sum(8 + len(body) for _, body in found.all_chunks) <= len(content)
    assert np.isfinite(found.sound.samples).all()
    b"".join(riff.serialised(b"WAVE", [riff.part(*chunk) for chunk in found.all_chunks]))
    return found


def test_a_file_cut_off_anywhere_is_read_or_told(path: Path) -> None:
    for content in samples_of_files(path):
        results = [read_or_told(path, content[:length]) for length in range(len(content) + 1)]
        assert results[0] is None
        assert results[-1] is not None


def test_a_download_that_broke_off_in_the_audio_still_says_what_it_is(path: Path) -> None:
    for depth in DEPTHS:
        wav.write(path, Sound(noise(2, 9), 48000), depth=depth, chunks={RECIPE_CHUNK: b"{}1"}, overwrite=True)
        content = path.read_bytes()
        for length in range(content.index(b"data"), len(content)):
            path.write_bytes(content[:length])
            assert wav.read_chunk(path, RECIPE_CHUNK) == b"{}1"
            with pytest.raises(UnreadableFile, match=r"too early|was cut off"):
                wav.read(path)


def mutate(path: Path, times: int) -> tuple[int, int]:
    chance = random.Random(times)
    contents = samples_of_files(path)
    read = 0
    for _ in range(times):
        content = bytearray(chance.choice(contents))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(min(len(content), 100))
            content[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        if chance.random() < 0.2:
            start = chance.randrange(len(content))
            del content[start : start + chance.randint(1, 9)]
        read += read_or_told(path, bytes(content)) is not None
    return read, times - read


def test_broken_bytes_are_read_or_told(path: Path) -> None:
    read, told = mutate(path, 2_000)
    assert min(read, told) > 200


@pytest.mark.long
def test_a_hundred_thousand_broken_files_are_read_or_told(path: Path) -> None:
    read, told = mutate(path, 100_000)
    assert min(read, told) > 10_000
