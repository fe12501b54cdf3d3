"""`onetake export` as a person uses it: what can be selected, which options there are, what is told."""

from __future__ import annotations

import zipfile

import pytest
import typer

from presets import kits
from presets.errors import OnetakeError
from presets.export import wav
from presets.export.formats import FORMATS
from tests.presets.export_formats.conftest import noise
from ui.exporting import COMMANDS

_UsageError = typer.BadParameter.__base__


@pytest.fixture
def export(capsys):
    """Runs the command as ui.cli does; returns what it printed, raises what it refuses."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command("export")(COMMANDS["export"])
    app.command("other")(lambda: None)
    command = typer.main.get_command(app)

    def run(*words):
        command.main(["export", *map(str, words)], prog_name="onetake", standalone_mode=False)
        return capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path):
    """A folder of takes with a kit file in it."""
    place = tmp_path / "takes of today"
    place.mkdir()
    for number in (1, 2):
        wav.write(place / f"door_{number}.wav", noise(number), depth="24")
    files = sorted(place.glob("*.wav"))
    kit, _ = kits.kit_of(files, "Doors")
    kits.write_kit(place / "doors.json", kit)
    return place


def test_a_kit_file_becomes_a_folder_with_everything_in_it(export, folder, tmp_path):
    said = export(folder / "doors.json", "--format", "sfz", "-o", tmp_path / "out")
    assert said.out.strip() == str(tmp_path / "out" / "Doors")
    assert (tmp_path / "out/Doors/Doors.sfz").is_file()
    assert len(list((tmp_path / "out/Doors/Samples").glob("*.wav"))) == 2


@pytest.mark.parametrize("form", [form.id for form in FORMATS])
def test_every_format_takes_a_folder_and_files(export, folder, tmp_path, form):
    export(folder, "--format", form, "-o", tmp_path / "out")
    export(*sorted(folder.glob("*.wav")), "--format", form, "-o", tmp_path / "out", "--name", "Chosen")
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"takes_of_today", "Chosen"}


def test_wishes_are_heard(export, folder, tmp_path):
    export(
        folder, "--format", "wav", "-o", tmp_path, "--name", "x", "--zip", "--rate", "44100", "--bit-depth", "16"
    )
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path)
    facts = wav.facts(tmp_path / "x/door_1.wav")
    assert (facts.rate, facts.depth) == (44_100, "16")


def test_a_spotting_list_finds_its_sounds_beside_it_and_tells_what_is_missing(export, folder, tmp_path):
    (folder / "spots.csv").write_text("timecode,prompt\n01:00:00;02,door\n01:00:05;00,nobody\n")
    said = export(folder / "spots.csv", "--format", "reaper", "-o", tmp_path / "out", "--fps", "29.97df")
    assert "row 3 (nobody)" in said.err
    assert "door_1" in (tmp_path / "out/spots/spots.RPP").read_text()


def test_nothing_is_replaced_unasked(export, folder, tmp_path):
    export(folder, "--format", "wav", "-o", tmp_path / "out")
    with pytest.raises(OnetakeError, match="there already"):
        export(folder, "--format", "wav", "-o", tmp_path / "out")
    export(folder, "--format", "wav", "-o", tmp_path / "out", "--overwrite")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.wav", "--format", "sfz"], "no file gone.wav"),
        (["doors.json", "door_1.wav", "--format", "sfz"], "one kit at a time"),
        (["doors.json", "--format", "kontakt"], "Formats are"),
        (["doors.json", "--format", "sfz", "--gap", "1"], "no option gap"),
        (["doors.json", "--format", "flac", "--bit-depth", "32f"], "16, 24"),
        (["empty", "--format", "sfz"], "no WAVs"),
        (["door_1.wav", "--format", "game", "--rate", "-1"], "0 or more"),
    ],
)
def test_what_cannot_be_is_told(export, folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    with pytest.raises(OnetakeError, match=said):
        export(*words)
    assert not (folder / "exports").exists() or not any((folder / "exports").iterdir())


def test_a_kit_without_its_sound_is_an_error(export, folder, tmp_path):
    (folder / "door_2.wav").unlink()
    with pytest.raises(OnetakeError, match=r"door_2\.wav"):
        export(folder / "doors.json", "--format", "decentsampler", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_help_names_every_option_of_the_table(export):
    said = export("--help").out
    for form in FORMATS:
        assert form.id in said
        for option in form.options:
            assert f"--{option.name.replace('_', '-')}" in said
    with pytest.raises(_UsageError):
        export("--format", "sfz")
