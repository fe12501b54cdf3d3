"""Anything that a hand can do to effects, quickly and in any order, while the rack is killed under it."""

from __future__ import annotations

import os
import random
import signal
from functools import partial

from tests.ui.panel.test_rack_panel import add, panel_of, quiet, racked, until
from ui import chains
from ui.chains import chain_id, chain_of
from ui.shelf import WetHeard

__all__ = ["racked"]


class Hand:
    """Does anything a person could to the effects, in an order that its seed decides."""

    def __init__(self, panel, seed):
        self.panel, self.random = panel, random.Random(seed)
        self.deeds = (
            self.add,
            self.add,
            self.turn,
            self.turn,
            self.turn,
            self.other,
            self.act,
            self.act,
            self.select,
        )

    def once(self):
        self.random.choice(self.deeds)()
        self.panel.qtbot.wait(self.random.randrange(30))

    def add(self):
        if len(self.panel.studio.racking.chain.slots) < 3:
            add(self.panel, self.random.choice(("gain", "reverse", "eq", "delay", "filter")))

    def turn(self):
        cards = panel_of(self.panel).cards
        knobs = list(self.random.choice(cards).knobs.values()) if cards else []
        if knobs:
            self.random.choice(knobs).setValue(self.random.randrange(1000))

    def other(self):
        count = len(self.panel.studio.racking.chain.slots)
        if count:
            index = self.random.randrange(count)
            change = self.random.choice(
                (chains.removed, partial(chains.moved, to=0), partial(chains.changed, mix=0.7))
            )
            self.panel.studio.racking.edit(lambda chain: change(chain, index), "other")

    def act(self):
        actions = ("undo", "redo", "chain.all", "chain.dry", "refine", "chain.all", "undo")
        self.panel.window.deeds.do(self.random.choice(actions))

    def select(self):
        self.panel.window.deeds.do(f"hear.{self.random.randrange(1, 4)}")


def test_a_quick_hand_with_the_rack_killed_under_it_ends_with_what_the_flow_says(racked):
    hand = Hand(racked, 5)
    for number in range(150):
        if number in (50, 100):
            os.kill(racked.studio.racking.link.client.pid, signal.SIGKILL)
        hand.once()
    if racked.studio.shelf.as_dry:
        racked.window.deeds.do("chain.dry")
    studio = racked.studio

    def settled():
        made = [studio.shelf.shown(racked.flow, slot.recipe) for slot in racked.flow.slots]
        wanted = [one for one in made if studio.shelf.wants_wet(racked.flow, one)]
        return (
            quiet(racked)
            and not studio.shelf.progress
            and all(studio.shelf.is_wet(racked.flow, m) for m in wanted)
        )

    until(racked, settled)
    assert not studio.racking.wetting.refused
    for slot in racked.flow.slots:  # what is heard is what a fresh rack makes of the chain in the Flow
        made, sound = studio.shelf.shown(racked.flow, slot.recipe), studio.shelf.sound(racked.flow, slot.recipe)
        if isinstance(sound, WetHeard):
            assert [one.effect for one in sound.printed.slots] == [
                one.effect for one in chain_of(racked.flow, slot.recipe).slots
            ]
            assert sound.chain == chain_id(chain_of(racked.flow, made.recipe))
