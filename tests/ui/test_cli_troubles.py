"""What can go wrong at the command line: every bad input, file and disk is told in a sentence, for nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from presets.export import wav
from presets.export.version import read_version
from tests.ui.test_cli import DOOR, _scratch, door
from ui.__main__ import main as front_door
from ui.cli import run

__all__ = ["_scratch", "door"]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["render", ""], 2, "prompt is empty"),
        (["render", "   "], 2, "prompt is empty"),
        (["render"], 2, "prompt"),
        (["render", DOOR, "--length", "0"], 2, "0.3 to 2.97 seconds"),
        (["render", DOOR, "--length", "-1"], 2, "0.3 to 2.97 seconds"),
        (["render", DOOR, "--length", "nan"], 2, "0.3 to 2.97 seconds"),
        (["render", DOOR, "--length", "60"], 2, "0.3 to 2.97 seconds"),
        (["render", DOOR, "--length", "long"], 2, "auto"),
        (["render", DOOR, "--steps", "0"], 2, "1 to 64 steps"),
        (["render", DOOR, "--steps", "1000"], 2, "1 to 64 steps"),
        (["render", DOOR, "--steps", "many"], 2, "steps"),
        (["render", DOOR, "--count", "0"], 2, "1 to 100 sounds"),
        (["render", DOOR, "--count", "10000"], 2, "1 to 100 sounds"),
        (["render", DOOR, "--model", "stable"], 2, "There is: starter"),
        (["render", DOOR, "--sampler", "euler"], 2, "deterministic"),
        (["render", DOOR, "--rate", "11025"], 2, "44100"),
        (["render", DOOR, "--bit-depth", "8"], 2, "24"),
        (["render", DOOR, "--omega", "99"], 2, "omega goes from 1 to 6"),
        (["render", DOOR, "--seed", "-4"], 2, "seed"),
        (["render", DOOR, "--device", "tpu"], 2, "cpu"),
        (["render", DOOR, "-o", "missing/boom.wav"], 1, "no folder missing"),
        (["render", DOOR, "-o", "missing"], 2, "end the name with .wav"),
        (["render", DOOR, "-o", "boom.mp3"], 2, ".wav"),
        (["render", DOOR, "--loud"], 2, "loud"),
        (["refine", "missing.wav"], 1, "missing.wav"),
        (["refine", "door.wav", "--steps", "0"], 2, "1 to 64 steps"),
        (["info", "missing.wav"], 1, "missing.wav"),
        (["info", "."], 1, "not a file"),
        (["sing"], 2, "sing"),
    ],
)
def test_bad_input_is_told_and_costs_nothing(words, status, told, capsys):
    before = sorted(Path().iterdir())
    assert run(words) == status
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.startswith("error: ")
    assert not captured.out
    assert sorted(Path().iterdir()) == before


def test_refine_refuses_files_without_a_recipe_foreign_newer_or_broken_ones(door, capsys):
    soundfile.write("foreign.wav", np.zeros(4410), 44100)
    data = door.read_bytes()
    Path("newer.wav").write_bytes(data.replace(b'"version":2}', b'"version":3}'))
    Path("broken.wav").write_bytes(data.replace(b'"checksum"', b'"chicksum"'))
    Path("cut.wav").write_bytes(data[:200])
    Path("text.wav").write_text("not a sound")
    told = {
        "foreign": "no recipe",
        "newer": "newer Onetake",
        "broken": "not what Onetake writes",
        "cut": "ends too early",
        "text": "WAV",
    }
    for name, words in told.items():
        assert run(["refine", f"{name}.wav"]) == 1
        assert words in capsys.readouterr().err
    other = data.replace(read_version(door).recipe.model_hash.encode(), b"0" * 64)
    Path("other.wav").write_bytes(other)
    assert run(["refine", "other.wav"]) == 1
    assert "other weights" in capsys.readouterr().err
    assert not list(Path().glob("*steps*"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["redner", "a bell"], "Did you mean onetake render?"),
        (["glass", "bell"], 'in quotes: onetake "glass bell"'),
    ],
)
def test_several_bare_words_are_no_prompt(words, told, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["onetake", *words])
    with pytest.raises(SystemExit) as ended:
        front_door()
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("words", [["info"], ["kit"], ["export", "--format", "sfz"], ["batch", "-o", "x"]])
def test_a_file_that_is_not_there_is_told_in_one_way(words, capsys):
    assert run([words[0], "gone.json", *words[1:]]) == 1
    told = capsys.readouterr().err
    assert "gone.json" in told
    assert "system says" not in told


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount a disk that is read-only")
def test_a_read_only_disk_is_told_before_anything_is_rendered(tmp_path, capsys):
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        assert run(["render", DOOR, "-o", str(disk)]) == 1
        assert "read-only" in capsys.readouterr().err
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path, capsys):
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        assert run(["render", DOOR, "-o", str(disk / "boom.wav")]) == 1
        assert "full" in capsys.readouterr().err
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_broken_download_still_tells_its_recipe_and_is_made_again(door, capsys):
    Path("cut.wav").write_bytes(door.read_bytes()[:20_000])
    assert run(["info", "cut.wav"]) == 1
    captured = capsys.readouterr()
    assert DOOR in captured.out
    assert "ends too early" in captured.err
    assert run(["refine", "cut.wav", "--steps", "1", "-o", "again.wav"]) == 0
    assert wav.read(Path("again.wav")).sound.checksum() == wav.read(door).sound.checksum()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"gamma":0.5', b'"gamma":1.0'),
        (b'"omega":3.0', b'"omega":1e9'),
        (b'"nu":1.0', b'"nu":1e300'),
        (b'"start":-0.002', b'"start":1e308'),
        (b'"match_db":0.0', b'"match_db":1e6'),
        (b'"frames":90', b'"frames":9000000'),
        (b'"model":"starter"', b'"model":"other"'),
        (b'"renderer":1,"sampler"', b'"renderer":2,"sampler"'),
    ],
)
def test_numbers_in_a_crafted_recipe_cost_a_sentence_and_nothing_else(door, capsys, before, after):
    data = door.read_bytes()
    start = data.index(b"1tak")
    size = int.from_bytes(data[start + 4 : start + 8], "little")
    chunk = data[start + 8 : start + 8 + size]
    assert before in chunk
    from presets.export import wav as files
    from presets.sound import Sound

    silence = Sound(np.zeros((1, 100), np.float32), 48000)
    files.write(Path("crafted.wav"), silence, depth="24", chunks={b"1tak": chunk.replace(before, after)})
    assert run(["refine", "crafted.wav", "--steps", "2"]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert not list(Path().glob("crafted_*"))


def test_what_a_file_says_does_not_command_the_terminal(capsys):
    assert run(["render", "door \x1b]0;mine\x07 slam", "--length", "0.4", "-o", "x.wav"]) == 0
    assert run(["info", "x.wav"]) == 0
    assert "\x1b" not in capsys.readouterr().out.replace("\x1b[2m", "").replace("\x1b[0m", "")


def test_places_that_cannot_be_written_are_told_in_a_sentence(capsys):
    Path("takes").write_text("a file in the way")
    for words in (["render", DOOR], ["render", DOOR, "-o", "x" * 300 + ".wav"]):
        assert run(words) == 1
        assert capsys.readouterr().err.startswith("error: ")


def test_a_name_that_is_taken_in_between_costs_nothing(monkeypatch):
    from ui import targets

    real = targets.unused
    calls = []

    def unused(path):
        free = real(path)
        if len(calls) < 2:
            calls.append(free.write_bytes(b"somebody else's"))
        return free

    monkeypatch.setattr(targets, "unused", unused)
    assert run(["render", DOOR, "--length", "0.4", "--seed", "1", "-o", "x.wav"]) == 0
    assert Path("x.wav").read_bytes() == Path("x_2.wav").read_bytes() == b"somebody else's"
    assert read_version(Path("x_3.wav")).recipe.seed == 1
