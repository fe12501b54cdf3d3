"""What can go wrong between a prompt and a sound; translated once, here and at the door (local.py).

OnetakeError                (presets/errors.py: the whole tree, with exit statuses)
├── InvalidRequest
│   └── UnknownModel        no model of that name in the catalog
└── EngineError
    ├── BadWeights          a weight file is missing, truncated, altered or of an unknown version
    └── Cancelled           the person who asked no longer wants it; nothing was kept half-done
"""

from __future__ import annotations

from presets.errors import InvalidRequest, OnetakeError


class EngineError(OnetakeError):
    """The engine could not make the sound."""


class UnknownModel(InvalidRequest):
    """No model of that name in the catalog."""


class BadWeights(EngineError):
    """A weight file is missing, truncated, altered or of an unknown version."""


class Cancelled(EngineError):
    """Whoever asked no longer wants it."""
