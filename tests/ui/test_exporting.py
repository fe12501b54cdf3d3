"""`onetake export` as a person uses it: what can be selected, which options there are, what is told."""

from __future__ import annotations

import re
import zipfile
from contextlib import nullcontext

import pytest
import typer

from engine.client import NoEngine
from presets import kits
from presets.errors import OnetakeError
from presets.export import formats, wav
from presets.export.formats import FORMATS, Selection
from presets.export.parcel import Stopped
from presets.export.reading import read_metadata
from presets.export.version import read_version
from tests.presets.export_formats.conftest import noise
from ui import creator
from ui.drafting import drafted
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
    assert said.out.strip() == str(tmp_path / "out" / "Doors_sfz")
    assert (tmp_path / "out/Doors_sfz/Doors.sfz").is_file()
    assert len(list((tmp_path / "out/Doors_sfz/Samples").glob("*.wav"))) == 2


@pytest.mark.parametrize("form", [form.id for form in FORMATS])
def test_every_format_takes_a_folder_and_files(export, folder, tmp_path, form):
    export(folder, "--format", form, "-o", tmp_path / "out")
    export(*sorted(folder.glob("*.wav")), "--format", form, "-o", tmp_path / "out", "--name", "Chosen")
    own = "takes_of_today" if formats.find(form).suffix else f"takes_of_today_{form}"
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {own, "Chosen"}


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
    words = ("--format", "reaper", "-o", tmp_path / "out", "--fps", "29.97df")
    said = export(folder / "spots.csv", *words, "--no-drafts")
    assert "row 3 (nobody)" in said.err
    assert "door_1" in (tmp_path / "out/spots_reaper/spots.RPP").read_text()


LIST = (
    "timecode,prompt,length,sync,category,file\n"
    "01:00:01:00,door,,,,\n"
    "01:00:02:00,glass bell,0.4,onset,BELLMisc,\n"
    "01:00:03:00,Glass  bell,0.6,,FX,\n"
    "01:00:04:00,low hum,90,start,,hum.wav\n"
    "01:00:05:00,,,,,gone.wav\n"
)


@pytest.fixture
def quick(engine, monkeypatch):
    """The shared engine makes what is made; counts it."""
    made = []
    real = engine.make

    def make(recipe, *rest):
        made.append(recipe.prompt.text)
        return real(recipe, *rest)

    monkeypatch.setattr("ui.engine_link.Engine", lambda model, device: engine)
    monkeypatch.setattr("ui.engine_link.RemoteEngine", _nobody)
    monkeypatch.setattr(engine, "make", make)
    return made


def _nobody(folder, **_):
    raise NoEngine("none runs")


def test_a_spotting_list_becomes_a_timeline_with_drafts_in_place(export, folder, tmp_path, quick):
    (folder / "spots.csv").write_text(LIST)
    words = (folder / "spots.csv", folder, "--format", "reaper", "-o", tmp_path / "out")
    said = export(*words)
    assert sorted(quick) == ["glass bell", "low hum"]  # a prompt is one sound, and the door was there
    assert "row 5: starter makes" in said.err
    assert "row 6 (gone.wav)" in said.err
    bell = read_version(folder / "glass_bell.wav")
    assert (bell.recipe.prompt.length, bell.recipe.steps) == (0.6, 1)
    assert read_metadata(folder / "glass_bell.wav").ixml.aswg.cat_id == "BELLMisc"
    project = (tmp_path / "out/spots_reaper/spots.RPP").read_text()
    found = re.findall(r'<ITEM\n.*?POSITION ([\d.]+).*?NAME "([^"]+)"', project, re.DOTALL)
    places = sorted((float(at), name) for at, name in found if "door" not in name)
    assert [name for _, name in places] == ["glass bell", "Glass  bell", "low hum"]
    moments = (2 - bell.edit.onset, 3 - (bell.edit.sync or bell.edit.onset), 4.0)  # its onset, its sync, its begin
    assert [at for at, _ in places] == pytest.approx(moments, abs=0.002)
    assert not (folder / ".onetake-batch").exists()
    quick.clear()
    export(*words, "--overwrite")
    assert not quick  # they are takes now


def test_drafts_that_were_stopped_are_gone_on_with(folder, tmp_path, engine, quick):
    (folder / "spots.csv").write_text(LIST)
    takes = Selection("x", (), spots=folder / "spots.csv")
    into = tmp_path / "takes"

    def made(told):
        return drafted(takes, "25", into, "starter", lambda: nullcontext(engine), told)

    shares = []
    with pytest.raises(Stopped):
        made(lambda share: bool(shares.append(share)) or len(shares) < 2)
    assert [path.name for path in into.glob("*.wav")] == ["door.wav"]
    selection, remarks = made(lambda share: True)
    assert sorted(path.name for path in selection.paths) == ["door.wav", "glass_bell.wav", "hum.wav"]
    assert f"Made 2 drafts in {into}." in remarks
    assert (quick.count("door"), quick.count("low hum")) == (1, 1)  # what was made was not made again


def test_the_creator_is_asked_once(export, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))
    words = (folder, "--format", "wav", "--ucs", "--source", "S", "-o", tmp_path / "out")
    with pytest.raises(OnetakeError, match="--creator"):
        export(*words)
    assert not (tmp_path / "out").exists()
    export(*words, "--creator", "Jane Doe", "--name", "a")
    export(*words, "--name", "b")
    names = [sorted(path.name for path in (tmp_path / "out" / name).iterdir()) for name in "ab"]
    assert names[0] == names[1]
    assert all("_JaneDoe_S.wav" in name for name in names[0])


def test_a_person_is_asked_who_they_are(monkeypatch, tmp_path, export, folder):
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("ui.report.is_interactive", lambda: True)
    monkeypatch.setattr(typer, "prompt", lambda words, **_: "Kim")
    export(folder, "--format", "wav", "--ucs", "--source", "S", "-o", tmp_path / "out")
    assert creator.known() == "Kim"


def test_nothing_is_replaced_unasked(export, folder, tmp_path):
    export(folder, "--format", "wav", "-o", tmp_path / "out")
    with pytest.raises(OnetakeError, match=r"there already.*--name.*--overwrite"):
        export(folder, "--format", "wav", "-o", tmp_path / "out")
    export(folder, "--format", "game", "-o", tmp_path / "out")
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
