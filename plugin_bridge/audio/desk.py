"""All that depends on the device's rate: the mixer, the sounds in its pool, the kits that play them.

For the control thread. A device of another rate gets a new desk, on which the same sounds are laid out again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from plugin_bridge.audio.errors import NotLoaded
from plugin_bridge.audio.mapping import Mapping
from plugin_bridge.audio.measure import click
from plugin_bridge.audio.mixer import Mixer
from plugin_bridge.audio.outputs import Route
from plugin_bridge.audio.pool import Pool
from plugin_bridge.audio.protocol import Monitor, State
from plugin_bridge.audio.sounds import Placed, Sounds, Turn
from plugin_bridge.audio.voices import AUDITION, Start
from presets.schema import Kit, Zone
from presets.sound import Sound, decibels, linear

_TONE, _CLICK = "\0tone", "\0click"  # names that no client can say
_TONE_HZ, _TONE_DB = 1000.0, -20.0
_LOWEST, _LOWEST_DB = 1e-10, -200.0  # told in place of minus infinity, which JSON and meters do not know

AUDITION_FADE = 0.005
"""Seconds in which an audition makes room for the next one."""


class Desk:
    """A mixer with what it plays."""

    def __init__(self, rate: int, megabytes: int, voices: int = 64, monitor: Monitor | None = None) -> None:
        """Nothing is loaded. rate: Hz. megabytes: of the pool. voices: at once."""
        self.rate = rate
        self.pool = Pool(megabytes)
        self.mixer = Mixer(rate, self.pool.samples, voices, monitor)
        self.sounds = Sounds(self.pool, rate, self.mixer.voices.plays)
        self.kits: dict[int, Kit] = {}
        self._mappings: dict[int, Mapping[Placed]] = {}
        self._former: list[Mapping[Placed] | None] = []  # to be taken apart here, never in the audio thread

    def load(self, name: str, path: Path) -> Placed:
        """Load a sound and let the kits that name it play it.

        Raises:
            NotLoaded: see Sounds.load.
        """
        placed = self.sounds.load(name, path)
        self._remap(name)
        return placed

    def unload(self, name: str) -> None:
        """Forget a sound, once nothing plays it."""
        self.sounds.unload(name)
        self._remap(name)

    def use_kit(self, kit: Kit) -> tuple[str, ...]:
        """Know a kit; returns the takes that no sound is loaded for.

        Raises:
            NotLoaded: a zone's loop does not lie inside of its sound.
        """
        return self._mapped(kit, self._find)

    def _mapped(self, kit: Kit, find: Callable[[Zone], Placed | None]) -> tuple[str, ...]:
        """Let the audio thread play a kit; returns the takes that `find` does not give."""
        mapping = Mapping(kit, find, self.rate)
        self.kits[kit.program] = kit
        self._former.append(self._mappings.get(kit.program))
        self._mappings[kit.program] = mapping
        self.mixer.use_pairs(self.pairs)
        self.mixer.say(self.mixer.player.use, kit.program, mapping, mapping.turns())
        return mapping.missing

    @property
    def pairs(self) -> int:
        """How many pairs of outputs the kits use."""
        return max((zone.output for kit in self.kits.values() for zone in kit.zones), default=1)

    def select(self, program: int) -> None:
        """Play another kit."""
        self.mixer.say(self.mixer.player.select, program)

    def audition(self, name: str, gain_db: float, matched: bool) -> None:
        """Play a sound once through the monitor path, in place of the one before.

        Raises:
            NotLoaded: no sound of that name.
        """
        placed = self.sounds.find(name)
        if placed is None:
            raise NotLoaded(f"No sound is loaded as {name!r}.")
        gain = linear(gain_db) * (self.sounds.match(placed) if matched else 1.0)
        voice = Start(first=placed.first, length=placed.frames, left=gain, right=gain, bus=AUDITION)
        self.mixer.say(self.mixer.player.audition, voice, round(AUDITION_FADE * self.rate))

    def test_tone(self, seconds: float) -> None:
        """1 kHz, left and then right."""
        frames = round(seconds * self.rate)
        wave = np.sin(2 * np.pi * _TONE_HZ / self.rate * np.arange(frames)) * linear(_TONE_DB)
        fade = np.minimum(1.0, np.minimum(np.arange(frames), np.arange(frames)[::-1]) / (0.01 * self.rate))
        sides = np.zeros((2, 2 * frames), np.float32)
        sides[0, :frames] = sides[1, frames:] = wave * fade
        self.sounds.add(_TONE, Sound(sides, self.rate))
        self.audition(_TONE, 0.0, matched=False)

    def click(self) -> None:
        """Play the click of measure.py on the first pair of outputs."""
        placed = self.sounds.add(_CLICK, Sound(click(), self.rate))
        self.mixer.say(self.mixer.voices.start, Start(first=placed.first, length=placed.frames), 0)

    def state(self, route: Route | None, midi_active: bool, busy: float) -> State:
        """One snapshot of everything that moves. route: what it plays through, None while nothing is open."""
        mixer, told, heard = self.mixer, self.mixer.meters.snapshot(), self.mixer.heard.loudness()
        return State(
            open=route is not None,
            beat=mixer.meters.beat,
            peaks=tuple([_level(peak) for peak in told.peaks.tolist()]),
            clips=told.clips,
            load=told.load,
            underruns=route.driver.underruns() if route else 0,
            voices=mixer.voices.playing(),
            stolen=mixer.voices.stolen,
            faults=mixer.meters.faults + mixer.monitor.faults,
            latency=route.driver.latency if route else 0,
            rate=self.rate,
            block=route.driver.block if route else 0,
            reduction_db=mixer.monitor.reduction_db,
            midi_active=midi_active,
            tempo=mixer.player.transport.tempo,
            playing=mixer.player.transport.playing,
            song_beats=mixer.player.beats,
            program=mixer.player.program,
            pool=(self.pool.used, self.pool.size),
            busy=busy,
            loudness=(_told(heard.momentary), _told(heard.short_term), _told(heard.integrated)),
        )

    def sweep(self) -> None:
        """Give back the room of what nothing plays any more; to be called now and then."""
        if self.mixer.heard_all():
            self.sounds.sweep()
            self._former.clear()

    def moved_to(self, rate: int, megabytes: int, voices: int, monitor: Monitor) -> Desk:
        """A desk of another rate with the same sounds and kits; what cannot be loaded again is left out."""
        desk = Desk(rate, megabytes, voices, monitor)
        for name, path in self.sounds.paths().items():
            try:
                desk.load(name, path)
            except NotLoaded:
                continue
        with contextlib.suppress(NotLoaded):
            desk._map_anew(self.kits.values())
        desk.select(self.mixer.player.program)
        return desk

    def _remap(self, name: str) -> None:
        """Let every kit that names a sound play what it is now.

        Raises:
            NotLoaded: see `_map_anew`.
        """
        self._map_anew([kit for kit in self.kits.values() if any(zone.take == name for zone in kit.zones)])

    def _map_anew(self, kits: Iterable[Kit]) -> None:
        """Let kits play the sounds that are loaded now.

        A zone whose loop does not fit any more is silent: its kit must not go on with the old sound, whose room is
        given back.

        Raises:
            NotLoaded: there is such a zone; the kits play nevertheless.
        """
        troubles: list[NotLoaded] = []

        def find(zone: Zone) -> Placed | None:
            try:
                return self._find(zone)
            except NotLoaded as error:
                troubles.append(error)
                return None

        for kit in kits:
            self._mapped(kit, find)
        if troubles:
            raise troubles[0]

    def _find(self, zone: Zone) -> Placed | None:
        if zone.mode != "loop":
            return self.sounds.find(zone.take)
        here = self.sounds.find(zone.take)
        if here is None:
            return None
        begin, end = zone.loop or (0.0, here.seconds)
        return self.sounds.looped(zone.take, Turn(begin, min(end, here.seconds), zone.crossfade))


def _level(peak: float) -> float:
    return round(decibels(peak), 2) if peak > _LOWEST else _LOWEST_DB


def _told(loudness: float) -> float:
    return round(max(loudness, _LOWEST_DB), 2)
