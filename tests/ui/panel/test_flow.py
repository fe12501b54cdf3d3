"""The flow without a window: held noise, stale answers, history, pins, refinements; and undo as a difference."""

from __future__ import annotations

import random

import msgspec
import pytest

from presets.schema import Edit, with_steps
from tests.ui.panel.conftest import recipe, version_of
from ui import flow as flows
from ui.flow import SLOTS, Flow, lineage
from ui.orders import orders
from ui.shelf import Heard, Made, Shelf
from ui.undo import difference, patched


def base(text: str):
    return recipe(text)


def asked(flow, text, draw):
    return flows.ask(flows.wish(flow, text=text), base(text), draw)


def answered(flow):
    return flows.drafted(flow, lambda _: True)


@pytest.fixture
def full(draw):
    """A desk with eight drafts of "bell"."""
    return answered(asked(flows.begin(draw), "bell", draw))


def texts(flow):
    return [slot.recipe.prompt.text if slot.recipe else "" for slot in flow.slots]


def seeds(flow):
    return [slot.recipe.seed for slot in flow.slots]


def shelf_with(*recipes):
    shelf = Shelf()
    for one in recipes:
        shelf.put(Made(version_of(one), None))
    return shelf


def test_new_words_hold_the_noise_and_the_old_drafts_stay_until_the_new_ones_come(full, draw):
    flow = asked(full, "gong", draw)
    assert texts(flow) == ["bell"] * SLOTS
    assert not flow.complete
    assert texts(answered(flow)) == ["gong"] * SLOTS
    assert seeds(answered(flow)) == seeds(full)


def test_without_the_lock_new_words_bring_new_noise(full, draw):
    flow = answered(asked(flows.hold(full, False), "gong", draw))
    assert not set(seeds(flow)) & set(seeds(full))


def test_a_stale_answer_changes_nothing(full, draw):
    first = asked(full, "gong", draw)
    stale = first.slots[0].wanted
    later = asked(first, "gong big", draw)
    assert flows.drafted(later, lambda r: r == stale) == later


def test_words_that_come_back_want_nothing(full, draw):
    there_and_back = asked(asked(full, "gong", draw), "bell", draw)
    assert there_and_back.complete
    assert texts(there_and_back) == ["bell"] * SLOTS


def test_empty_words_leave_everything_where_it_is(full, draw):
    assert flows.ask(flows.wish(full, text=" "), None, draw).slots == full.slots


def test_neither_words_nor_seeds_nor_pages_touch_a_pinned_take(full, draw):
    flow = flows.pin(full, 2)
    for changed in (
        answered(asked(flow, "gong", draw)),
        answered(flows.new_seeds(flow, base("bell"), draw)),
        answered(flows.earlier(answered(flows.new_seeds(flow, base("bell"), draw)))),
        answered(flows.more_like(flow, 0.2, draw)),
    ):
        assert changed.slots[2].recipe == full.slots[2].recipe


def test_a_discarded_take_is_gone_and_its_noise_too(full, draw):
    flow = flows.discard(full, 3, draw)
    assert flow.slots[3].recipe is None
    again = answered(asked(flow, "gong", draw))
    assert again.slots[3].recipe.seed != full.slots[3].recipe.seed


def test_sets_can_be_paged_through_and_none_is_lost(full, draw):
    flow, seen = flows.heard(full), [full.current.recipes]
    for _ in range(4):
        flow = answered(flows.new_seeds(flow, base("bell"), draw))
        seen.append(flow.current.recipes)
    for expected in reversed(seen[:-1]):
        flow = answered(flows.earlier(flow))
        assert flow.current.recipes == expected
    assert flows.earlier(flow) == flow
    for expected in seen[1:]:
        flow = answered(flows.later(flow))
        assert flow.current.recipes == expected
    assert flows.later(flow) == flow


def test_a_new_set_from_an_earlier_one_comes_last(full, draw):
    first = answered(flows.new_seeds(flows.heard(full), base("bell"), draw))
    back = answered(flows.earlier(first))
    new = answered(flows.new_seeds(back, base("bell"), draw))
    assert not new.ahead
    assert {page.recipes for page in new.back} >= {full.current.recipes, first.current.recipes}


def test_words_that_nobody_listened_to_leave_no_page(full, draw):
    flow = full
    for text in ("b", "be", "bel", "bells"):
        flow = answered(asked(flow, text, draw))
    assert not flow.back
    assert asked(flows.settled(flow), "gong", draw).back


