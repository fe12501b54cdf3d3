"""`onetake handoff`, `slice`, `layer` and `loop` in this process: what they write, and every bad wish told."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from msgspec.structs import replace

from presets import assemblies, handoff, kits
from presets.entry import Entry
from presets.export import sampler_chunk, wav
from presets.export.version import read_version
from presets.loudness_filters import true_peak
from presets.schema import Chain, Slot, canonical, lineage_id
from presets.sound import Sound, decibels
from ui import cli, handing, slicing

DOOR = "huge metal door slam in a cathedral"
RATE = 48000


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def run(monkeypatch):
    """The command line, with the commands of these modules if it does not know them yet."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    for name, command in {**slicing.COMMANDS, "render": cli.render, "refine": cli.refine}.items():
        app.command(name)(command)
    app.add_typer(handing.app, name="handoff")
    monkeypatch.setattr(cli, "app", app)
    return cli.run


@pytest.fixture
def door(run, capsys):
    Path("takes").mkdir()
    assert run(["render", DOOR, "--seed", "5", "--length", "0.8", "-o", "takes/door.wav"]) == 0
    capsys.readouterr()
    return Path("takes/door.wav")


def test_a_linked_file_follows_its_take_when_asked(run, door, capsys):
    assert run(["handoff", str(door), "--linked", "--rate", "44100", "--bit-depth", "16"]) == 0
    assert "handoffs/door.wav" in capsys.readouterr().out
    path = Path("handoffs/door.wav")
    info = soundfile.info(path)
    assert (info.samplerate, info.subtype, info.frames, info.channels) == (44100, "PCM_16", 35280, 1)
    assert run(["handoff", "update"]) == 0
    assert "is the newest already" in capsys.readouterr().out
    assert run(["refine", str(door), "--steps", "4"]) == 0
    assert run(["handoff", "update"]) == 0
    assert "door.wav: updated" in capsys.readouterr().out
    assert read_version(path).recipe.steps == 4
    assert lineage_id(read_version(path).recipe) == lineage_id(read_version(door).recipe)
    assert soundfile.info(path).frames == 35280
    draft, refined = wav.read(door).sound, wav.read(path).sound
    assert abs(20 * np.log10(refined.rms / draft.rms)) < 0.2
    assert run(["handoff", "list"]) == 0
    assert "linked" in (out := capsys.readouterr().out)
    assert "4 steps" in out
    assert run(["handoff", "commit", "door.wav"]) == 0
    assert run(["refine", str(door), "--steps", "8"]) == 0
    assert run(["handoff", "update"]) == 0
    assert "is not linked" in capsys.readouterr().out
    assert read_version(path).recipe.steps == 4


def test_the_default_is_a_frozen_copy_at_48000_hz_and_24_bit_in_the_session_folder(run, door, tmp_path):
    (tmp_path / "film").mkdir()
    assert run(["handoff", str(door), "-o", "film"]) == 0
    (made,), told = handoff.listed(Path("film"))
    assert (made.linked, made.rate, made.depth, told) == (False, 48000, "24", [])
    assert read_version(Path("film/handoffs/door.wav")) == read_version(door)


def test_a_refined_file_elsewhere_is_found_where_it_is_said_to_be(run, door, tmp_path, capsys):
    assert run(["handoff", str(door), "--linked"]) == 0
    (tmp_path / "far").mkdir()
    assert run(["refine", str(door), "--steps", "2", "-o", "far/x.wav"]) == 0
    door.unlink()
    assert run(["handoff", "update"]) == 0
    assert "No version of the take" in capsys.readouterr().err
    assert run(["handoff", "update", "--from", "far"]) == 0
    assert read_version(Path("handoffs/door.wav")).recipe.steps == 2


def test_an_edit_that_was_changed_in_the_library_comes_into_the_linked_file(run, door, capsys):
    assert run(["handoff", str(door), "--linked"]) == 0
    old = read_version(door)
    quieter = replace(old.edit, gain_db=old.edit.gain_db - 6.0, fade_out=0.3)
    door.with_suffix(".json").write_bytes(canonical(Entry(edit=quieter)))
    assert run(["handoff", "update"]) == 0
    assert "door.wav: updated" in capsys.readouterr().out
    path = Path("handoffs/door.wav")
    assert read_version(path).edit == quieter
    assert read_version(path).checksum == old.checksum
    before, after = wav.read(door).sound, wav.read(path).sound
    assert after.frames == before.frames
    assert after.peak_db == pytest.approx(before.peak_db - 6.0, abs=0.1)
    assert run(["handoff", "update"]) == 0
    assert "is the newest already" in capsys.readouterr().out
    wet = Entry(edit=quieter, chain=Chain(slots=(Slot(effect="gain"),)))
    door.with_suffix(".json").write_bytes(canonical(wet))
    assert run(["handoff", "update"]) == 1
    assert "from the panel" in capsys.readouterr().err
    assert read_version(path).edit == quieter


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["handoff", "nothing.wav"], 1, "does not exist"),
        (["handoff", "plain.wav", "--linked"], 2, "holds no recipe"),
        (["handoff", "plain.wav", "-o", "nowhere"], 1, "no folder"),
        (["handoff", "plain.wav", "--bit-depth", "12"], 2, "12"),
        (["handoff", "plain.wav", "--rate", "0"], 2, "sample rate"),
        (["handoff", "commit", "x.wav"], 2, "no hand-off"),
        (["slice", "quiet.wav"], 2, "Nothing begins"),
        (["slice", "plain.wav", "--note", "128"], 2, "0 to 127"),
        (["slice", "plain.wav", "--closest", "0"], 2, "at least"),
        (["slice", "nothing.wav"], 1, "does not exist"),
        (["layer", *["plain.wav"] * 5], 2, "1 to 4 layers"),
        (["layer", "plain.wav", "--gain", "1", "--gain", "2"], 2, "2 times for 1"),
        (["layer", "plain.wav", "--start", "9"], 2, "lasts"),
        (["layer", "plain.wav", "-o", "x.mp3"], 2, ".wav"),
        (["loop", "plain.wav", "--begin", "0.1"], 2, "both"),
        (["loop", "plain.wav"], 2, "steady"),
        (["loop", "plain.wav", "--begin", "0", "--end", "9"], 2, "inside of the sound"),
    ],
)
def test_bad_wishes_are_told_and_write_nothing(run, capsys, words, status, told):
    hits = np.zeros((1, RATE), np.float32)
    hits[0, 100] = hits[0, 30000] = 0.5
    wav.write(Path("plain.wav"), Sound(hits, RATE), depth="24")
    wav.write(Path("quiet.wav"), Sound(np.zeros((1, RATE), np.float32), RATE), depth="24")
    before = sorted(Path().rglob("*"))
    assert run(words) == status
    assert told in capsys.readouterr().err
    assert sorted(Path().rglob("*")) == before


