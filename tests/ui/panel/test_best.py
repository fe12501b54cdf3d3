"""Best of 24: by fit and difference, through the rack, given up, overtaken by words, without a judge or rack."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from presets.schema import Slot
from tests.ui.panel import test_rack_panel as racks
from tests.ui.panel import test_window as windows
from tests.ui.panel.conftest import opinion_of
from ui.chains import EVERY
from ui.flow import BEST_OF, SLOTS, content
from ui.ranking import Candidate, ranked
from ui.shelf import edit_of, heard_name, printed_of

Key = Qt.Key
eight, racked = windows.eight, racks.racked


def finished(panel):
    panel.until(lambda: not panel.flow.pool and panel.flow.complete and len(panel.flow.ahead) == 2)
    return [slot.recipe for slot in panel.flow.slots]


def all_sets(panel):
    return [slot.recipe for slot in panel.flow.slots] + [one for page in panel.flow.ahead for one in page.recipes]


def dry_path(panel, recipe):
    made = panel.studio.shelf.version(recipe)
    return panel.session.heard / f"{heard_name(made, edit_of(panel.flow, panel.studio.shelf, recipe))}.wav"


def best_first(opinions):
    """What the rule says of opinions by their recipes, in the pool's order."""
    names = {f"{i:04}": recipe for i, recipe in enumerate(opinions)}
    pool = [Candidate(name, opinions[one][0], np.array(opinions[one][1])) for name, one in names.items()]
    return [names[name] for name in ranked(pool)]


def test_the_eight_are_those_that_the_rule_names_and_the_rest_is_a_page_away(eight):
    eight.press(Key.Key_B)
    eight.until(lambda: len(eight.flow.pool) == BEST_OF)
    pool = eight.flow.pool
    eight.engine.opinion = opinion_of
    shown = finished(eight)
    assert len(eight.engine.judged) == BEST_OF
    assert {text for _, text in eight.engine.judged} == {"glass bell"}
    opinions = {recipe: opinion_of(dry_path(eight, recipe), "") for recipe in pool}
    assert all_sets(eight) == best_first(opinions)
    assert max(opinions, key=lambda one: opinions[one][0]) == shown[0]
    assert any("fit the words and differ most" in sentence for sentence in eight.sentences)
    eight.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    eight.until(lambda: eight.flow.complete and [s.recipe for s in eight.flow.slots] != shown)


def test_progress_is_told_and_b_again_gives_it_up(eight):
    before = [slot.recipe for slot in eight.flow.slots]
    eight.engine.held = True
    eight.press(Key.Key_B)
    eight.until(lambda: "making 0 of 24" in eight.window.sets.text())
    assert eight.window.controls.buttons["best"].accessibleName() == "Stop choosing"
    eight.press(Key.Key_B)
    assert not eight.flow.pool
    assert [slot.recipe for slot in eight.flow.slots] == before
    assert len(eight.engine.cancelled) == BEST_OF
    assert "24" not in eight.window.sets.text()
    assert eight.window.controls.buttons["best"].accessibleName() == "Best of 24"
    eight.engine.held = False
    eight.until(lambda: not eight.studio.making.pending)
    assert not eight.engine.judged
    assert not eight.studio.shelf.refused


def test_other_words_take_back_what_is_judged(eight):
    seen = []

    def slowly(path, text):
        seen.append(eight.window.sets.text())
        if len(seen) == 5:
            eight.studio.type("a wooden door")
        return opinion_of(path, text)

    eight.engine.opinion = slowly
    eight.press(Key.Key_B)
    eight.until(lambda: len(seen) >= 5)
    eight.until(lambda: {slot.recipe.prompt.text for slot in eight.flow.slots} == {"a wooden door"})
    eight.settled()
    assert not eight.flow.pool
    assert not eight.flow.ahead
    assert len(seen) < BEST_OF
    assert "judging" in seen[4]


def test_without_a_judge_the_difference_decides_and_one_line_says_so(eight):
    eight.engine.opinion = lambda path, text: "The judge's weights are missing."
    eight.press(Key.Key_B)
    shown = finished(eight)
    assert len(set(shown)) == SLOTS
    assert len([s for s in eight.sentences if "the judge could not hear them" in s]) == 1


def test_what_cannot_be_judged_comes_last(eight):
    refused = []

    def partly(path, text):
        if int(path.stem[:6], 16) % 3 == 0:
            refused.append(path)
            return "It is gone."
        return opinion_of(path, text)

    eight.engine.opinion = partly
    eight.press(Key.Key_B)
    finished(eight)
    last = [dry_path(eight, recipe) for recipe in all_sets(eight)[BEST_OF - len(refused) :]]
    assert sorted(last) == sorted(refused)


