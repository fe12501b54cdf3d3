"""The rack process as a whole: real plug-ins, killed in the middle and brought back as they were set."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from plugin_bridge.rack import bundles
from plugin_bridge.rack.catalogue import Catalogue
from plugin_bridge.rack.client import RackClient
from plugin_bridge.rack.effects import new_slot
from plugin_bridge.rack.findings import Record
from plugin_bridge.rack.protocol import (
    EVENTS,
    REQUESTS,
    BuiltIns,
    ChainReady,
    EditorClosed,
    Failed,
    ParameterChanged,
    Rendered,
    Saved,
    SlotFailed,
    State,
    Welcome,
    message_table,
)
from plugin_bridge.rack.store import Store
from presets.export import wav, wet
from presets.schema import Chain, Edit, Slot
from tests.plugin_bridge.rack.desktop import Desktop
from tests.plugin_bridge.rack.hosting import PATIENCE, bundle, running, until
from tests.plugin_bridge.rack.sounds import noise

EDIT = Edit(length=0.4, fade_out=0.05)
GAIN, REVERB = new_slot("gain"), new_slot("reverb")
ATTACK = (40, 60)
"""Where ZamGateX2's first knob lies in its window, in pixels."""
COMPRESSOR = Slot(effect="ZamCompX2", format="vst3")


class Rack:
    """A RackClient whose events can be waited for."""

    def __init__(self, state, log):
        self.events = queue.SimpleQueue()
        self.seen = []
        self.client = RackClient(self.events.put, state, log=log)

    def wait(self, kind, **fields):
        end = time.monotonic() + PATIENCE
        while True:
            news = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if not isinstance(news, State):
                self.seen.append(news)
            if isinstance(news, kind) and all(getattr(news, name) == value for name, value in fields.items()):
                return news
            assert not isinstance(news, Failed) or news.kind != "failed", news.sentence

    def use(self, *slots, rack="a", **options):
        self.client.set_chain(rack, Chain(slots=slots), **options)
        return self.wait(ChainReady, rack=rack)

    def through(self, path, rack="a", key="k", **options):
        return self.wait(Rendered, ticket=self.client.render(rack, key, path, **options))


def descendants(pid):
    """A process and all that came of it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            started = (task / "children").read_text().split()
            found += [one for child in started for one in descendants(int(child))]
    return found


def makeup(ready):
    """The knob of ZamCompX2 that is heard in any sound."""
    return next(knob for knob in ready.slots[0].parameters if "makeup" in knob.name.lower())


def gone(pids):
    until(lambda: not any(map(running, pids)), f"{pids} have ended")


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A user's folder in which a few real plug-ins are known."""
    folder = tmp_path_factory.mktemp("state")
    for name in ("ZamCompX2", "ZamGateX2"):
        Catalogue(Store(folder)).load_directly(bundle(name))
    return folder


@pytest.fixture
def rack(state, tmp_path):
    """A rack process; nothing of it is left after the test."""
    made = Rack(state, tmp_path / "rack.log")
    made.wait(Welcome)
    yield made
    pids = descendants(made.client.pid)
    made.client.close()
    gone(pids)
    assert "Traceback" not in (tmp_path / "rack.log").read_text()


@pytest.fixture
def sound(tmp_path):
    """Where a sound lies."""
    wav.write(tmp_path / "sound.wav", noise(0.5), depth="32f")
    return tmp_path / "sound.wav"


def samples(news):
    return wet.read(path_of(news))[0].samples


def path_of(news):
    return Path(news.path)


def test_a_sound_goes_through_a_chain_and_comes_from_the_cache_the_second_time(rack, sound):
    ready = rack.use(COMPRESSOR, REVERB)
    assert [slot.problem for slot in ready.slots] == ["", ""]
    assert ready.slots[0].parameters
    first = rack.through(sound, edit=EDIT)
    again = rack.through(sound, edit=EDIT)
    assert (first.cached, again.cached) == (False, True)
    assert np.array_equal(samples(first), samples(again))
    assert first.tails == again.tails
    heard, printed = wet.read(path_of(first))
    assert heard.seconds == pytest.approx(0.4 + printed.tail)
    assert printed.chain.slots[1].tail == first.tails[0]
    path_of(first).unlink()
    anew = rack.through(sound, edit=EDIT)
    assert not anew.cached
    assert np.array_equal(heard.samples, samples(anew))


