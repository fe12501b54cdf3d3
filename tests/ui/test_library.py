"""onetake library: what is kept is listed, found and changed; every bad wish is told and costs nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer

from presets import kits
from presets.errors import InvalidRequest, OnetakeError
from presets.export import version as versions
from presets.export import wav
from presets.schema import Kit, Zone
from presets.session import opened
from presets.sound import Sound
from tests.presets.synthetic import version
from ui.library import LIBRARY

SOUND = Sound(np.full((1, 4800), 0.25, np.float32), 48_000)


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    (tmp_path / "film").mkdir()
    monkeypatch.chdir(tmp_path / "film")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))


@pytest.fixture
def say(capsys):
    """Runs a command; returns what it told."""

    def run(*words):
        typer.main.get_command(LIBRARY).main(list(map(str, words)), prog_name="library", standalone_mode=False)
        return capsys.readouterr().out

    return run


@pytest.fixture
def bell(tmp_path, say):
    """A take that was generated, and a recording."""
    versions.write(tmp_path / "draft.wav", SOUND, version(1, "a bright bell"), "24")
    soundfile.write(tmp_path / "rain.flac", SOUND.samples.T, 48_000)
    told = say("add", tmp_path / "draft.wav", tmp_path / "rain.flac", "--tag", "Fresh")
    assert "a_bright_bell.wav" in told
    assert "rain.wav  (not generated)" in told
    return "a_bright_bell"


def rows(told):
    return [line.split()[0] for line in told.splitlines()[1:]]


def test_takes_are_listed_and_found(say, bell):
    assert sorted(rows(say("list"))) == [bell, "rain"]
    assert rows(say("find", "bright", "be")) == [bell]
    assert rows(say("find", "--kind", "imported")) == ["rain"]
    assert sorted(rows(say("find", "--tag", "fresh", "--longest", "0.2"))) == [bell, "rain"]
    assert "no such takes" in say("find", "zebra")
    assert rows(say("list", "--limit", "1")) in (["rain"], [bell])


def test_what_is_said_about_takes_is_kept(say, bell):
    say("rate", "4", f"takes/{bell}.wav", "rain")
    say("tag", bell, "--add", "Church", "--remove", "fresh")
    entry = opened(Path()).entry(bell)
    assert (entry.rating, entry.tags) == (4, ("Church",))
    assert "Great_bell.wav" in say("rename", bell, "Great bell")
    told = say("find", "church", "--rating", "4")
    assert rows(told) == ["Great_bell"]
    assert "****" in told
    assert "2 takes are in the index" in say("rebuild")


def test_categories_are_proposed_and_what_a_person_chose_stays(say, bell):
    say("category", "auto", bell, "rain")
    assert opened(Path()).entry(bell).category.startswith("BELL")
    assert opened(Path()).entry(bell).category_automatic
    assert opened(Path()).entry("rain").category == ""  # a recording says no words
    say("category", "AMBMisc", bell)
    say("category", "auto", bell)
    assert (opened(Path()).entry(bell).category, opened(Path()).entry(bell).category_automatic) == (
        "AMBMisc",
        False,
    )
    with pytest.raises(InvalidRequest, match="CatID"):
        say("category", "AMBmisc", bell)


def test_the_trash_is_emptied_only_when_asked(say, bell):
    say("trash", bell, "rain")
    assert "no such takes" in say("list")
    assert sorted(rows(say("list", "--trash"))) == [bell, "rain"]
    say("restore", bell)
    assert "Deleted 1 take." in say("trash", "--empty")
    assert rows(say("list")) == [bell]
    assert sorted(path.name for path in Path("takes").iterdir()) == [f"{bell}.json", f"{bell}.wav"]


def test_uses_and_duplicates_are_shown(say, bell, tmp_path):
    assert "Nothing" in say("used-in", "rain")
    kits.write_kit(Path("kit.json"), Kit(name="drums", zones=(Zone(take="rain.wav", low=1, high=1, root=1),)))
    assert "drums" in say("used-in", "rain")
    assert "1 sound is there more than once" in say("duplicates")
    wav.write(tmp_path / "other.wav", SOUND.scaled(-6), depth="24")
    say("add", tmp_path / "other.wav", tmp_path / "other.wav")
    assert "2 sounds are there more than once" in say("duplicates")


def test_a_session_is_moved(say, bell, tmp_path):
    assert "there" in say("move", tmp_path / "there")
    with pytest.raises(OnetakeError, match="was moved to"):
        say("list")
    assert "had left" in say("move", "anywhere")
    assert sorted(rows(say("list", "--session", tmp_path / "there"))) == [bell, "rain"]


@pytest.mark.parametrize(
    "words",
    [
        ("rate", "3", "missing"),
        ("tag", "missing", "--add", "x"),
        ("tag", "a_bright_bell"),
        ("tag", "a_bright_bell", "--add", "x" * 101),
        ("rename", "missing", "x"),
        ("rename", "a_bright_bell", " "),
        ("rename", "../film", "x"),
        ("trash",),
        ("trash", "missing"),
        ("restore", "missing"),
        ("used-in", "missing"),
        ("add", "missing.wav"),
        ("list", "--session", "missing"),
        ("move", "."),
        ("move", "takes/inside"),
    ],
)
def test_bad_wishes_are_told_and_cost_nothing(say, bell, words):
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    with pytest.raises(OnetakeError, match=r"\.$"):
        say(*words)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_damaged_index_is_told_and_costs_nothing(say, bell, tmp_path, capsys):
    (index,) = (tmp_path / "state" / "indexes").glob("*.sqlite")
    index.write_bytes(b"no database" * 1000)
    typer.main.get_command(LIBRARY).main(["list"], prog_name="library", standalone_mode=False)
    told = capsys.readouterr()
    assert sorted(rows(told.out)) == [bell, "rain"]
    assert "nothing is lost" in told.err