def test_pinned_takes_stay_and_the_best_fill_the_other_slots(eight):
    eight.press(Key.Key_P)
    pinned = eight.flow.slots[0].recipe
    eight.press(Key.Key_B)
    eight.until(lambda: not eight.flow.pool and len(eight.flow.ahead) == 3 and eight.flow.complete)
    assert eight.flow.slots[0].recipe == pinned
    there = {recipe for recipe in all_sets(eight) if recipe is not None}
    assert len(there) == BEST_OF + 1


# ── through the rack ──────────────────────────────────────────────────────────────────────────────────────────


def for_all(panel, effect):
    racks.add(panel, effect)
    panel.until(lambda: racks.is_wet(panel))
    panel.window.deeds.do("chain.all")
    panel.until(lambda: bool(panel.flow.every.slots) and racks.quiet(panel))


def test_with_effects_the_wet_sounds_are_judged(racked):
    for_all(racked, "reverb")
    racked.press(Key.Key_B)
    finished(racked)
    shelf, heard = racked.studio.shelf, [path for path, _ in racked.engine.judged]
    wet = {printed_of(racked.flow, shelf, shelf.version(recipe)).path for recipe in all_sets(racked)}
    assert set(heard) == wet
    assert len(heard) == BEST_OF
    assert all(path.is_file() for path in heard)
    racked.until(lambda: all(racks.is_wet(racked, i) for i in range(SLOTS)))


def test_a_bypassed_effect_is_no_effect(racked):
    for_all(racked, "reverb")
    racks.panel_of(racked).cards[0].power.click()
    racked.until(lambda: not racked.flow.every.slots[0].enabled)
    racked.press(Key.Key_B)
    finished(racked)
    assert {path for path, _ in racked.engine.judged} == {dry_path(racked, one) for one in all_sets(racked)}


def test_a_rack_that_is_gone_leaves_the_dry_sounds_and_one_line(racked):
    for_all(racked, "reverb")
    wetting, link = racked.studio.racking.wetting, racked.studio.racking.link
    racked.engine.held = True
    racked.press(Key.Key_B)
    racked.until(lambda: len(racked.flow.pool) == BEST_OF)
    link._give_up("The rack cannot be started. Look at its log.")
    racked.engine.held = False
    finished(racked)
    assert {path for path, _ in racked.engine.judged} <= {dry_path(racked, one) for one in all_sets(racked)}
    assert len([s for s in racked.sentences if "compared without their effects" in s]) == 1
    assert not wetting.refused


def test_a_plug_in_that_is_missing_is_told_once_and_the_rest_of_the_chain_counts(racked):
    racked.studio.racking.add(Slot(effect="Gone", format="vst3", maker="Nobody"), "Gone")
    for_all(racked, "reverb")
    told = len(racked.sentences)
    racked.press(Key.Key_B)
    finished(racked)
    shelf = racked.studio.shelf
    assert all(shelf.is_wet(racked.flow, shelf.version(recipe)) for recipe in all_sets(racked))
    assert len([s for s in racked.sentences[told:] if s.startswith("Gone is bypassed")]) <= 1


@pytest.mark.skipif(not racks.bundle("ZamGateX2").exists(), reason="zam-plugins are not installed")
def test_through_a_real_plug_in(racked):
    racks.know(racked.studio.settings.folder, "ZamGateX2")
    racked.studio.racking.add(racks.GATE, "ZamGateX2")
    racked.until(lambda: racks.is_wet(racked) and racks.quiet(racked))
    racked.window.deeds.do("chain.all")
    racked.until(lambda: bool(racked.flow.every.slots) and racks.quiet(racked))
    racked.press(Key.Key_B)
    finished(racked)
    shelf = racked.studio.shelf
    assert all(shelf.is_wet(racked.flow, shelf.version(recipe)) for recipe in all_sets(racked))
    assert len({content(recipe) for recipe in all_sets(racked)}) == BEST_OF
    assert EVERY in racked.studio.racking._states


def test_the_real_engine_judges_its_own_drafts(module_state, open_panel):
    real = open_panel(quick=False)
    real.until(lambda: real.studio.engine.pid > 0)
    real.studio.wish(length=0.5)
    real.write("glass bell")
    real.settled()
    real.window.to_grid()
    real.press(Key.Key_B)
    shown = finished(real)
    opinions = real.studio.choosing._opinions
    names = {recipe: dry_path(real, recipe).stem for recipe in all_sets(real)}
    judged = {recipe: opinions[name] for recipe, name in names.items() if opinions.get(name)}
    assert len(judged) == len({recipe.seed for recipe in names}) == BEST_OF
    assert shown[0] == max(judged, key=lambda one: judged[one].fit)
    assert all_sets(real) == _by_the_rule(judged)


def _by_the_rule(judged):
    pool = {f"{content(recipe)}": recipe for recipe in judged}
    order = ranked(Candidate(name, judged[one].fit, np.array(judged[one].mark)) for name, one in pool.items())
    return [pool[name] for name in order]
