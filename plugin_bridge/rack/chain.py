"""A chain of live effects: what a schema Chain says, loaded, so that sound can go through it.

None of them can hurt the rest. An effect that is missing, fails or dies is bypassed with a sentence, keeps its
last good state, and may be loaded again; the others go on. Used by one thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from plugin_bridge.rack.effects import Effect, LiveBuiltIn, row_of
from plugin_bridge.rack.errors import PluginDied, PluginMissing, PluginRefused, RackError
from plugin_bridge.rack.parameter import Parameter
from plugin_bridge.rack.rates import Process, at_rate
from presets.errors import InvalidRequest
from presets.schema import Chain, Slot
from presets.sound import MAX_CHANNELS, Samples

Load = Callable[[Slot], Effect]
"""Loads the effect that a slot names, as it stands at first. Raises RackError."""

PLUGIN_QUIET = 2.0
"""Seconds of silence that may lie inside what a plug-in rings on with: nobody tells how long its echoes take."""

FOREIGN = "{name}: its state comes from elsewhere and was not used, its parameters were. Allow it to use it."
MOST_SLOTS = 64


@dataclass
class LiveSlot:
    """A slot and its effect.

    Attributes:
        slot: as last known: settings, state and parameters; what is saved.
        effect: None where it could not be loaded.
        problem: why it is bypassed, "" where it is not.
        remark: what a person should know of it besides.
        foreign: whether its state waits for consent.
        changed: whether the effect may be set otherwise than `slot` says.
    """

    slot: Slot
    effect: Effect | None = None
    problem: str = ""
    remark: str = ""
    foreign: bool = False
    changed: bool = False

    @property
    def heard(self) -> bool:
        """Whether it is switched on: what is off or mixed to nothing passes every bit through."""
        return self.slot.enabled and self.slot.mix > 0.0

    @property
    def as_saved(self) -> bool:
        """Whether it sounds as `slot` says."""
        return not (self.problem or self.remark or self.foreign)

    @property
    def quiet(self) -> float:
        """The longest silence inside what rings on behind it, in seconds; 0 where nothing does."""
        if not self.heard or self.effect is None or self.problem:
            return 0.0
        return self.effect.quiet() if isinstance(self.effect, LiveBuiltIn) else PLUGIN_QUIET


class LiveChain:
    """Effects in their order."""

    def __init__(self, load: Load, on_failed: Callable[[int, str], None] | None = None) -> None:
        """load: loads an effect. on_failed: told the slot and the sentence of one that is bypassed from now on."""
        self._load = load
        self._on_failed = on_failed or (lambda index, sentence: None)
        self._slots: list[LiveSlot] = []

    @property
    def slots(self) -> tuple[LiveSlot, ...]:
        """The slots in their order; to look at."""
        return tuple(self._slots)

    def use(self, chain: Chain, foreign: Iterable[int] = ()) -> None:
        """Be another chain. Plug-ins that are in both stay loaded, wherever they go.

        Args:
            chain: what to be.
            foreign: slots whose state comes from elsewhere and has no consent: their parameters are used instead.

        Raises:
            InvalidRequest: more slots than a chain has.
        """
        if len(chain.slots) > MOST_SLOTS:
            raise InvalidRequest(f"A chain has at most {MOST_SLOTS} effects, not {len(chain.slots)}.")
        self._read_back()
        strangers = frozenset(foreign)
        spare, fresh = self._slots, list[LiveSlot]()
        for index, slot in enumerate(chain.slots):
            is_foreign = index in strangers and bool(slot.state)
            old = None if is_foreign else _twin(spare, slot)
            if old is not None:
                spare.remove(old)
            one = LiveSlot(slot, old.effect if old else None, foreign=is_foreign)
            fresh.append(one)
            self._slots = [*fresh, *spare]  # whatever happens, everything loaded is known and gets closed
            if old is None or not _same(old.slot, slot):
                self._bring(index, one)
        self._slots = fresh
        for left in spare:
            _close(left)

    def chain(self) -> Chain:
        """What is loaded, for saving: states and parameters as they stand, those of missing effects untouched."""
        self._read_back()
        return Chain(slots=tuple(one.slot for one in self._slots))

    def parameters(self, index: int) -> tuple[Parameter, ...]:
        """The knobs of a slot; none of one that is bypassed for a problem.

        Raises:
            InvalidRequest: there is no such slot.
        """
        one = self._at(index)
        if one.effect is None or one.problem:
            return ()
        try:
            return one.effect.parameters()
        except RackError as error:
            self._fail(index, one, error)
            return ()

    def set(self, index: int, parameter: str, value: float) -> Parameter:
        """Turn a knob.

        Raises:
            InvalidRequest: there is no such slot or knob.
            RackError: the effect does not take it, or has died of it and is bypassed from now on.
        """
        one, effect = self._at(index), self.effect(index)
        try:
            stands = effect.set(parameter, value)
        except PluginRefused:
            raise  # it runs on
        except RackError as error:
            self._fail(index, one, error)
            raise
        one.changed = True
        return stands

    def restore(self, index: int, state: bytes) -> bool:
        """Set a slot's effect as a state says; whether that was new.

        Raises:
            InvalidRequest: there is no such slot.
            RackError: the effect does not take it, or has died of it and is bypassed from now on.
        """
        one = self._at(index)
        if one.effect is None or one.problem or state == one.effect.last_state:
            return False
        try:
            one.effect.restore(state)
        except PluginRefused:
            raise  # it runs on
        except RackError as error:
            self._fail(index, one, error)
            raise
        one.changed = True
        return True

    def effect(self, index: int) -> Effect:
        """The effect of a slot.

        Raises:
            InvalidRequest: there is no such slot.
            RackError: it is not loaded, or bypassed.
        """
        one = self._at(index)
        if one.effect is None or one.problem:
            raise PluginDied(one.problem or f"{one.slot.effect} is not loaded.")
        return one.effect

    def index_of(self, effect: Effect) -> int | None:
        """The slot of an effect; None where it is in none any more."""
        return next((index for index, one in enumerate(self._slots) if one.effect is effect), None)

    def adjust(self, index: int, enabled: bool, mix: float) -> None:
        """Switch a slot on or off, and say how much of it is heard, 0 to 1.

        Raises:
            InvalidRequest: there is no such slot.
        """
        one = self._at(index)
        one.slot = replace(one.slot, enabled=enabled, mix=mix)

    def reload(self, index: int) -> None:
        """Start a slot's effect anew, set as it was last. What fails again is told as at first.

        Raises:
            InvalidRequest: there is no such slot.
        """
        one = self._at(index)
        if one.effect is None or one.slot.format == "builtin":
            _close(one)
            self._bring(index, one)
            return
        one.problem, one.changed = "", True
        try:
            one.effect.reload()
        except RackError as error:
            self._fail(index, one, error)

    def allow(self, index: int) -> None:
        """Use the state of a slot that came from elsewhere.

        Raises:
            InvalidRequest: there is no such slot.
        """
        one = self._at(index)
        if one.foreign:
            one.foreign = False
            self._bring(index, one)

    def through(self, index: int, samples: Samples, rate: int) -> Samples:
        """Samples (C, N) through one slot, (C', N); bit for bit the same where it is off, bypassed or fails."""
        one = self._at(index)
        if not one.heard or one.effect is None or one.problem:
            return samples
        try:
            wet = at_rate(_checking(one.effect, one.slot.effect), samples, rate, one.slot.rate)
        except RackError as error:
            self._fail(index, one, error)
            return samples
        return mixed(samples, wet, one.slot.mix)

    def close(self) -> None:
        """Let go of every effect."""
        for one in self._slots:
            _close(one)
        self._slots = []

    def _at(self, index: int) -> LiveSlot:
        if not 0 <= index < len(self._slots):
            raise InvalidRequest(f"The chain has {len(self._slots)} effects: there is no number {index + 1}.")
        return self._slots[index]

    def _bring(self, index: int, one: LiveSlot) -> None:
        """Load the effect of a slot, where it is not, and set it as the slot says."""
        one.problem = one.remark = ""
        try:
            if one.effect is None:
                one.effect = self._load(one.slot)
            if row_of(one.slot) is None:
                self._set_up(one, one.effect)
        except RackError as error:
            self._fail(index, one, error)

    def _set_up(self, one: LiveSlot, effect: Effect) -> None:
        """Give a plug-in its state, or its parameters where it has none that may be used."""
        name = one.slot.effect
        if one.slot.state and not one.foreign:
            try:
                effect.restore(one.slot.state)
            except PluginRefused as error:
                one.remark = f"{name}: its state was refused ({error}) Its parameters were used."
            else:
                return
        elif one.foreign:
            one.remark = FOREIGN.format(name=name)
        refused = [id_ for id_, value in one.slot.parameters.items() if not _takes(effect, id_, value)]
        one.changed = not one.foreign  # what waits for consent is kept as it came until something is set
        if refused:
            one.remark = f"{one.remark} It has no {', '.join(refused)} any more.".strip()

    def _fail(self, index: int, one: LiveSlot, error: RackError) -> None:
        one.problem = f"{one.slot.effect} is bypassed. {error}"
        if isinstance(error, PluginMissing):
            _close(one)
        self._on_failed(index, one.problem)

    def _read_back(self) -> None:
        for one in self._slots:
            if one.changed and one.effect is not None:
                _remember(one, one.effect)


def mixed(dry: Samples, wet: Samples, mix: float) -> Samples:
    """So much of wet, the rest dry, (C, N): all of either is that very one. One channel goes to all of many."""
    if mix >= 1.0:
        return wet
    if mix <= 0.0:
        return dry
    if len(dry) != len(wet) and 1 not in (len(dry), len(wet)):
        dry = np.resize(dry, wet.shape)
    return dry * np.float32(1.0 - mix) + wet * np.float32(mix)


def _twin(spare: Iterable[LiveSlot], slot: Slot) -> LiveSlot | None:
    """A loaded plug-in that can serve a slot, best one that is set like it already."""
    if slot.format == "builtin" or not slot.state:  # made again in no time; must stand as at first
        return None
    alike = [one for one in spare if one.effect is not None and not one.problem and _who(one.slot) == _who(slot)]
    return next((one for one in alike if _same(one.slot, slot)), alike[0] if alike else None)


def _who(slot: Slot) -> tuple[str, str, str, str]:
    return slot.format, slot.effect, slot.maker, slot.effect_version


def _same(one: Slot, other: Slot) -> bool:
    return bool(one.state) and one.state == other.state


def _takes(effect: Effect, parameter: str, value: float) -> bool:
    try:
        effect.set(parameter, value)
    except (PluginRefused, InvalidRequest):
        return False
    return True


def _remember(one: LiveSlot, effect: Effect) -> None:
    """Take over what an effect is set to; what it cannot tell any more stays as it told it last."""
    parameters, state = one.slot.parameters, effect.last_state
    with contextlib.suppress(RackError):
        parameters = {parameter.id: parameter.value for parameter in effect.parameters()}
        state = effect.state()
    if one.slot.format == "builtin":
        state = b""
    one.slot = replace(one.slot, parameters=parameters, state=state)
    one.changed = one.foreign = False


def _close(one: LiveSlot) -> None:
    effect, one.effect = one.effect, None
    if effect is not None:
        effect.close()


def _checking(effect: Effect, name: str) -> Process:
    """What an effect does, as long as it makes sound of sound."""
    return lambda samples, rate: _checked(effect.process(samples, rate), samples.shape[1], name)


def _checked(wet: Samples, frames: int, name: str) -> Samples:
    """What an effect made, as sound.

    Raises:
        PluginRefused: it is none.
    """
    if wet.ndim != 2 or wet.shape[1] != frames or not 1 <= len(wet) <= MAX_CHANNELS:
        raise PluginRefused(f"{name} made a sound of the shape {wet.shape} from {frames} frames.")
    if not np.isfinite(wet).all():
        raise PluginRefused(f"{name} made samples that are infinite or not numbers. Try other settings.")
    return wet