def steps_of_feet(count=6):
    rng = np.random.default_rng(1)
    samples = np.zeros(RATE * 3, np.float32)
    for n in range(count):
        burst = rng.standard_normal(9600) * np.exp(-np.arange(9600) / 1200)
        samples[4800 + n * 21000 :][:9600] += (0.1 + 0.02 * n) * burst.astype(np.float32)
    return Sound(samples[None] / np.abs(samples).max() * 0.5, RATE)


def test_six_footsteps_become_six_files_and_a_kit(run, capsys):
    wav.write(Path("feet.wav"), steps_of_feet(), depth="24")
    assert run(["slice", "feet.wav", "--note", "40"]) == 0
    assert "6 zones" in capsys.readouterr().out
    kit = kits.read_kit(Path("feet_slices/feet.json"))
    assert [zone.round_robin for zone in kit.zones] == [1, 2, 3, 4, 5, 6]
    sounds = kits.find_sounds(kit, Path("feet_slices"))
    assert len(sounds) == 6
    for path in sounds.values():
        assembly = assemblies.read(path)
        assert assembly.checksum == wav.read(path).sound.checksum()
        assert assembly.pieces[0].name == "feet"


def test_layers_hold_all_recipes_and_can_be_balanced(run, door, capsys):
    wav.write(Path("feet.wav"), steps_of_feet(1), depth="24")
    words = ["layer", str(door), "feet.wav", "--gain", "-3", "--gain", "-6", "--pitch", "0", "--pitch", "-12"]
    assert run([*words, "-o", "both.wav", "--kit", "kit"]) == 0
    assembly = assemblies.read(Path("both.wav"))
    assert assembly.pieces[0].source == read_version(door)
    assert assembly.pieces[1].source is None
    assert [piece.gain_db for piece in assembly.pieces] == [-3.0, -6.0]
    kit = kits.read_kit(Path("kit/both.json"))
    assert [zone.gain_db for zone in kit.zones] == [-3.0, -6.0]
    assert len(kits.find_sounds(kit, Path("kit"))) == 2
    assert run(["handoff", "both.wav"]) == 0
    assert assemblies.read(Path("handoffs/both.wav")) == assembly


def test_layers_that_are_too_loud_together_are_lowered_alike(run, door, capsys):
    wav.write(Path("feet.wav"), steps_of_feet(1), depth="24")
    words = ["layer", str(door), "feet.wav", "--gain", "20", "--gain", "14"]
    assert run([*words, "-o", "loud.wav"]) == 0
    made, assembly = wav.read(Path("loud.wav")).sound, assemblies.read(Path("loud.wav"))
    assert decibels(true_peak(made.samples)) == pytest.approx(-1.0, abs=0.01)
    first, second = (piece.gain_db for piece in assembly.pieces)
    assert first < 20.0
    assert first - second == pytest.approx(6.0)
    assert assembly.checksum == made.checksum()


def test_a_loop_is_told_and_written_into_edit_and_sampler_chunk(run, door, capsys):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)
    wav.write(Path("tone.wav"), Sound(tone[None], RATE), depth="24")
    assert run(["loop", "tone.wav", "-o", "looped.wav"]) == 0
    assert "seam +0.0 dB" in capsys.readouterr().out
    (mark,) = sampler_chunk.from_bytes(wav.read(Path("looped.wav")).chunks[sampler_chunk.CHUNK]).loops
    assert mark.end - mark.begin > RATE // 4
    assert wav.read(Path("looped.wav")).sound.checksum() == wav.read(Path("tone.wav")).sound.checksum()
    words = ["loop", str(door), "--begin", "0.3", "--end", "0.6"]
    status = run([*words, "-o", "d.wav"])
    captured = capsys.readouterr()
    assert "seam" in captured.out
    if status:
        assert "no loop" in captured.err
        assert not Path("d.wav").exists()
    else:
        assert read_version(Path("d.wav")).edit.loop == (0.3, 0.6)


def test_help_names_the_subcommands(run, capsys):
    assert run(["handoff", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("update", "commit", "list"))
    assert sys.stdout
