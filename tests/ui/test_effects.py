"""onetake fx, as a person uses it: lists, scans, what is blocked and tried again. The plug-ins are real."""

from __future__ import annotations

import json

import pytest
import typer

from plugin_bridge.rack.errors import PluginBroken
from plugin_bridge.rack.inspection import Limits
from plugin_bridge.rack.scan import Scan
from presets.errors import InvalidRequest
from tests.plugin_bridge.rack.bundles import SHELL, broken, shell
from tests.plugin_bridge.rack.hosting import bundle
from ui import effects


@pytest.fixture
def fx(tmp_path, monkeypatch, capfd):
    """Runs a command with a state of its own; returns what it printed to standard output and error."""
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("plugin_bridge.rack.folders.standard", lambda: ())

    def run(*words):
        capfd.readouterr()
        typer.main.get_command(effects.APP).main([str(word) for word in words], standalone_mode=False)
        return capfd.readouterr()

    return run


@pytest.fixture
def place(tmp_path):
    """A folder with two effects of Debian's and two bundles that break."""
    place = tmp_path / "plug-ins"
    place.mkdir()
    for name in ("ZamGateX2", "ZaMaximX2"):
        (place / f"{name}.vst3").symlink_to(bundle(name))
    broken(place, "segfault")
    broken(place, "text")
    return place


def test_before_a_scan_the_list_says_what_to_do(fx):
    out, err = fx("list")
    assert out == ""
    assert "onetake fx scan" in err


def test_a_scan_says_what_there_is_and_a_list_shows_it(fx, place):
    out, err = fx("scan", place)
    assert "4 bundles: 2 can be used, 1 broken, 1 blocked. 4 were new or changed." in out
    assert "text.vst3: Its program is damaged" in err
    assert "words before the end" not in out + err
    listed = fx("list")[0]
    assert "ZamGateX2" in listed
    assert "480 samples late" in listed
    assert "ZamGateX2" not in fx("list", "--search", "maxim")[0]
    out, err = fx("scan")  # the folder is remembered
    assert "0 were new or changed" in out
    fx("scan", "--forget", place)
    assert "0 bundles" in fx("scan")[0]


def test_the_json_of_a_list_tells_everything(fx, place):
    fx("scan", place)
    (row,) = json.loads(fx("list", "--search", "gate", "--json")[0])
    assert (row["name"], row["format"], row["path"]) == ("ZamGateX2", "vst3", str(place / "ZamGateX2.vst3"))
    blocked = json.loads(fx("list", "--blocked", "--json")[0])
    assert {one["outcome"] for one in blocked} == {"crashed", "broken"}


def test_favourites_come_first(fx, place):
    fx("scan", place)
    fx("favourite", "gatex2")
    assert fx("list")[0].splitlines()[1].startswith("ZamGateX2")
    fx("favourite", "gatex2", "--no-more")
    assert fx("list")[0].splitlines()[1].startswith("ZaMaximX2")
    with pytest.raises(InvalidRequest, match="fits several"):
        fx("favourite", "zammit")


def test_what_is_blocked_is_listed_with_its_last_words_and_can_be_tried_again(fx, place):
    fx("scan", place)
    out, err = fx("list", "--blocked")
    assert "segfault.vst3  crashed" in out
    assert "words before the end" in err
    shell(place, "segfault")
    assert ", ".join(SHELL) in fx("unblock", "segfault")[0]
    assert "segfault" not in fx("list", "--blocked")[0]
    with pytest.raises(PluginBroken, match="damaged"):
        fx("unblock", place / "text.vst3")


def test_one_file_is_looked_at_without_a_scan(fx):
    assert "ZamGateX2.vst3 can be used" in fx("scan", bundle("ZamGateX2"))[0]
    assert "ZamGateX2" in fx("list")[0]


def test_a_folder_that_is_not_there_is_refused_before_anything_is_done(fx, tmp_path, place):
    with pytest.raises(InvalidRequest, match="no folder"):
        fx("scan", place, tmp_path / "nowhere")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InvalidRequest, match="neither"):
        fx("scan", tmp_path / "notes.txt")
    assert not (tmp_path / "state" / "effects.json").exists()


def test_at_a_terminal_a_person_is_asked_about_what_takes_long(fx, tmp_path, monkeypatch):
    place = tmp_path / "slow"
    place.mkdir()
    broken(place, "loop")
    asked, answers = [], iter(["what?", "never"])
    monkeypatch.setattr(effects, "_asks", lambda: True)
    monkeypatch.setattr(typer, "prompt", lambda text, **more: asked.append(text) or next(answers))
    short = lambda *words, **more: Scan(*words, **more, limits=Limits(1.0, 2.0))  # noqa: E731
    monkeypatch.setattr(effects, "Scan", short)
    assert "1 blocked" in fx("scan", place)[0]
    assert len(asked) == 2
    assert "loop is still loading" in asked[0]
    assert "never" in fx("list", "--blocked")[0]


def test_a_broken_file_of_results_is_told_and_kept(fx, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "effects.json").write_text("{")
    assert "effects.broken.json" in fx("list")[1]
    assert (tmp_path / "state" / "effects.broken.json").read_text() == "{"
