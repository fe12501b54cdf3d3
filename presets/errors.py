"""The errors a person is told about: what happened and what to do next.

    OnetakeError
    ├── InvalidRequest      asked for something that cannot be; nothing was done (exit status 2)
    ├── UnreadableFile      a file is broken, foreign or newer than this version (exit status 1)
    │   └── NoRecipe        a sound file that Onetake did not make
    ├── NotWritten          a file could not be written; what was there before is untouched (1)
    ├── EngineError         see engine/errors.py (1)
    ├── AudioError          see plugin_bridge/audio/errors.py (1)
    └── RackError           see plugin_bridge/rack/errors.py (1)

Every message is a sentence that a sound designer can act on; the cause travels as `__cause__`.
"""

from __future__ import annotations


class OnetakeError(Exception):
    """Something a person is told in one sentence."""

    exit_status = 1


class InvalidRequest(OnetakeError):
    """What was asked for cannot be done as asked."""

    exit_status = 2


class UnreadableFile(OnetakeError):
    """A file is broken, foreign or newer than this version of Onetake."""


class NoRecipe(UnreadableFile):
    """A sound file without a recipe: it plays, but cannot be rendered again or refined."""


class NotWritten(OnetakeError):
    """A file could not be written; what was there before is untouched."""
