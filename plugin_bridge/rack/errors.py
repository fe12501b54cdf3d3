"""What can go wrong in the rack, as sentences a sound designer can act on.

RackError
├── PluginMissing   no such plug-in: no file there, or none of that name in it
├── PluginBroken    it is there but cannot be loaded, or is no effect
├── PluginDied      its process ended; the last good state is kept
├── PluginHung      it did not answer in time and was ended; the last good state is kept
├── PluginRefused   it runs, but does not take what was asked: a parameter, a state, a sound of that shape
└── NoDisplay       its window cannot be shown on this screen
"""

from __future__ import annotations

from presets.errors import OnetakeError


class RackError(OnetakeError):
    """Something about effects that a person is told in one sentence.

    Attributes:
        said: the last that the plug-in printed before, for whoever looks closer; "" for nothing.
    """

    said = ""


class PluginMissing(RackError):
    """There is no such plug-in."""


class PluginBroken(RackError):
    """A plug-in is there but cannot be loaded, or is no effect."""


class PluginDied(RackError):
    """A plug-in's process ended; its last good state is kept."""


class PluginHung(RackError):
    """A plug-in did not answer in time and was ended; its last good state is kept."""


class PluginRefused(RackError):
    """A plug-in runs, but does not take that state or sound."""


class NoDisplay(RackError):
    """A plug-in's window cannot be shown on this screen."""
