"""What can go wrong on the way to the ears, told once in words that say what to do next.

OnetakeError                (presets/errors.py: the whole tree, with exit statuses)
└── AudioError
    ├── NoDevice            no such device, busy, gone, or a rate it does not have
    ├── NoMidi              no such port, or no MIDI system here
    ├── NotLoaded           a sound cannot be read, or does not fit into the pool
    └── NoAudio             the audio process cannot be started
"""

from __future__ import annotations

from presets.errors import OnetakeError


class AudioError(OnetakeError):
    """Something between a finished sound and the ears."""


class NoDevice(AudioError):
    """The audio device asked for cannot be opened."""


class NoMidi(AudioError):
    """The MIDI port asked for cannot be opened."""


class NotLoaded(AudioError):
    """A sound cannot be made ready to play."""


class NoAudio(AudioError):
    """The audio process cannot be started."""