def test_ab_of_words_goes_there_and_back(full, draw):
    gong = answered(asked(full, "gong", draw))
    bell = answered(flows.previous_words(gong))
    assert (texts(bell), bell.wishes.text) == (["bell"] * SLOTS, "bell")
    assert texts(answered(flows.previous_words(bell))) == ["gong"] * SLOTS
    assert flows.previous_words(full) == full


def test_neighbours_differ_in_their_variation_only_and_the_take_stays(full, draw):
    flow = answered(flows.more_like(flows.select(full, 4), 0.3, draw))
    parent = full.slots[4].recipe
    assert flow.slots[4].recipe == parent
    near = [slot.recipe for i, slot in enumerate(flow.slots) if i != 4]
    assert {r.variation_radius for r in near} == {0.3}
    assert len({r.variation_seed for r in near}) == 7
    assert {r.seed for r in near} == {parent.seed}


@pytest.mark.parametrize("then", ["words", "seeds", "more"])
def test_a_pool_that_comes_late_does_not_take_the_place_of_newer_wishes(full, draw, then):
    waiting = flows.best_of(full, base("bell"), draw)
    newer = {
        "words": lambda: asked(waiting, "boom", draw),
        "seeds": lambda: flows.new_seeds(waiting, base("bell"), draw),
        "more": lambda: flows.more_like(waiting, 0.2, draw),
    }[then]()
    assert newer.pool == ()


def test_best_of_24_shows_eight_and_pages_the_rest(full, draw):
    flow = flows.best_of(full, base("bell"), draw)
    assert len(flow.pool) == 24
    order = list(reversed(range(24)))
    shown = answered(flows.ranked(flow, order))
    assert [slot.recipe for slot in shown.slots] == [flow.pool[i] for i in order[:8]]
    assert len(shown.ahead) == 2
    assert answered(flows.later(shown)).slots[0].recipe == flow.pool[order[8]]
    assert not shown.pool


def test_a_set_is_linked_by_its_loudest(full):
    wanted = {slot.recipe: 7.0 + i for i, slot in enumerate(full.slots)}
    assert {slot.gain_db for slot in flows.linked(full, wanted.get).slots} == {7.0}
    assert {slot.gain_db for slot in flows.linked(full, lambda _: None).slots} == {0.0}


# ── versions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_best_version_that_is_there_is_heard_and_the_draft_is_a_key_away(full):
    one = full.slots[0].recipe
    flow = flows.refine(full, 0, 8)
    shelf = shelf_with(one)
    assert shelf.shown(flow, one).recipe.steps == 1
    shelf.put(Made(version_of(with_steps(one, 8)), None))
    shelf.put(Made(version_of(with_steps(one, 16)), None))
    assert shelf.shown(flow, one).recipe.steps == 8
    assert shelf.shown(flows.draft_or_refined(flow, 0), one).recipe.steps == 1
    assert shelf.shown(flows.refine(flow, 0, 16), one).recipe.steps == 16


def test_orders_ask_for_what_is_missing_once_and_take_back_what_is_undone(full):
    one = full.slots[0].recipe
    shelf = shelf_with(*(slot.recipe for slot in full.slots))
    assert orders(full, shelf, {}) == orders(full, shelf, {})
    flow = flows.refine(full, 0, 8)
    ((wanted, edit),) = orders(flow, shelf, {}).refine
    assert (wanted, edit) == (with_steps(one, 8), shelf.version(one).version.edit)
    key = flows.content(wanted)
    shelf.asked[key] = wanted
    assert not orders(flow, shelf, {key: "t"}).refine
    assert orders(flow, shelf, {key: "t"}).cancel == ()
    assert orders(full, shelf, {key: "t"}).cancel == ("t",)
    shelf.refused[key] = "No."
    assert not orders(flow, shelf, {}).refine


def test_every_missing_draft_is_asked_for_with_the_old_one_behind_it(full, draw):
    flow = asked(full, "gong", draw)
    names = [name for name, _ in orders(flow, Shelf(), {}).drafts]
    assert names[:SLOTS] == [f"slot-{i}" for i in range(SLOTS)]
    assert not orders(flow, shelf_with(*orders_recipes(flow)), {}).drafts


def orders_recipes(flow):
    return [r for _, r in orders(flow, Shelf(), {}).drafts]


