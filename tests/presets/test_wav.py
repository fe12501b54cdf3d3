"""WAV: what is written comes back, and an independent reader and writer agree with ours."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.errors import InvalidRequest, NotWritten
from presets.export import riff, wav
from presets.export.wav import RECIPE_CHUNK, Depth, WavFile
from presets.sound import Samples, Sound, decibels, linear

RATES = (8000, 11025, 16000, 22050, 44100, 48000, 88200, 96000, 192000, 768000)
DEPTHS: tuple[Depth, ...] = ("16", "24", "32f")
SUBTYPES = {"PCM_U8": "8", "PCM_16": "16", "PCM_24": "24", "PCM_32": "32", "FLOAT": "32f", "DOUBLE": "64f"}

rates, channel_counts, seeds = st.sampled_from(RATES), st.integers(1, 9), st.integers(0, 2**32 - 1)
frame_counts = st.integers(0, 300)
short = settings(deadline=None, derandomize=True, max_examples=60)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One name that every example writes anew."""
    return tmp_path_factory.mktemp("wav") / "sound.wav"


def noise(channels: int, frames: int, seed: int = 0, peak: float = 1.0) -> Samples:
    return np.random.default_rng(seed).uniform(-peak, peak, (channels, frames)).astype(np.float32)


def written(path: Path, sound: Sound, depth: Depth = "24", chunks: wav.Chunks = ()) -> WavFile:
    wav.write(path, sound, depth=depth, chunks=chunks, overwrite=True)
    return wav.read(path)