def test_a_knob_that_moves_is_told_heard_and_saved(rack, sound):
    knob = makeup(rack.use(COMPRESSOR, GAIN))
    before = samples(rack.through(sound))
    rack.client.set_parameter("a", 1, "gain", 1.0)
    assert rack.wait(ParameterChanged).parameter.text == "24.0"
    rack.client.set_parameter("a", 0, knob.id, 0.9)
    rack.wait(ParameterChanged, slot=0)
    assert not np.array_equal(before, samples(rack.through(sound)))
    saved = rack.wait(Saved, ticket=rack.client.save("a"))
    assert saved.foreign == ()
    chain = rack.client.chain_of("a")
    assert chain.slots[0].state
    assert chain.slots[1].parameters == {"gain": 1.0}


def test_many_moves_end_in_one_rendering_of_the_last(rack, sound):
    rack.use(replace(REVERB, mix=1.0), GAIN)
    rack.through(sound)
    tickets = []
    for step in range(20):
        rack.client.set_parameter("a", 1, "gain", step / 19)
        tickets.append(rack.client.render("a", "k", sound))
    last = rack.wait(Rendered, ticket=tickets[-1])
    told = [news for news in rack.seen if isinstance(news, Rendered | Failed)]
    assert {getattr(news, "ticket", getattr(news, "about", "")) for news in told} >= set(tickets[:-1])
    assert sum(isinstance(news, Rendered) for news in told) < 15
    rack.client.set_parameter("a", 1, "gain", 1.0)
    assert np.array_equal(samples(last), samples(rack.through(sound)))


def test_a_rendering_is_given_up(rack, sound):
    rack.use(REVERB)
    rack.client.set_slot("a", 0, True, 0.5)  # it waits until this is calm
    ticket = rack.client.render("a", "k", sound)
    rack.client.cancel(ticket)
    assert rack.wait(Failed, about=ticket).kind == "cancelled"


def test_a_plug_in_that_is_killed_leaves_the_rest_and_comes_back(rack, sound):
    knob = makeup(rack.use(COMPRESSOR, replace(GAIN, parameters={"gain": 1.0})))
    rack.client.set_parameter("a", 0, knob.id, 0.7)
    whole = samples(rack.through(sound))
    (plugin,) = set(descendants(rack.client.pid)) - {rack.client.pid}
    os.kill(plugin, signal.SIGKILL)
    rest = rack.through(sound, match_db=0.0, edit=EDIT)
    assert rack.seen[-2:][0].sentence.startswith("ZamCompX2 is bypassed")
    assert isinstance(rack.seen[-2], SlotFailed)
    assert "ZamCompX2 is bypassed" in rest.remarks[0]
    assert np.allclose(samples(rest)[:, :4000], noise(0.5).samples[:, :4000] * 10 ** (24 / 20), rtol=1e-4)
    assert [slot.enabled for slot in wet.read(path_of(rest))[1].chain.slots] == [False, True]
    rack.client.reload("a", 0)
    assert rack.wait(ChainReady).slots[0].problem == ""
    path_of(rack.through(sound)).unlink()
    assert np.array_equal(whole, samples(rack.through(sound)))


def test_a_rack_that_is_killed_comes_back_as_it_was(rack, sound):
    knob = makeup(rack.use(COMPRESSOR, GAIN))
    rack.client.set_parameter("a", 0, knob.id, 0.7)
    rack.client.set_slot("a", 1, False, 1.0)
    before = rack.through(sound)
    heard = samples(before)
    path_of(before).unlink()
    pids = descendants(rack.client.pid)
    os.kill(rack.client.pid, signal.SIGKILL)
    ticket = rack.client.render("a", "k", sound)  # asked of a dead process, answered by the next
    again = rack.wait(Rendered, ticket=ticket)
    assert rack.client.restarts == 1
    assert not again.cached
    assert np.array_equal(heard, samples(again))
    gone(pids)


def test_a_state_from_elsewhere_waits_for_consent(rack, sound):
    knob = makeup(rack.use(COMPRESSOR))
    rack.client.set_parameter("a", 0, knob.id, 0.9)
    rack.wait(Saved, ticket=rack.client.save("a"))
    slot = replace(rack.client.chain_of("a").slots[0], parameters={})
    ready = rack.use(slot, rack="b", foreign=(0,))
    assert ready.slots[0].foreign
    assert "Allow it" in ready.slots[0].remark
    other = rack.through(sound, rack="b")
    assert "Allow it" in other.remarks[0]
    rack.client.allow("b", 0)
    assert not rack.wait(ChainReady, rack="b").slots[0].foreign
    own, allowed = rack.through(sound), rack.through(sound, rack="b")
    assert np.array_equal(samples(own), samples(allowed))
    assert not np.array_equal(samples(own), samples(other))


