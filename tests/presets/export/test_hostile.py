"""Whole files with every chunk, broken in any place: each is read or told, by everything that reads them."""

from __future__ import annotations

import random
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from presets.errors import UnreadableFile
from presets.export import flac, reading, wav
from presets.export import version as versions
from presets.export.metadata import About
from presets.schema import Assembly, Edit, Piece, Prompt, Recipe, Version
from presets.sound import Sound

RECIPE = Recipe(
    model="m", model_hash="h", prompt=Prompt(text="door"), seed=1, frames=1, omega=1, decode_seed=1, renderer=1
)
VERSION = Version(recipe=RECIPE, edit=Edit(length=1.0, sync=0.0005, loop=(0.0, 0.001)), checksum="c")
SOUND = Sound(np.random.default_rng(0).uniform(-0.5, 0.5, (1, 60)).astype(np.float32), 48000)


def whole_files(folder: Path) -> list[bytes]:
    path = folder / "whole.wav"
    about = About(name="Door", cat_id="DOORMetl", tempo=120.0, unity_note=60, time_reference=5, date="2026-11-21")
    contents = []
    for source in (VERSION, Assembly(pieces=(Piece(source=VERSION, end=1.0),)), None):
        versions.write(path, SOUND, source, "24", overwrite=True, about=about)
        contents.append(path.read_bytes())
        chunks = wav.read(path).all_chunks
        wav.write(path, SOUND, depth="24", chunks=chunks, overwrite=True, largest=500)
        contents.append(path.read_bytes())
    return contents


def heads_of(content: bytes) -> list[int]:
    return [match.start() for match in re.finditer(rb"1tak|bext|iXML|LIST|cue |smpl|acid|data|ds64", content)]


def broken(content: bytes, heads: list[int], chance: random.Random) -> bytes:
    """A few bytes changed, anywhere or in the heads of chunks; sometimes cut, or with a piece taken out."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.choice(heads) + chance.randrange(40) if chance.random() < 0.6 else chance.randrange(len(data))
        data[at % len(data)] = chance.choice([0, 1, 0x22, 0x3C, 0x7F, 0x80, 0xFF, chance.randrange(256)])
    if chance.random() < 0.2:
        start = chance.randrange(len(data))
        del data[start : start + chance.choice([1, 7, 500])]
    return bytes(data)


def attack(folder: Path, times: int) -> tuple[int, int]:
    chance = random.Random(times)
    files = [(content, heads_of(content)) for content in whole_files(folder)]
    path = folder / "broken.wav"
    read = 0
    for _ in range(times):
        path.write_bytes(broken(*chance.choice(files), chance))
        try:
            found = reading.read_metadata(path)
        except UnreadableFile as error:
            assert str(error).endswith(".")
            continue
        read += 1
        assert found.facts.frames <= 1000
        msgspec.json.encode(found)  # nothing in it that cannot be told
    return read, times - read


def test_broken_files_are_read_or_told(tmp_path: Path) -> None:
    read, told = attack(tmp_path, 600)
    assert min(read, told) > 60


@pytest.mark.long
def test_a_hundred_thousand_broken_files_are_read_or_told(tmp_path: Path) -> None:
    read, told = attack(tmp_path, 100_000)
    assert min(read, told) > 10_000


def test_a_file_cut_off_anywhere_is_read_or_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    for content in whole_files(tmp_path)[:2]:
        for length in range(0, len(content), 13):
            path.write_bytes(content[:length])
            with pytest.raises(UnreadableFile):
                reading.read_metadata(path)
    flac.write(tmp_path / "a.flac", SOUND, VERSION, "24")
    content = (tmp_path / "a.flac").read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        try:
            assert flac.read_source(path) == VERSION
        except UnreadableFile:
            continue