def chunk_ids(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [place.id for place in riff.walk(file, path.stat().st_size, b"WAVE")]


@given(rates, channel_counts, frame_counts, seeds)
@short
def test_float_comes_back_bit_for_bit(path: Path, rate: int, channels: int, frames: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2**32, (channels, frames), np.uint32)
    samples = bits.view(np.float32)
    sound = Sound(np.where(np.isfinite(samples), samples, np.float32(-0.0)), rate)
    found = written(path, sound, "32f")
    assert (found.depth, found.sound.rate, found.sound.checksum()) == ("32f", rate, sound.checksum())


@given(rates, channel_counts, frame_counts, seeds)
@short
def test_24_bit_comes_back_within_half_a_step(
    path: Path, rate: int, channels: int, frames: int, seed: int
) -> None:
    sound = Sound(noise(channels, frames, seed, 1 - 2**-23), rate)
    found = written(path, sound, "24")
    assert (found.depth, found.sound.rate, found.sound.samples.shape) == ("24", rate, sound.samples.shape)
    assert (np.abs(found.sound.samples.astype("f8") - sound.samples) <= 0.5 * 2**-23).all()


@given(rates, channel_counts, frame_counts, seeds)
@short
def test_16_bit_comes_back_within_the_dither(path: Path, rate: int, channels: int, frames: int, seed: int) -> None:
    sound = Sound(noise(channels, frames, seed), rate)
    found = written(path, sound, "16")
    assert (found.depth, found.sound.rate, found.sound.samples.shape) == ("16", rate, sound.samples.shape)
    assert (np.abs(found.sound.samples.astype("f8") - sound.samples) <= 1.5 * 2**-15).all()


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_ends_of_the_scale_and_long_sounds(path: Path, depth: Depth) -> None:
    samples = noise(2, 200_000)
    samples[:, :3] = [[1.0, -1.0, 0.0], [-1.0, 1.0, -0.0]]
    result = wav.write(path, Sound(samples, 48000), depth=depth, overwrite=True)
    assert result == wav.Written(path, depth, 0.0)
    error = np.abs(wav.read(path).sound.samples.astype("f8") - samples).max()
    assert error <= {"16": 1.5 * 2**-15, "24": 2**-23, "32f": 0.0}[depth]


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_same_sound_gives_the_same_bytes(path: Path, depth: Depth) -> None:
    sound = Sound(noise(2, 1000), 48000)
    contents = set()
    for _ in range(2):
        wav.write(path, sound, depth=depth, overwrite=True)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_dither_keeps_what_is_softer_than_a_step(path: Path) -> None:
    wave = 0.3 * 2**-15 * np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    found = written(path, Sound(wave[None].astype(np.float32), 48000), "16").sound.samples[0]
    level = float(np.dot(found, wave) / np.dot(wave, wave))
    assert level == pytest.approx(1, abs=0.1)
    assert abs(float(found.mean())) < 0.02 * 2**-15


def test_dither_has_the_variance_of_a_triangle(path: Path) -> None:
    sound = Sound(np.full((2, 100_000), 0.5 + 0.3 * 2**-15, np.float32), 48000)
    error = (written(path, sound, "16").sound.samples.astype("f8") - sound.samples) * 2**15
    # Rounding with TPDF dither gives an error of 1/12 + 1/6 steps squared, whatever the signal.
    assert error.var() == pytest.approx(1 / 4, abs=0.01)
    assert abs(np.corrcoef(error)[0, 1]) < 0.02


def test_what_is_16_bit_already_is_not_dithered(path: Path) -> None:
    once = written(path, Sound(noise(2, 1000), 48000), "16").sound
    before = path.read_bytes()
    written(path, once, "16")
    assert path.read_bytes() == before
    assert written(path, Sound(np.zeros((1, 50), np.float32), 48000), "16").sound.peak == 0.0


@given(st.floats(1.001, 1e6), st.sampled_from(["16", "24"]), seeds)
@short
def test_what_exceeds_full_scale_is_lowered_as_a_whole(path: Path, peak: float, depth: Depth, seed: int) -> None:
    samples = noise(2, 200, seed)
    samples[1, 7] = -1.0
    sound = Sound(samples * np.float32(peak), 48000)
    result = wav.write(path, sound, depth=depth, overwrite=True)
    assert result.lowered_db == pytest.approx(decibels(peak) + 0.1, abs=1e-4)
    found = wav.read(path).sound
    assert found.peak == pytest.approx(linear(-0.1), abs=2 * 2**-15)
    assert np.abs(found.samples - sound.scaled(-result.lowered_db).samples).max() <= 1.5 * 2**-15


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize(("depth", "subtype"), [("16", "PCM_16"), ("24", "PCM_24"), ("32f", "FLOAT")])
def test_an_independent_reader_finds_the_same(path: Path, depth: Depth, subtype: str, channels: int) -> None:
    sound = Sound(noise(channels, 1001, peak=0.9), 48000)
    ours = written(path, sound, depth, {RECIPE_CHUNK: b"{}", b"junk": b"odd"}).sound.samples
    about = soundfile.info(path)
    assert (about.samplerate, about.channels, about.frames, about.subtype) == (48000, channels, 1001, subtype)
    assert about.format == ("WAVEX" if channels > 2 else "WAV")
    theirs, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(theirs.T, ours)


@pytest.mark.parametrize("channels", [1, 2, 5, 64])
@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
def test_what_an_independent_writer_wrote_is_read(path: Path, form: str, subtype: str, channels: int) -> None:
    soundfile.write(path, noise(channels, 1001, peak=0.9).T, 44100, subtype, format=form)
    theirs, _ = soundfile.read(path, dtype="float32", always_2d=True)
    found = wav.read(path)
    assert (found.depth, found.sound.rate) == (SUBTYPES[subtype], 44100)
    assert np.array_equal(found.sound.samples, theirs.T)


@pytest.mark.parametrize(
    ("depth", "channels", "size", "tag"),
    [("16", 2, 16, 1), ("24", 1, 16, 1), ("32f", 2, 18, 3), ("16", 3, 40, 0xFFFE), ("32f", 3, 40, 0xFFFE)],
)
def test_the_header_is_the_one_of_the_format(path: Path, depth: Depth, channels: int, size: int, tag: int) -> None:
    written(path, Sound(noise(channels, 11), 48000), depth, {RECIPE_CHUNK: b"{}"})
    content = path.read_bytes()
    assert struct.unpack("<4sI4s4sIH", content[:22]) == (
        b"RIFF",
        len(content) - 8,
        b"WAVE",
        b"fmt ",
        size,
        tag,
    )
    assert len(content) % 2 == 0
    fact = [b"fact"] if depth == "32f" else []
    assert chunk_ids(path) == [b"fmt ", *fact, RECIPE_CHUNK, b"data"]
    if fact:
        assert content[20 + size : 32 + size] == struct.pack("<4sII", b"fact", 4, 11)


CHUNKS = st.lists(
    st.tuples(st.sampled_from([b"LIST", b"bext", b"iXML", b"cue ", b"smpl", RECIPE_CHUNK]), st.binary(max_size=9)),
    max_size=6,
)


@given(CHUNKS, st.sampled_from(DEPTHS))
@short
def test_chunks_survive_in_their_order(path: Path, chunks: list[tuple[bytes, bytes]], depth: Depth) -> None:
    found = written(path, Sound(noise(1, 3), 48000), depth, chunks)
    assert found.all_chunks == tuple(chunks)
    assert found.chunks == dict(reversed(chunks))
    for name in (*found.chunks, b"none"):
        assert wav.read_chunk(path, name) == found.chunks.get(name)
    again = written(path, found.sound, depth, found.all_chunks)
    assert again.all_chunks == found.all_chunks


def test_chunks_of_other_programs_survive_a_rewrite(path: Path) -> None:
    with soundfile.SoundFile(path, "w", 48000, 1, "PCM_16", format="WAV") as file:
        file.title = "Door"
        file.write(np.zeros(5))
    found = wav.read(path)
    assert b"Door" in found.chunks[b"LIST"]
    written(path, found.sound, "24", found.all_chunks)
    assert soundfile.SoundFile(path).title == "Door"


@pytest.mark.parametrize(
    "chunks", [{b"data": b""}, {b"fmt ": b""}, {b"abc": b""}, {b"abcde": b""}, {b"\0abc": b""}]
)
def test_chunks_that_are_none_are_refused(tmp_path: Path, chunks: dict[bytes, bytes]) -> None:
    with pytest.raises(InvalidRequest):
        wav.write(tmp_path / "x.wav", Sound(noise(1, 1), 48000), depth="24", chunks=chunks)
    assert not list(tmp_path.iterdir())


def test_a_depth_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="16, 24, 32f"):
        wav.write(tmp_path / "x.wav", Sound(noise(1, 1), 48000), depth="8")  # type: ignore[arg-type]


def test_from_4_gb_on_it_is_rf64() -> None:
    assert next(riff.serialised(b"WAVE", [riff.Part(b"data", 2**32 - 14, ())]))[:4] == b"RIFF"
    assert next(riff.serialised(b"WAVE", [riff.Part(b"data", 2**32 - 12, ())]))[:4] == b"RF64"


def test_an_existing_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"mine")
    with pytest.raises(NotWritten):
        wav.write(path, Sound(noise(1, 1), 48000), depth="24")
    assert path.read_bytes() == b"mine"