def test_keeping_refines_until_more_steps_are_not_heard(full):
    one = full.slots[0].recipe
    flow = flows.keep(full, 0)
    shelf = shelf_with(one)
    assert [made.recipe.steps for made in orders(flow, shelf, {}).keep] == [1]
    for steps, enough in ((2, False), (4, True)):
        assert flow.marks_of(one).steps == steps
        shelf.put(Made(version_of(with_steps(one, steps)), None))
        flow = flows.levelled(flow, lineage(one), steps, enough)
    assert not flow.marks_of(one).levelling
    assert sorted(made.recipe.steps for made in orders(flow, shelf, {}).keep) == [1, 4]
    shelf.kept = {flows.content(made.recipe): "x" for made in orders(flow, shelf, {}).keep}
    assert not orders(flow, shelf, {}).keep


def test_a_measurement_that_comes_late_changes_nothing(full):
    flow = flows.refine(flows.keep(full, 0), 0, 16)
    assert flows.levelled(flow, lineage(full.slots[0].recipe), 2, False) == flow


# ── undo ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_undo_takes_back_its_own_step_and_not_what_came_meanwhile(full, draw):
    pinned = flows.pin(full, 1)
    step = difference(full, pinned)
    meanwhile = answered(asked(pinned, "gong", draw))
    back = patched(meanwhile, step, forward=False)
    assert texts(back) == texts(meanwhile)
    assert not back.slots[1].pinned
    assert patched(back, step, forward=True).slots[1].pinned


def random_step(flow, rng, draw):
    i = rng.randrange(SLOTS)
    steps = (
        lambda: flows.pin(flow, i),
        lambda: flows.discard(flow, i, draw),
        lambda: flows.refine(flow, i, rng.choice(flows.STEPS)),
        lambda: flows.keep(flow, i),
        lambda: flows.draft_or_refined(flow, i),
        lambda: flows.edit(flow, i, Edit(length=rng.uniform(0.1, 1))),
        lambda: flows.new_seeds(flow, base("bell"), draw),
        lambda: flows.new_seeds(flow, base("bell"), draw, rejected=True),
        lambda: flows.more_like(flow, 0.2, draw),
        lambda: flows.earlier(flow),
        lambda: flows.later(flow),
        lambda: flows.previous_words(flow),
        lambda: flows.on_pad(flow, 44 + i, flow.slots[i].recipe),
        lambda: flows.hold(flow, not flow.held),
        lambda: asked(flow, rng.choice(("gong", "bell", "drum")), draw),
        lambda: answered(flow),
    )
    return rng.choice(steps)()


def same(a: Flow, b: Flow) -> bool:
    return not difference(a, b)


@pytest.mark.parametrize("seed", range(20))
def test_undoing_everything_leads_back_and_redoing_leads_there(draw, seed):
    rng = random.Random(seed)
    flow = first = answered(asked(flows.begin(draw), "bell", draw))
    stack = []
    for _ in range(60):
        after = random_step(flow, rng, draw)
        assert len(after.slots) == SLOTS
        assert msgspec.json.decode(msgspec.json.encode(after), type=Flow) == after
        stack.append(difference(flow, after))
        flow = after
    last = flow
    for step in reversed(stack):
        flow = patched(flow, step, forward=False)
    assert same(flow, first)
    for step in stack:
        flow = patched(flow, step, forward=True)
    assert same(flow, last)


def test_what_is_heard_is_told_by_its_cut(full):
    from ui.shelf import edit_of

    one = full.slots[0].recipe
    shelf = shelf_with(one)
    assert shelf.sound(full, one) is None
    from ui.shelf import heard_name

    name = heard_name(shelf.version(one), edit_of(full, shelf, one))
    shelf.remember(Heard(name, None, 1.0, None, None))
    assert shelf.sound(full, one).name == name
    assert shelf.sound(flows.edit(full, 0, Edit(length=0.5)), one) is None


def test_undo_brings_the_old_takes_back_though_the_new_ones_have_come(full, draw):
    asked_for = flows.new_seeds(full, base("bell"), draw)
    changes = difference(full, asked_for)
    came = answered(asked_for)
    undone = patched(came, changes, forward=False)
    assert [slot.recipe for slot in undone.slots] == [slot.recipe for slot in full.slots]
    assert undone.back == full.back
    again = answered(patched(undone, changes, forward=True))
    assert [slot.recipe for slot in again.slots] == [slot.recipe for slot in came.slots]


def test_undo_leaves_what_came_of_a_later_step(full, draw):
    first = flows.new_seeds(full, base("bell"), draw)
    changes = difference(full, first)
    later = answered(flows.new_seeds(answered(first), base("bell"), draw))
    undone = patched(later, changes, forward=False)
    assert [slot.recipe for slot in undone.slots] == [slot.recipe for slot in later.slots]
