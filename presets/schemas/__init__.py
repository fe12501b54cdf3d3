"""JSON Schemas of everything that Onetake stores, for other programs that read or write it: KIND.json each.

Made from the types by `python -m presets.schemas`; a test holds the files against them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from presets import kinds

FOLDER = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, bytes]:
    """The JSON Schema of every stored kind, by file name."""
    return {f"{kinds.tag(kind)}.json": _schema(kind) for kind in kinds.STORED}


def _schema(kind: type[msgspec.Struct]) -> bytes:
    found = {"$schema": DIALECT, **msgspec.json.schema(kind)}
    return msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=2) + b"\n"
