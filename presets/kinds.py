"""Every kind of document that Onetake stores, in one table.

The kinds live where they belong; what goes over all of them (JSON Schemas, migrations, tests) reads them here.
"""

from __future__ import annotations

from msgspec import Struct

from presets import schema
from presets.entry import Entry
from presets.handed import Handoff
from presets.history import Moment
from presets.renaming import Renaming
from presets.session import SessionFile

STORED: tuple[type[Struct], ...] = (*schema.STORED, Entry, SessionFile, Renaming, Moment, Handoff)


def tag(kind: type[Struct]) -> str:
    """What a kind is called in a document's field `kind`."""
    return str(kind.__struct_config__.tag)
