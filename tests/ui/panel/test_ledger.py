"""Where the time goes from the last key to a sound: every part of it, effects included, with the real rack."""

from __future__ import annotations

from msgspec.structs import replace

from presets.schema import Chain, Edit, Slot
from tests.ui.panel.conftest import recipe, version_of
from tests.ui.panel.test_rack_panel import add, racked
from ui import flow as flows
from ui.panels.ledger import parts_of
from ui.shelf import Heard, Made, WetHeard, heard_name
from ui.timing import Timing

__all__ = ["racked"]

EFFECT = Slot(effect="gain")


def test_effects_are_told_where_they_were_asked_for_and_with_new_words_behind_the_rest(racked):
    timing = racked.studio.timing
    add(racked, "reverb")
    racked.until(lambda: timing.ledger.effects > 0)
    first = timing.ledger
    assert (first.text, first.network, first.codec) == (0.0, 0.0, 0.0)
    assert first.total >= first.effects + first.window > 0
    racked.studio.racking.share(with_all=True)
    racked.write(" and rain")
    racked.settled()
    racked.until(lambda: timing.ledger.network > 0 and timing.ledger.effects > 0)
    told = timing.ledger
    assert (told.text, told.network, told.codec) == (0.01, 0.02, 0.03)
    assert told.total >= told.effects + told.window
    assert parts_of(told, racked.studio.audio.last)[3] == told.effects
    racked.until(lambda: "effects" in racked.window.status.ledger.accessibleDescription())


def made_and_heard(tmp_path, length=0.2):
    one = recipe("bell", seed=3)
    made = Made(version_of(one), tmp_path / "x.wav", text=0.1, network=0.2, codec=0.3)
    name = heard_name(made, Edit(length=length))
    return made, Heard(name, made.path, 0.2, None, None, took=0.4), name


def test_a_new_cut_is_no_news_and_a_knob_that_moves_tells_nothing(tmp_path):
    made, dry, name = made_and_heard(tmp_path)
    timing = Timing()
    timing.heard(made, dry)
    assert timing.ledger.total == 0.0  # nobody asked
    timing.asked()
    timing.heard(made, WetHeard(f"{name}-turned-1", made.path, 0.2, None, None, took=0.1, rendered=9.0))
    assert timing.ledger.effects == 0.0
    timing.heard(made, dry)
    first = timing.ledger
    assert (first.text, first.network, first.codec, first.window) == (0.1, 0.2, 0.3, 0.4)
    timing.heard(made, made_and_heard(tmp_path, 0.1)[1])
    assert timing.ledger == first
    wet = WetHeard(f"{name}-abc", made.path, 0.2, None, None, took=0.1, chain="abc", rendered=0.05)
    timing.heard(made, wet)
    assert timing.ledger.effects == 0.05
    assert timing.ledger.window == 0.5
    assert timing.ledger.total >= first.total
    timing.heard(made, replace_rendered(wet))
    assert timing.ledger.effects == 0.05


def test_effects_of_the_take_before_are_no_answer_to_new_words(tmp_path):
    made, dry, name = made_and_heard(tmp_path)
    late = WetHeard(f"{name}-a", made.path, 0.2, None, None, took=0.1, chain="a", rendered=9.0)
    timing = Timing()
    timing.asked()
    timing.heard(made, dry)
    timing.asked()
    timing.heard(made, late)
    assert timing.ledger.effects == 0.0
    timing.heard(made, dry)  # the same take was asked for again, and is heard again
    timing.heard(made, late)
    assert (timing.ledger.network, timing.ledger.effects) == (0.2, 9.0)


def replace_rendered(wet):
    return WetHeard(wet.name, wet.path, 0.2, None, None, took=0.1, chain="abd", rendered=7.0)


def test_other_effects_are_a_wish_and_anything_else_is_not(tmp_path, draw):
    made, dry, name = made_and_heard(tmp_path)
    flow, timing = flows.begin(draw), Timing()
    timing.changed(flow, flows.select(flow, 3))
    timing.heard(made, dry)
    assert timing.ledger.total == 0.0
    timing.changed(flow, replace(flow, every=Chain(slots=(EFFECT,))))
    timing.heard(made, WetHeard(f"{name}-a", made.path, 0.2, None, None, took=0.1, chain="a", rendered=0.05))
    assert (timing.ledger.network, timing.ledger.effects) == (0.0, 0.05)
    assert timing.ledger.total > 0.0
