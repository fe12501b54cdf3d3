"""A rack that is worked hard: random orders, bounded memory, and nothing left behind."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import psutil
import pytest

from plugin_bridge.rack.effects import BUILT_IN, new_slot
from plugin_bridge.rack.protocol import ChainReady, Failed, ParameterChanged, Rendered, Saved
from presets.export import wav
from presets.schema import Chain, Edit, Slot
from tests.plugin_bridge.rack.sounds import noise
from tests.plugin_bridge.rack.test_rack_process import Rack, rack, state  # noqa: F401 (fixtures)

SLOPE = 10_000  # bytes an operation
PLUGINS = ("ZamCompX2", "ZamGateX2")
RACKS = ("a", "b")


class Hand:
    """Does at random what a person does, and waits for the answer."""

    def __init__(self, rack, sounds, seed=1):  # noqa: F811
        self.rack, self.sounds = rack, sounds
        self.random = random.Random(seed)
        self.chains = dict.fromkeys(RACKS, Chain())
        self.knobs = dict.fromkeys(RACKS, ())
        for name in RACKS:
            self.load(name)

    def act(self):
        name = self.random.choice(RACKS)
        deed = self.random.choices((self.load, self.remove, self.turn, self.render), (1, 1, 4, 4))[0]
        deed(name)

    def load(self, name):
        new = self.random.choice((*PLUGINS, *BUILT_IN))
        slot = Slot(effect=new, format="vst3") if new in PLUGINS else new_slot(new)
        self.use(name, (*self.current(name), slot)[-4:])

    def remove(self, name):
        slots = list(self.current(name))
        if slots:
            slots.pop(self.random.randrange(len(slots)))
        self.use(name, slots)

    def current(self, name):
        if not self.chains[name].slots:
            return ()
        self.rack.wait(Saved, ticket=self.rack.client.save(name))
        return self.rack.client.chain_of(name).slots

    def use(self, name, slots):
        self.chains[name] = Chain(slots=tuple(slots))
        self.rack.client.set_chain(name, self.chains[name])
        self.knobs[name] = [slot.parameters for slot in self.rack.wait(ChainReady, rack=name).slots]

    def turn(self, name):
        there = [(slot, knob.id) for slot, knobs in enumerate(self.knobs[name]) for knob in knobs]
        if there:
            slot, knob = self.random.choice(there)
            self.rack.client.set_parameter(name, slot, knob, self.random.random())
            self.rack.wait(ParameterChanged, rack=name)

    def render(self, name):
        path = self.random.choice(self.sounds)
        ticket = self.rack.client.render(name, "k", path, Edit(length=0.2), tails=None)
        if self.random.random() < 0.2:
            self.rack.client.cancel(ticket)
            while True:
                news = self.rack.events.get(timeout=60)
                if isinstance(news, Rendered) and news.ticket == ticket:
                    return
                if isinstance(news, Failed) and news.about == ticket:
                    assert news.kind == "cancelled"
                    return
        assert Path(self.rack.wait(Rendered, ticket=ticket).path).exists()


@pytest.mark.parametrize("operations", [200, pytest.param(2000, marks=pytest.mark.long)])
def test_random_work_takes_no_memory_and_leaves_no_process(rack, tmp_path, operations):  # noqa: F811
    sounds = []
    for seed in range(3):
        sounds.append(tmp_path / f"{seed}.wav")
        wav.write(sounds[-1], noise(0.3, 1 + seed % 2, seed), depth="32f")
    hand = Hand(rack, sounds)
    process = psutil.Process(rack.client.pid)
    held = []
    for _ in range(operations):
        hand.act()
        rack.seen.clear()
        held.append(process.memory_info().rss)
    half = np.array(held[operations // 2 :], np.float64)
    assert rack.client.restarts == 0
    plugins = sum(slot.format == "vst3" for chain in hand.chains.values() for slot in chain.slots)
    assert len(process.children(recursive=True)) == plugins
    if operations >= 2000:  # in fewer, the heap still grows to what it needs
        assert np.polyfit(np.arange(len(half)), half, 1)[0] < SLOPE
