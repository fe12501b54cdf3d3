"""Families without a window: how they are planned, what is asked for, what keys play, and the spread check."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio.mapping import Mapping
from presets.schema import Chain, Kit, Slot, with_steps
from tests.ui.panel.conftest import recipe, version_of
from ui import families, intensity, spread
from ui import flow as flows
from ui.chains import chain_of, rack_of, with_chain
from ui.family import MOST_TURNS, WORDS, Family, at_intensity, intensity_of, planned, worded
from ui.flow import Flow, Marks, content, lineage
from ui.orders import orders
from ui.shelf import Made, Shelf
from ui.undo import difference, patched

NOTE = 45
TEXTS = st.builds(" ".join, st.tuples(st.sampled_from(["soft", "Hard", "huge"]), st.just("glass  bell, soft")))


def seeds():
    return itertools.count(100).__next__


def family(count=3, turns=6, radius=0.25, steps=8) -> Family:
    return planned(recipe("glass bell"), count, turns, radius, steps, seeds())


def shelf_with(*recipes):
    shelf = Shelf()
    for one in recipes:
        shelf.put(Made(version_of(one), None))
    return shelf


def desk(on=None) -> Flow:
    """An empty desk with a family on a key."""
    return families.lay(flows.begin(seeds()), NOTE, on or family())


def drafts(of: Family):
    return [member.recipe for member in of.members]


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(TEXTS, st.sampled_from(list(WORDS)), st.sampled_from(list(WORDS)))
def test_words_at_an_intensity_ask_for_it_and_the_last_one_counts(text, first, last):
    assert intensity_of(worded(text, last)) == last
    assert worded(worded(text, first), last).lower().split() == worded(text, last).lower().split()
    assert worded(text, intensity_of(text)) == text


@pytest.mark.parametrize("text", ("soft", "hard", "", "softly falling snow"))
def test_words_that_say_no_intensity_are_not_taken_apart(text):
    assert intensity_of(text) == 0
    assert worded(text, -1).endswith(text)


# ── planning ──────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(1, 3), st.integers(1, MOST_TURNS), st.floats(0.02, 1.0), st.sampled_from(list(WORDS)))
def test_a_plan_is_the_take_and_its_neighbours(count, turns, radius, own):
    parent = at_intensity(recipe("glass bell"), own)
    made = planned(parent, count, turns, radius, 8, seeds())
    assert len(made.members) == count * turns == len({lineage(one) for one in drafts(made)})
    assert (len(made.intensities), made.turns) == (count, turns)
    assert parent in drafts(made)
    for one in made.members:
        assert intensity_of(one.recipe.prompt.text) == one.intensity
        assert (one.recipe.seed, one.recipe.frames, one.recipe.steps) == (parent.seed, parent.frames, 1)
        assert one.recipe.variation_radius == (radius if one.turn else 0.0)
    assert {one.turn for one in made.members[:count]} == {0}  # every intensity can be played at once


def test_a_family_comes_back_from_a_file_as_it_was():
    flow = desk(msgspec.structs.replace(family(), gains={-1: -6.0, 0: -3.5, 1: 0.0}))
    assert msgspec.json.decode(msgspec.json.encode(flow), type=Flow) == flow


def test_a_session_from_before_families_opens():
    told = msgspec.json.decode(msgspec.json.encode(flows.begin(seeds())))
    del told["families"]
    assert msgspec.convert(told, Flow).families == {}


# ── what is wanted ────────────────────────────────────────────────────────────────────────────────────────────


def test_few_orders_at_a_time_drafts_first_and_refined_once_it_is_checked():
    flow, shelf, pending, asked = desk(), shelf_with(), {}, []
    made = drafts(flow.families[NOTE])
    for _ in range(100):
        for one, _edit in families.wanted(flow, shelf, pending):
            pending[content(one)] = "ticket"
            asked.append(one)
        assert len(pending) <= families.AT_ONCE
        if not pending:
            checked = flow.families[NOTE].checked
            if checked:
                break
            assert sorted(map(content, asked)) == sorted(map(content, made))
            flow = families.with_family(flow, NOTE, msgspec.structs.replace(flow.families[NOTE], checked=True))
            continue
        done = next(one for one in asked if content(one) in pending)
        del pending[content(done)]
        shelf.put(Made(version_of(done), None))
    assert asked[18:] == [with_steps(one, 8) for one in made]
    assert families.progress(flow, shelf) is None


def test_nothing_is_asked_for_twice_where_a_take_is_in_a_slot_and_in_a_family():
    flow = desk()
    parent = flow.families[NOTE].parent
    slots = (msgspec.structs.replace(flow.slots[0], recipe=parent), *flow.slots[1:])
    flow = msgspec.structs.replace(flow, slots=slots)
    checked = msgspec.structs.replace(flow.families[NOTE], checked=True)
    for one, shelf in ((flow, shelf_with()), (families.with_family(flow, NOTE, checked), shelf_with(parent))):
        todo = orders(one, shelf, {})
        spare = [content(made) for made, _ in todo.spare]
        others = {content(made) for _, made in todo.drafts} | {content(made) for made, _ in todo.refine}
        assert len(spare) == len(set(spare)) > 0
        assert others
        assert not set(spare) & others


def test_what_was_undone_is_cancelled():
    flow = desk(msgspec.structs.replace(family(), checked=True))
    wanted = with_steps(drafts(flow.families[NOTE])[3], 8)
    shelf = shelf_with(*drafts(flow.families[NOTE]))
    shelf.asked[content(wanted)] = wanted
    pending = {content(wanted): "ticket"}
    assert not orders(flow, shelf, pending).cancel
    assert orders(flows.on_pad(flow, NOTE, None), shelf, pending).cancel == ("ticket",)
    assert orders(families.stopped(flow, NOTE, shelf), shelf, pending).cancel == ("ticket",)


def test_a_stopped_family_keeps_what_is_there_and_wants_no_more():
    flow = desk()
    shelf = shelf_with(*drafts(flow.families[NOTE])[:4])
    stopped = families.stopped(flow, NOTE, shelf)
    assert drafts(stopped.families[NOTE]) == drafts(flow.families[NOTE])[:4]
    assert not families.wanted(stopped, shelf, {})
    bad = spread.Verdict(("alike",) * 4, {}, (1.0, 1.0, 1.0))
    assert spread.judged(stopped.families[NOTE], bad, seeds()).checked


def test_undo_takes_a_family_away_and_redo_brings_it_back_whatever_came_meanwhile():
    before = flows.begin(seeds())
    after = desk()
    step = difference(before, after)
    later = families.with_family(after, NOTE, msgspec.structs.replace(after.families[NOTE], checked=True))
    later = families.lay(later, NOTE + 1, family(1, 2))
    undone = patched(later, step, forward=False)
    assert set(undone.families) == {NOTE + 1}
    assert patched(undone, step, forward=True).families[NOTE] == after.families[NOTE]


def test_a_family_shares_the_rack_of_its_take():
    flow = desk()
    parent, member = flow.families[NOTE].parent, drafts(flow.families[NOTE])[5]
    own = Chain(slots=(Slot(effect="reverb"),))
    flow = msgspec.structs.replace(flow, chains={lineage(parent): own})
    assert chain_of(flow, member) == own
    assert rack_of(flow, member) == rack_of(flow, parent) == lineage(parent)
    assert chain_of(with_chain(flow, member, Chain()), parent) == Chain()


def test_a_take_in_two_families_is_refined_as_far_as_either_wants():
    flow = desk(msgspec.structs.replace(family(1, 2, steps=2), checked=True))
    flow = families.lay(flow, NOTE + 1, msgspec.structs.replace(family(2, 2, steps=8), checked=True))
    assert flow.marks_of(recipe("glass bell")).steps == 8
    assert flow.marks_of(recipe("glass bell", seed=77)).steps == 1
    stopped = families.stopped(flow, NOTE + 1, shelf_with(*drafts(flow.families[NOTE + 1])))
    assert stopped.marks_of(recipe("glass bell")).steps == 2


# ── what keys play ────────────────────────────────────────────────────────────────────────────────────────────


@given(st.sets(st.integers(0, 17)))
def test_every_velocity_is_answered_by_what_is_there_and_takes_turns(there):
    flow = desk()
    made = drafts(flow.families[NOTE])
    playable = {made[i] for i in there}
    zones = [one.zone(lineage(one.recipe), one.gain_db) for one in families.laid(flow, playable.__contains__)]
    if not playable:  # the take itself, until the first of its family is there
        assert [zone.take for zone in zones] == [lineage(flow.families[NOTE].parent)]
        return
    mapping = Mapping(Kit(name="k", zones=tuple(zones)), lambda zone: zone.take, 48_000)
    takes = {lineage(one.recipe): one.intensity for one in flow.families[NOTE].members}
    before = -2
    for velocity in range(1, 128):
        turns = mapping.turns()
        heard = [mapping.choose(0, NOTE, velocity, turns) for _ in range(12)]
        assert {len(one) for one in heard} == {1}
        (layer,) = {takes[one[0].sound] for one in heard}
        assert layer >= before  # harder is never a softer one
        before = layer
        mine = {lineage(one) for one in playable if takes[lineage(one)] == layer}
        assert {one[0].sound for one in heard} == mine
        assert len({one[0].sound for one in heard[: len(mine)]}) == len(mine)


def test_another_take_on_the_key_replaces_the_family():
    flow = desk()
    other = recipe("gong", seed=9)
    assert not flows.on_pad(flow, NOTE, other).families
    (one,) = families.laid(flows.on_pad(flow, NOTE, other), lambda _: True)
    assert (one.recipe, one.member) == (other, False)


def test_where_a_family_is_built(draw):
    empty = flows.begin(draw)
    assert families.target(empty, None) is None
    taken = recipe("gong", seed=5)
    slots = tuple(msgspec.structs.replace(one, recipe=taken) for one in empty.slots)
    flow = msgspec.structs.replace(empty, slots=slots)
    assert families.target(flow, None) == (44, taken)  # the first key above the slots
    assert families.target(flow, 38) == (44, taken)
    assert families.target(flow, 60) == (60, taken)
    laid = flows.on_pad(flow, 60, recipe("bell", seed=6))
    assert families.target(laid, 60) == (60, recipe("bell", seed=6))
    full = msgspec.structs.replace(flow, pads=dict.fromkeys(range(128), taken))
    assert families.target(full, None) == (127, taken)


# ── the spread check ──────────────────────────────────────────────────────────────────────────────────────────


def like(of: Family, usual=0.95, **pairs):
    """Likeness of a family whose pairs are usual, but for some."""
    found = np.full((len(of.members), len(of.members)), usual)
    for (i, j), one in pairs.get("but", {}).items():
        found[min(i, j), max(i, j)] = one
    return found


@pytest.mark.parametrize("usual", (0.5, 0.95, 0.999))
def test_an_even_family_is_good_whatever_its_sounds(usual):
    of = family()
    verdict = spread.check(of, like(of, usual), [-3.0] * 18)
    assert not any(verdict.faults)
    assert spread.judged(of, verdict, seeds()).checked


def test_twins_and_strangers_are_found_and_the_first_of_a_layer_stays():
    of = family(1, 6)
    twins = spread.check(of, like(of, but={(0, 3): 0.99999}), [0.0] * 6)
    assert twins.faults == ("", "", "", "alike", "", "")
    far = {(i, 4): 0.2 for i in range(6) if i != 4}
    assert spread.check(of, like(of, but=far), [0.0] * 6).faults == ("", "", "", "", "off", "")
    loud = spread.check(of, like(of), [0.0, 0.0, -20.0, 0.0, 0.0, 0.0])
    assert loud.faults == ("", "", "off", "", "", "")
    assert spread.check(of, like(of), [0.0, None, 0.0, 0.0, 0.0, 0.0]).faults[1] == "silent"


def test_what_is_not_liked_is_tried_a_few_times_and_then_stays_unless_it_is_silent():
    of, draw = family(1, 4), itertools.count(1000).__next__
    bad = spread.Verdict(("", "alike", "off", "silent"), {0: -3.0}, (0.9, 0.9, 0.9))
    for tries in range(1, spread.TRIES + 1):
        before, of = of, spread.judged(of, bad, draw)
        assert not of.checked
        assert of.members[0] == before.members[0]
        for one, other in zip(of.members[1:], before.members[1:], strict=True):
            assert one.tries == tries
            assert one.recipe.variation_seed != other.recipe.variation_seed
            assert (one.intensity, one.turn) == (other.intensity, other.turn)
    of = spread.judged(of, bad, draw)
    assert of.checked
    assert [one.turn for one in of.members] == [0, 1, 2]
    assert of.replaced == (spread.TRIES, 2 * spread.TRIES)


@given(st.lists(st.floats(-40, 20), min_size=18, max_size=18))
def test_levels_are_linked_one_gain_an_intensity_in_even_steps(gains):
    of = family()
    found = spread.check(of, like(of), gains)
    for step, layer in enumerate((1, 0, -1)):
        mine = [
            gain
            for gain, one, fault in zip(gains, of.members, found.faults, strict=True)
            if one.intensity == layer and not fault
        ]
        # The loudest of a layer comes to its level, each softer layer a step below the next.
        assert found.gains[layer] == pytest.approx(min(mine) - spread.STEP_DB * step)


def test_the_sentence_tells_what_was_found():
    of = msgspec.structs.replace(family(), replaced=(1, 2))
    told = spread.sentence(of, spread.check(of, like(of), [0.0] * 18), "A1")
    assert told == (
        "A1 plays 18 takes in 3 intensities, 3 dB apart; 0.95 to 0.95 like their first; "
        "3 replaced (1 too alike, 2 off)."
    )
    alike = spread.sentence(of, spread.check(of, like(of, 0.999), [0.0] * 18), "A1")
    assert "larger radius" in alike


# ── intensity of one take ─────────────────────────────────────────────────────────────────────────────────────


def test_a_take_is_asked_for_softer_in_its_own_noise_and_everything_goes_with_it(draw):
    taken = recipe("gong", seed=5)
    flow = flows.begin(draw)
    slots = (msgspec.structs.replace(flow.slots[0], recipe=taken), *flow.slots[1:])
    flow = msgspec.structs.replace(flow, slots=slots, marks={lineage(taken): Marks(steps=8, kept=True)})
    flow = msgspec.structs.replace(flow, chains={lineage(taken): Chain(slots=(Slot(effect="eq"),))})
    softer = intensity.by(flow, 0, -1)
    wanted = softer.slots[0].wanted
    assert wanted == at_intensity(taken, -1)
    assert softer.slots[0].recipe == taken  # which plays until the other is there
    assert softer.marks_of(wanted) == Marks(steps=8)
    assert chain_of(softer, wanted) == chain_of(flow, taken)
    assert intensity.by(softer, 0, -1) == softer
    back = intensity.by(softer, 0, 1)
    assert back.slots[0] == flow.slots[0]
    assert intensity.intensity(intensity.by(back, 0, 5), 0) == 1
    undone = patched(flows.drafted(softer, lambda _: True), difference(flow, softer), forward=False)
    assert undone.slots[0].recipe == taken
    assert undone.marks == flow.marks
