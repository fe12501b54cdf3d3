"""The command line in this process: what it makes, what it says, and every bad input told in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace

from presets.export import cues, wav
from presets.export.reading import read_metadata
from presets.export.version import read_version, write
from presets.schema import FILE_RATES, Chain, Slot
from presets.sound import Sound
from ui.cli import COMMANDS, app, run

DOOR = "huge metal door slam in a cathedral"


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def door(capsys):
    """A draft on disk."""
    assert run(["render", DOOR, "--seed", "5", "-o", "door.wav"]) == 0
    capsys.readouterr()
    return Path("door.wav")


def test_a_prompt_becomes_a_wav_with_its_recipe(door):
    samples, rate = soundfile.read(door)
    assert (rate, samples.ndim, soundfile.info(door).subtype) == (48000, 1, "PCM_24")
    assert len(samples) == round(read_version(door).edit.length * 48000)
    assert 20 * np.log10(np.abs(samples).max()) == pytest.approx(-3.0, abs=0.5)
    version = read_version(door)
    assert (version.recipe.prompt.text, version.recipe.seed, version.recipe.steps) == (DOOR, 5, 1)
    assert version.generated
    assert version.model_licence


def test_eight_variations_land_in_takes_with_safe_names(capsys):
    assert run(["render", "4/4 kick: <huge>", "--count", "8", "--seed", "3", "--length", "0.4"]) == 0
    names = sorted(path.name for path in Path("takes").iterdir())
    assert names == sorted(f"4_4_kick_huge_{seed}.wav" for seed in range(3, 11))
    out = capsys.readouterr().out
    assert all(f"takes/{name}" in out for name in names)
    gains = {read_version(path).edit.gain_db for path in Path("takes").iterdir()}
    assert len(gains) == 1


def test_the_same_seed_gives_the_same_file_alone_and_in_company():
    assert run(["render", DOOR, "--seed", "40", "--count", "3", "-o", "family.wav"]) == 0
    assert run(["render", DOOR, "--seed", "41", "-o", "alone.wav"]) == 0
    family, alone = read_version(Path("family_2.wav")), read_version(Path("alone.wav"))
    assert family.checksum == alone.checksum
    assert family.recipe == alone.recipe


def test_refining_a_file_keeps_its_shape_and_prints_identity(door, capsys):
    assert run(["refine", str(door), "--steps", "8"]) == 0
    out = capsys.readouterr().out
    assert "like its draft" in out
    assert "another seed would be" in out
    draft, refined = wav.read(door), wav.read(Path("door_8steps.wav"))
    assert refined.sound.frames == draft.sound.frames
    assert (refined.sound.rate, refined.depth) == (draft.sound.rate, draft.depth)
    assert abs(20 * np.log10(refined.sound.rms / draft.sound.rms)) < 0.2
    old, new = read_version(door), read_version(Path("door_8steps.wav"))
    assert (new.edit, new.recipe.seed, new.recipe.steps) == (old.edit, old.recipe.seed, 8)
    assert run(["refine", "door_8steps.wav", "--steps", "1", "-o", "again.wav"]) == 0
    assert read_version(Path("again.wav")).checksum == old.checksum
    assert wav.read(Path("again.wav")).sound.checksum() == draft.sound.checksum()


def test_refining_at_once_equals_refining_later(door):
    assert run(["refine", str(door), "--steps", "4"]) == 0
    assert run(["render", DOOR, "--seed", "5", "--steps", "4", "-o", "at_once.wav"]) == 0
    later, at_once = read_version(Path("door_4steps.wav")), read_version(Path("at_once.wav"))
    assert later == at_once
    assert Path("door_4steps.wav").read_bytes() == Path("at_once.wav").read_bytes()


@pytest.mark.parametrize(("depth", "subtype"), [("16", "PCM_16"), ("24", "PCM_24"), ("32f", "FLOAT")])
@pytest.mark.parametrize("rate", FILE_RATES)
@pytest.mark.parametrize("length", ["0.3", "0.7777"])
def test_files_have_the_rate_depth_and_exact_length_that_were_asked(capsys, depth, subtype, rate, length):
    words = ["render", DOOR, "--seed", "5", "--length", length, "--bit-depth", depth, "--rate", str(rate)]
    assert run([*words, "-o", "x.wav"]) == 0
    info = soundfile.info("x.wav")
    assert (info.samplerate, info.subtype, info.frames) == (rate, subtype, round(float(length) * rate))
    assert ("no content above 22.05 kHz" in capsys.readouterr().err) == (rate > 48_000)


def test_nothing_is_overwritten_unless_asked(door, capsys):
    before = door.read_bytes()
    assert run(["render", DOOR, "--seed", "6", "--length", "0.4", "-o", "door.wav"]) == 0
    assert door.read_bytes() == before
    assert Path("door_2.wav").exists()
    assert "door.wav is there already" in capsys.readouterr().err
    assert run(["render", DOOR, "--seed", "6", "--length", "0.4", "-o", "door.wav", "--overwrite"]) == 0
    assert door.read_bytes() != before


def test_info_shows_recipe_waveform_and_level(door, capsys):
    assert run(["info", str(door)]) == 0
    out = capsys.readouterr().out
    for words in (DOOR, "seed 5", "draft (1 step)", "dBFS", "generated sound", "█", "CC0-1.0"):
        assert words in out


def test_info_of_a_foreign_wav_shows_it_and_says_that_it_has_no_recipe(capsys):
    soundfile.write("foreign.wav", np.zeros((4410, 2)), 44100)
    assert run(["info", "foreign.wav"]) == 0
    captured = capsys.readouterr()
    assert "2 channel" in captured.out
    assert "silent" in captured.out
    assert "no recipe" in captured.err


def test_models_doctor_version_and_no_words_at_all(capsys, monkeypatch):
    assert run(["models"]) == 0
    assert "CC0-1.0" in capsys.readouterr().out
    assert run(["doctor", "--device", "cpu"]) == 0
    assert "starter: PASS" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("Onetake ")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    assert run([]) == 2  # the panel
    assert "no screen" in capsys.readouterr().err


def test_commands_are_the_ones_there_are():
    names = {c.name or c.callback.__name__ for c in app.registered_commands}
    names |= {group.name for group in app.registered_groups}
    assert names == set(COMMANDS)


@pytest.mark.parametrize("group", ["library", "fx", "handoff"])
def test_a_group_without_a_command_shows_its_help(group, capsys):
    assert run([group]) == 0
    told = capsys.readouterr()
    assert f"Usage: onetake {group}" in told.out
    assert "Commands:" in told.out
    assert not told.err


def test_info_names_the_effects_that_are_printed(door, capsys):
    slots = (Slot(effect="reverb", mix=0.5), Slot(effect="delay", enabled=False), Slot(effect="gain"))
    wet = replace(read_version(door), chain=Chain(slots=slots))
    write(Path("wet.wav"), wav.read(door).sound, wet, "24")
    assert run(["info", "wet.wav"]) == 0
    assert "reverb (50%) > gain" in capsys.readouterr().out
    assert run(["info", "door.wav"]) == 0
    assert "effects" not in capsys.readouterr().out


def test_a_loop_tells_its_tempo_and_note(capsys):
    tone = np.sin(2 * np.pi * 440 * np.arange(96_000) / 48_000, dtype=np.float32)[None] * np.float32(0.5)
    points, labels = cues.to_bytes([cues.Marker(4800, "here")])
    chunks = [(cues.CHUNK, points), (cues.LABELS_CHUNK, labels), (b"XTRA", b"kept")]
    wav.write(Path("tone.wav"), Sound(tone, 48_000), depth="24", chunks=chunks)
    words = ["loop", "tone.wav", "--begin", "0.5", "--end", "1.5", "--crossfade", "0"]
    assert run([*words, "--tempo", "120"]) == 2
    assert "-o" in capsys.readouterr().err
    assert run([*words, "-o", "loop.wav", "--tempo", "120", "--note", "69"]) == 0
    told = read_metadata(Path("loop.wav"))
    assert (told.acid.tempo, told.acid.beats, told.acid.root, told.sampler.unity_note) == (120.0, 4, 69, 69)
    assert (told.sampler.loops[0].begin, told.sampler.loops[0].end) == (24_000, 72_000)
    assert told.ixml.aswg.is_loop
    assert wav.read(Path("loop.wav")).chunks[b"XTRA"] == b"kept"
    assert [marker.label for marker in told.markers] == ["here"]


@pytest.mark.parametrize("prompt", ["玻璃門 слам", "boom 💥", "very loud " * 1000])
def test_prompts_beyond_the_model_render_with_a_warning(prompt, capsys):
    assert run(["render", prompt, "--length", "0.4", "--seed", "1"]) == 0
    assert "warning: starter" in capsys.readouterr().err
    (file,) = Path("takes").iterdir()
    assert len(file.name.encode()) < 100
    assert read_version(file).recipe.prompt.text == prompt.strip()


def test_a_report_holds_machine_and_logs_and_prompts_only_when_asked(door, tmp_path, capsys, monkeypatch):
    import zipfile

    state = tmp_path / "state"
    state.mkdir()
    (state / "engine.log").write_text("a line\n")
    monkeypatch.setenv("ONETAKE_STATE", str(state))
    assert run(["report"]) == 0
    assert run(["report", str(door)]) == 0
    assert "Look inside" in capsys.readouterr().out
    plain, asked = sorted(Path().glob("onetake-report-*.zip"), key=lambda p: len(p.name))
    with zipfile.ZipFile(plain) as archive:
        assert set(archive.namelist()) == {"machine.txt", "engine.log"}
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"torch" in everything
    assert b"cathedral" not in everything
    with zipfile.ZipFile(asked) as archive:
        assert b"cathedral" in archive.read("recipe_1.json")
    assert run(["report", "missing.wav"]) == 1


def test_integer_files_of_a_family_are_lowered_alike_and_say_so(capsys):
    """A boom whose refined takes exceed full scale: the distances stay, and the file tells what was done."""
    words = ["render", "deep cinematic boom", "--seed", "1", "--count", "3", "--steps", "8"]
    assert run([*words, "-o", "int.wav"]) == 0
    assert "lowered by" in capsys.readouterr().err
    assert run([*words, "-o", "float.wav", "--bit-depth", "32f"]) == 0
    for number in (1, 2, 3):
        whole, free = wav.read(Path(f"int_{number}.wav")).sound, wav.read(Path(f"float_{number}.wav")).sound
        versions = read_version(Path(f"int_{number}.wav")), read_version(Path(f"float_{number}.wav"))
        lowered = versions[1].match_db - versions[0].match_db
        assert lowered > 0
        assert 20 * np.log10(free.rms / whole.rms) == pytest.approx(lowered, abs=0.01)
        assert versions[0].edit == versions[1].edit
        assert whole.peak <= 1.0


@pytest.mark.parametrize("name", ["gravel_footsteps", "the_draft_2", "kick_8steps", "kick_draft"])
def test_refined_files_keep_the_words_of_their_name(door, name):
    Path(f"{name}.wav").write_bytes(door.read_bytes())
    assert run(["refine", f"{name}.wav", "--steps", "2"]) == 0
    kept = name.removesuffix("_8steps").removesuffix("_draft")
    assert Path(f"{kept}_2steps.wav").exists()
