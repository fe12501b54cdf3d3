"""One knob of an effect, as every effect tells it: a place from 0 to 1, and what that place means.

Plug-ins and built-in effects answer with the same value, so that whoever shows or automates a knob need not know
what is behind it.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Parameter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A knob as it stands.

    Attributes:
        id: what `set` calls it; stays the same while the effect is the same version.
        name: as the effect's maker writes it.
        value: where it stands, 0 to 1.
        text: that place in words or numbers ("-12.0", "Hall"), without the unit.
        unit: what the number counts ("dB", "ms"), "" without.
        steps: how many places there are (2 for a switch); 0 for a continuous knob.
    """

    id: str
    name: str
    value: Annotated[float, Meta(ge=0.0, le=1.0)]
    text: str = ""
    unit: str = ""
    steps: Annotated[int, Meta(ge=0)] = 0