def test_a_plug_in_that_loads_for_a_minute_keeps_nobody_else_waiting(rack, state, sound):
    """ZamVerb takes 46 s. It is ended with the process, loaded or not."""
    verb = bundle("ZamVerb")
    slow = Record(outcome="slow", fingerprint=bundles.fingerprint(verb))
    Store(state).change(lambda known: replace(known, bundles={**known.bundles, str(verb): slow}))
    loading = Chain(slots=(Slot(effect="ZamVerb", format="vst3"),))
    rack.client.set_chain("slow", loading)
    waits = rack.client.render("slow", "k", sound)
    rack.use(COMPRESSOR)
    rack.through(sound)
    until(lambda: len(descendants(rack.client.pid)) == 3, "ZamVerb's process runs")
    assert not any(isinstance(news, ChainReady) and news.rack == "slow" for news in rack.seen)
    assert not any(isinstance(news, Rendered) and news.ticket == waits for news in rack.seen)


def test_a_rack_that_dies_again_and_again_is_given_up(rack, sound):
    rack.use(GAIN)
    for _ in range(4):
        os.kill(rack.client.pid, signal.SIGKILL)
        rack.wait(Welcome)
    rack.client.set_slot("a", 0, True, 1.0)
    os.kill(rack.client.pid, signal.SIGKILL)
    assert "again and again" in rack.wait(Failed, about="rack").sentence
    assert rack.client.restarts == 4


def test_a_hung_rack_is_ended_and_started_again(rack, sound, monkeypatch):
    monkeypatch.setattr("plugin_bridge.rack.client.SILENT_SECONDS", 1.5)
    rack.use(GAIN)
    before = rack.client.pid
    os.kill(before, signal.SIGSTOP)
    rack.wait(Welcome)
    rack.through(sound)
    assert rack.client.pid != before


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """A desktop that the rack process shows windows on."""
    made = Desktop(tmp_path)
    monkeypatch.setenv("DISPLAY", made.display)
    yield made
    made.stop()


def test_what_is_turned_in_a_window_is_heard(desktop, rack, sound):
    rack.use(Slot(effect="ZamGateX2", format="vst3"))
    before = rack.through(sound)
    rack.client.open_editor("a", 0)

    def shown():
        return next((pid for pid in descendants(rack.client.pid) if desktop.windows(pid)), 0)

    until(shown, "the window is open")
    pid = shown()

    def heard():
        desktop.drag(desktop.window(pid), *ATTACK, 40)
        with contextlib.suppress(queue.Empty):
            return isinstance(rack.events.get(timeout=1.0), ParameterChanged)

    until(heard, "the knob came")  # the window is visible a moment before it heeds the mouse
    rack.client.set_parameter("a", 0, "threshold", 0.95)
    desktop.press_close(pid)
    assert rack.wait(EditorClosed).sentence == ""
    after = rack.through(sound)
    assert not np.array_equal(samples(before), samples(after))
    parameters = rack.client.chain_of("a").slots[0].parameters
    assert parameters["attack"] > 0.1
    assert parameters["threshold"] == pytest.approx(0.95, abs=0.01)


def test_what_is_not_there_is_told(rack, tmp_path, sound):
    ready = rack.use(Slot(effect="Gone", format="vst3", maker="them", state=b"theirs"), GAIN)
    assert "not on this machine" in ready.slots[0].problem
    rack.client.set_parameter("a", 1, "level", 0.5)
    assert "no parameter" in rack.wait(Failed, about="a").sentence
    missing = rack.client.render("a", "k", tmp_path / "none.wav")
    assert "none.wav" in rack.wait(Failed, about=missing).sentence
    rack.client.open_editor("a", 1)
    assert "no window of its own" in rack.wait(Failed, about="a").sentence
    assert rack.through(sound).remarks[0] == ready.slots[0].problem


def test_the_built_in_effects_are_told_as_new_slots(rack, state, sound):
    (state / "impulses").mkdir()
    wav.write(state / "impulses" / "box.wav", noise(0.1), depth="24")
    rack.client.built_ins()
    told = rack.wait(BuiltIns)
    assert {"eq", "convolution", "tape_stop"} <= {card.effect for card in told.effects}
    (box,) = told.impulses
    slots = [
        Slot(
            effect=card.effect, mix=card.mix, files=dict.fromkeys(card.files, box.content),
            parameters={knob.id: knob.value for knob in card.parameters},
        )
        for card in told.effects
    ]  # fmt: skip
    assert [slot.problem for slot in rack.use(*slots).slots] == [""] * len(slots)
    assert rack.through(sound).remarks == ()


def test_every_message_is_in_the_table():
    table = message_table()
    for kind in (*REQUESTS, *EVENTS):
        assert f"| {kind.__name__} |" in table
        assert kind.__doc__
