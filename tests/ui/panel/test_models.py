"""Another model in the panel: chosen, undone, remembered; and a larger one offered for words that are far away."""

from __future__ import annotations

from dataclasses import replace as changed

import pytest
from PyQt6.QtCore import Qt

from engine.local import Ask, find, plan
from engine.models import cards
from engine.models.catalog import STARTER
from engine.protocol import Ready
from tests.ui.panel.conftest import sound_of, version_of
from ui import flow as flows
from ui.models_live import begun, fitted
from ui.settings import SettingsFile

LARGE = 300_000_000


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Two models of the user's own: one as large as the starter, with other ends, and a much larger one."""
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "models"))
    for name, network in (("my-metal", STARTER.file("network").bytes), ("my-hall", LARGE)):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        files = tuple(changed(f, bytes=network) if f.part == "network" else f for f in STARTER.files)
        for file in files:
            with (folder / file.name).open("wb") as made:
                made.truncate(file.bytes)
        card = changed(STARTER, id=name, title=name, folder=folder, files=files, longest_frames=64, omega=1.5,
                       omega_range=(1.0, 2.0))  # fmt: skip
        cards.write(card)
    return tmp_path


@pytest.fixture
def panel(mine, open_panel):
    made = open_panel()
    made.until(lambda: len(made.studio.models.cards) == 3)
    return made


def rows(panel):
    combo = panel.window.controls.model
    return [combo.itemText(i) for i in range(combo.count())]


def choose(panel, name):
    combo = panel.window.controls.model
    combo.setCurrentIndex(rows(panel).index(name))
    combo.activated.emit(combo.currentIndex())


def test_a_chosen_model_makes_the_drafts_and_one_undo_brings_the_others_back(panel):
    assert rows(panel)[:3] == ["starter", "my-hall", "my-metal"]
    panel.write("glass bell")
    panel.settled()
    before = [slot.recipe for slot in panel.flow.slots]
    panel.studio.wish(length=2.5, omega=4.0)
    choose(panel, "my-metal")
    assert (panel.flow.wishes.model, panel.flow.wishes.omega) == ("my-metal", 2.0)
    assert panel.flow.wishes.length == pytest.approx(find("my-metal").longest, abs=0.01)
    panel.settled()
    assert {slot.recipe.model for slot in panel.flow.slots} == {"my-metal"}
    assert panel.window.controls.omega.number == 2.0
    panel.window.controls.omega._change(9.0)
    assert panel.window.controls.omega.number == 2.0
    panel.until(lambda: not panel.window.controls._turning.waits)
    panel.settled()
    panel.studio.undo.undo()
    assert panel.flow.wishes.model == "starter"
    assert panel.window.controls.model.currentText() == "starter"
    assert [slot.recipe for slot in panel.flow.slots] == before
    panel.studio.undo.redo()
    assert panel.flow.wishes.model == "my-metal"
    panel.settled()


def test_the_choice_is_remembered_for_the_next_session_only_where_it_is_here(panel, draw):
    panel.window.deeds.do("model.next")
    assert panel.flow.wishes.model == "my-hall"
    assert SettingsFile(panel.folder / "settings")().model == "my-hall"
    empty = flows.begin(draw)
    assert begun(empty, "my-hall").wishes.model == "my-hall"
    assert begun(empty, "gone-model") == empty
    assert begun(flows.wish(empty, text="bell"), "my-hall").wishes.model == "starter"


def test_a_model_that_is_gone_stays_named_and_is_told(panel):
    panel.studio.change(flows.wish(panel.flow, model="gone-model"))
    assert panel.window.controls.model.currentText() == "gone-model"
    panel.studio.models.use("gone-model")
    assert "no model called gone-model" in panel.sentences[-1]


def test_wishes_that_a_model_can_follow_stay():
    wishes = flows.Wishes(text="x", length=1.0, omega=2.0, nu=0.5)
    assert fitted(wishes, STARTER) == wishes
    assert fitted(flows.Wishes(length=60.0), STARTER).length == 2.97


def far(panel):
    """The engine says of a draft that its words are far from all that the model was taught."""
    made = plan(Ask("glass bell", seed=9))[0]
    version = version_of(made)
    ready = Ready(
        ticket="far", slot="", path="x.wav", version=version, silent=not sound_of(made).frames, text=0.0,
        network=0.0, codec=0.0, remarks=("starter was taught nothing like this.",), unfamiliar=True,
    )  # fmt: skip
    panel.studio.making._note("far", "", made)
    panel.engine.news.emit(ready)


def test_words_far_from_the_model_offer_the_larger_one_that_is_here(panel):
    far(panel)
    button = panel.window.status.act
    assert button.isVisible()
    assert button.text() == "Use my-hall"
    panel.studio.messages.note("Something else.")
    assert button.isVisible()
    panel.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.flow.wishes.model == "my-hall"
    assert not button.isVisible()


def test_where_no_larger_one_is_here_the_page_shows_the_one_to_fetch(tmp_path, monkeypatch, open_panel):
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "none"))
    panel = open_panel()
    panel.until(lambda: panel.studio.models.to_fetch is not None)
    far(panel)
    assert panel.window.status.act.text() == "Fetch soundctm-dit-v2 …"
    panel.window.status.act.click()
    page = panel.window.pages["welcome"]
    panel.until(lambda: bool(page.offers) and page.focusWidget() is page.offers["soundctm-dit-v2"].accept)
    assert panel.flow.wishes.model == "starter"
    page.close()
