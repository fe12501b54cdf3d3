"""Notes to voices: what the audio thread does with a MIDI message, a click in the window, and a stop.

Runs in the audio thread, under the rules at the top of mixer.py. The same player plays a bounce: it knows no clock
but the frames it is told, so what is printed is what was heard.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from plugin_bridge.audio.mapping import Choice, Mapping, Turns
from plugin_bridge.audio.midi import CHANNELS, Channels, Kind, Message, Transport, parse
from plugin_bridge.audio.sounds import Placed
from plugin_bridge.audio.voices import AUDITION, Start, Voices

PROGRAMS = 128
_PITCHED = 2.0 ** (1 / 12)


class Player:
    """The kit that plays, its channels, and the song it plays in.

    Attributes:
        program: of the kit that plays.
        channels: pedals, wheels and levels.
        transport: tempo and place in the song, as MIDI clock tells.
        frame: (1,) int64, frames rendered so far.
        notes: notes begun so far; the window waits with its auditions while MIDI plays.
    """

    def __init__(self, voices: Voices, rate: int) -> None:
        self._voices = voices
        self._kits: list[tuple[Mapping[Placed], Turns] | None] = [None] * PROGRAMS
        self.frame = np.zeros(1, np.int64)
        self.program, self.notes = 0, 0
        self.channels = Channels()
        self.transport = Transport(rate)

    def use(self, program: int, mapping: Mapping[Placed], turns: Turns) -> None:
        """Know a kit; whoever made it keeps the one before. What plays of that goes on. The first one plays."""
        first = self._kits[self.program] is None
        self._kits[program] = (mapping, turns)
        if first:
            self.select(program)

    def select(self, program: int) -> None:
        """Play another kit from the next note on; a program that no kit has changes nothing.

        DAWs send programs when they start to play, often ones that were meant for another instrument.
        """
        if self._kits[program] is not None:
            self.program = program
            self._take_turns_anew()

    def audition(self, voice: Start, fade: int, offset: int = 0) -> None:
        """Play a sound on the audition bus, where one plays at a time. fade: frames of the one before."""
        self._voices.end(offset, bus=AUDITION, frames=fade)
        self._voices.start(voice, offset)

    def stop(self, what: Literal["auditions", "notes", "panic"]) -> None:
        """End auditions, or notes, or everything with every pedal and wheel forgotten."""
        if what == "auditions":
            self._voices.end(0, bus=AUDITION)
            return
        self._voices.end(0)
        if what == "panic":
            self.channels.panic()
            for channel in range(CHANNELS):
                self._follow(channel)

    def advance(self, frames: int) -> None:
        """Time goes on."""
        self.frame += frames

    @property
    def beats(self) -> float:
        """Place in the song, quarter notes."""
        return self.transport.position(int(self.frame[0]))

    def midi(self, data: bytes, offset: int) -> None:
        """Do what a message says, at a frame of the coming slice."""
        message = parse(data)
        kind, channel = message.kind, message.channel
        ended = self.channels.feed(message)
        if kind is Kind.NOTE_ON:
            self._note_on(message, offset)
        elif kind is Kind.SOUND_OFF:
            self._voices.end(offset, channel=channel)
        elif kind is Kind.PROGRAM:
            self.select(message.a)
        elif kind in _LEVELS:
            self._follow(channel)
        elif kind in _SONG:
            self.transport.feed(message, int(self.frame[0]) + offset)
            if kind is Kind.START:
                self._take_turns_anew()
        for note in ended:
            self._voices.note_off(channel, note, offset)

    def _note_on(self, message: Message, offset: int) -> None:
        _, channel, note, velocity = message
        kit = self._kits[self.program]
        if kit is None:
            return
        mapping, turns = kit
        self.notes += 1
        self._voices.note_off(channel, note, offset)  # a key struck again lets go of what it held
        gain = self._gain(channel)
        before = self._voices.serial
        for choice in mapping.choose(channel, note, velocity, turns):
            if choice.choke:
                self._voices.choke(choice.choke, before, offset)
            self._voices.start(_start(choice, channel, note, velocity), offset, gain)

    def _take_turns_anew(self) -> None:
        kit = self._kits[self.program]
        if kit is not None:
            kit[1].reset()

    def _follow(self, channel: int) -> None:
        """Bring a channel's voices to its wheel and its levels."""
        kit = self._kits[self.program]
        semitones = self.channels.bend[channel] * (kit[0].kit.bend if kit is not None else 0.0)
        self._voices.bend[channel] = _PITCHED**semitones
        self._voices.level(channel, *self._gain(channel))

    def _gain(self, channel: int) -> tuple[float, float]:
        gain, pan = self.channels.gain[channel], self.channels.pan[channel]
        return gain * min(1.0, 1.0 - pan), gain * min(1.0, 1.0 + pan)


_LEVELS = frozenset({Kind.CONTROL, Kind.BEND, Kind.RESET})
_SONG = frozenset({Kind.CLOCK, Kind.START, Kind.CONTINUE, Kind.STOP, Kind.SONG})


def _start(choice: Choice[Placed], channel: int, note: int, velocity: int) -> Start:
    sound, gain = choice.sound, choice.levels[velocity]
    return Start(
        first=sound.first,
        length=sound.frames,
        loop=sound.loop,
        step=choice.ratios[note],
        attack=choice.attack,
        release=choice.release,
        held=choice.mode != "one-shot",
        left=gain * min(1.0, 1.0 - choice.pan),
        right=gain * min(1.0, 1.0 + choice.pan),
        bus=choice.output,
        channel=channel,
        note=note,
        choke=choice.choke,
    )
