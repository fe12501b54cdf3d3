"""Chains as values: who shares one, what a step back brings, and what is remembered of states."""

from __future__ import annotations

import msgspec
import pytest

from presets.schema import Chain, Slot
from tests.ui.panel.conftest import recipe
from ui import chains
from ui import flow as flows
from ui.chains import EVERY, chain_of, for_all, for_this, in_rack, rack_of, with_chain, with_rack
from ui.consent import MOST, Consent
from ui.flow import Flow, lineage
from ui.undo import difference, patched

GAIN, REVERB = Slot(effect="gain"), Slot(effect="reverb")
ONE, TWO = Chain(slots=(GAIN,)), Chain(slots=(GAIN, REVERB))
A, B = recipe(seed=1), recipe(seed=2)


@pytest.fixture
def desk(draw):
    return flows.begin(draw)


def test_a_take_has_its_own_effects_until_all_share_them(desk):
    own = with_chain(desk, A, ONE)
    assert (chain_of(own, A), chain_of(own, B)) == (ONE, Chain())
    assert rack_of(own, A) == lineage(A)
    shared = for_all(own, A)
    assert chain_of(shared, B) == ONE
    assert rack_of(shared, A) == rack_of(shared, B) == EVERY
    assert chain_of(with_chain(shared, B, TWO), A) == TWO
    alone = with_chain(for_this(shared, B), B, TWO)
    assert (chain_of(alone, A), chain_of(alone, B)) == (ONE, TWO)
    assert in_rack(alone, lineage(B)) == TWO
    assert in_rack(alone, "another") is None
    assert in_rack(with_rack(alone, EVERY, TWO), EVERY) == TWO


def test_a_take_may_have_none_where_all_others_have_some(desk):
    bare = with_chain(for_this(for_all(with_chain(desk, A, ONE), A), B), B, Chain())
    assert (chain_of(bare, A), chain_of(bare, B)) == (ONE, Chain())


def test_refined_versions_share_the_effects_of_their_take(desk):
    assert chain_of(with_chain(desk, A, ONE), recipe(seed=1, steps=8)) == ONE


@pytest.mark.parametrize("change", [for_all, for_this, lambda flow, take: with_chain(flow, take, TWO)])
def test_a_step_back_takes_back_its_own_effects_only(desk, change):
    before = with_chain(desk, A, ONE)
    after = change(before, A)
    steps = difference(before, after)
    later = with_chain(after, B, TWO) if change is not for_all else after
    back = patched(later, steps, forward=False)
    assert chain_of(back, A) == ONE
    assert rack_of(back, A) == lineage(A)
    if change is not for_all:
        assert chain_of(back, B) == TWO
    assert patched(back, steps, forward=True) == later


def test_the_flow_with_its_effects_comes_back_from_its_file(desk):
    state = Slot(effect="Plug", format="vst3", maker="Maker", state=bytes(range(256)), parameters={"a": 0.25})
    flow = with_chain(desk, A, Chain(slots=(state,)))
    assert msgspec.json.decode(msgspec.json.encode(flow), type=Flow) == flow


def test_effects_are_added_moved_and_taken_out_within_their_bounds():
    assert chains.moved(TWO, 1, -5).slots == (REVERB, GAIN)
    assert chains.moved(TWO, 0, 99).slots == (REVERB, GAIN)
    assert chains.moved(TWO, 7, 0) == TWO
    assert chains.removed(TWO, 0).slots == (REVERB,)
    full = Chain(slots=(GAIN,) * chains.MOST_SLOTS)
    assert chains.added(full, REVERB) == full
    assert chains.alike(TWO, chains.changed(TWO, 0, mix=0.5))
    assert not chains.alike(TWO, chains.moved(TWO, 0, 1))


def test_what_is_off_or_mixed_to_nothing_sounds_not():
    assert chains.sounds(ONE)
    assert not chains.sounds(chains.changed(ONE, 0, enabled=False))
    assert not chains.sounds(chains.changed(ONE, 0, mix=0.0))
    assert not chains.sounds(Chain())


def test_states_that_were_made_here_or_allowed_need_no_consent_also_tomorrow(tmp_path):
    chain = Chain(slots=(GAIN, Slot(effect="P", format="vst3", state=b"one"), Slot(effect="Q", format="au")))
    consent = Consent(tmp_path / "state")
    assert consent.foreign(chain) == (1,)
    assert consent.learn([b"one", b""])
    assert not consent.learn([b"one"])
    consent.save()
    assert Consent(tmp_path / "state").foreign(chain) == ()
    consent.learn(str(number).encode() for number in range(MOST + 10))
    assert consent.foreign(chain) == (1,)  # the oldest are asked about again
