"""onetake library: what is kept is listed, found and changed; every bad wish is told and costs nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import typer
from msgspec.structs import replace

from engine.client import NoEngine
from engine.local import Ask, plan
from presets import history, kits
from presets.errors import InvalidRequest, OnetakeError
from presets.export import version as versions
from presets.export import wav
from presets.schema import Chain, Kit, Slot, Zone, content_id, with_steps
from presets.session import opened
from presets.sound import Sound
from tests.presets.synthetic import version
from ui import cli
from ui.library import LIBRARY

assert cli  # it gives the library its commands of the past
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


@pytest.mark.parametrize("words", [("list",), ("find", "x"), ("history",), ("upgrade",), ("rebuild",)])
def test_who_only_looks_leaves_nothing(say, tmp_path, words):
    say(*words)
    assert not list(Path().iterdir())
    with pytest.raises(InvalidRequest):
        say("used-in", "nobody")
    assert not list(Path().iterdir())


def test_a_folder_that_is_no_session_is_listed(say, tmp_path):
    Path("takes").mkdir()
    versions.write(Path("takes/bell.wav"), SOUND, version(1, "a bright bell"), "24")
    assert rows(say("list")) == ["bell"]
    assert rows(say("find", "bright")) == ["bell"]
    assert not Path("session.json").exists()
    say("rate", "3", "bell")  # this one begins a session
    assert Path("session.json").exists()
    assert "***" in say("list")


@pytest.fixture
def asked(engine, monkeypatch):
    """Three versions that were asked for, and the shared engine to make them."""

    def nobody(folder, **_):
        raise NoEngine("none runs")

    monkeypatch.setattr("ui.engine_link.Engine", lambda model, device: engine)
    monkeypatch.setattr("ui.engine_link.RemoteEngine", nobody)
    (click,) = plan(Ask("small click", length=0.4, seed=7))
    (bell,) = plan(Ask("glass bell", length=0.4, seed=8))
    recipes = [click, bell, with_steps(click, 2), replace(bell, model="gone"), click]
    for recipe in recipes:
        history.remember(Path(), recipe)
    return recipes


def test_what_was_asked_for_is_shown_newest_first_and_once(say, asked):
    told = say("history")
    ids = [content_id(recipe)[:8] for recipe in asked]
    assert rows(told) == [ids[0], ids[3], ids[2], ids[1]]
    assert rows(say("history", "CLICK", "small")) == [ids[0], ids[2]]
    assert rows(say("history", "--limit", "1")) == [ids[0]]
    assert "Nothing" in say("history", "zebra")
    assert not Path("session.json").exists()


def test_what_was_asked_for_is_made_again_and_kept(say, asked, engine):
    wanted = [content_id(asked[0])[:8], content_id(asked[2])[:8]]
    say("history", "--bring-back", wanted[0], "--bring-back", wanted[1])
    kept = sorted(Path("takes").glob("*.wav"))
    assert [versions.read_version(path).recipe for path in kept] == [asked[0], asked[2]]
    assert versions.read_version(kept[0]).checksum == engine.make(asked[0]).version.checksum
    assert opened(Path()).entry(kept[0].stem).recipe == asked[0]
    assert "small_click" in say("history", "click")
    say("history", "--bring-back", wanted[0])
    assert sorted(Path("takes").glob("*.wav")) == kept  # it is there already


@pytest.mark.parametrize(("wish", "told"), [("zzzzzzzz", "There is nothing"), ("a", "There is nothing")])
def test_what_was_never_asked_for_is_told(say, asked, wish, told):
    with pytest.raises(InvalidRequest, match=told):
        say("history", "--bring-back", wish)
    with pytest.raises(OnetakeError, match="not installed"):
        say("history", "--bring-back", content_id(asked[3])[:8])
    assert not list(Path().glob("takes/*"))


def test_a_session_is_brought_up_and_put_back(say, bell):
    said = opened(Path())
    said.change([bell], lambda entry: replace(entry, chain=Chain(slots=(Slot(effect="reverb"),))))
    new = said.sidecar(bell).read_bytes()
    chain = msgspec.json.decode(new)["chain"]
    old = msgspec.json.encode(msgspec.json.decode(new) | {"chain": chain | {"version": 1}})
    said.sidecar(bell).write_bytes(old)
    Path("strange.json").write_text("{}")
    assert "1 document is brought to the newest version, of 4" in say("upgrade")
    assert said.sidecar(bell).read_bytes() == new
    (backup,) = Path("takes").glob("*.bak")
    assert backup.read_bytes() == old
    assert "0 documents are brought" in say("upgrade")
    assert "1 document is as before" in say("upgrade", "--back")
    assert said.sidecar(bell).read_bytes() == old
    assert [path.read_bytes() for path in Path("takes").glob("*.newer")] == [new]
    assert not list(Path("takes").glob("*.bak"))
    assert sorted(rows(say("list"))) == [bell, "rain"]


def test_a_damaged_index_is_told_and_costs_nothing(say, bell, tmp_path, capsys):
    (index,) = (tmp_path / "state" / "indexes").glob("*.sqlite")
    index.write_bytes(b"no database" * 1000)
    typer.main.get_command(LIBRARY).main(["list"], prog_name="library", standalone_mode=False)
    told = capsys.readouterr()
    assert sorted(rows(told.out)) == [bell, "rain"]
    assert "nothing is lost" in told.err
