"""What older versions of Onetake wrote, brought to what this one reads: one function a kind and version.

They work on decoded JSON, because the types of an older version are gone. A document is brought up wherever it is
read, step by step, with everything that is nested in it; the file itself stays as it is until someone saves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]

NEWEST = {
    "recipe": 1, "version": 2, "assembly": 1, "take": 2, "chain": 2, "kit": 1, "preset": 2,
    "entry": 1, "session": 1, "renaming": 1, "moment": 1, "handoff": 1,
}  # fmt: skip
"""The version of every kind that this Onetake writes; a test holds it against the types."""


class Newer(Exception):
    """A document of a version that this Onetake does not know.

    Attributes:
        version: the document's.
        newest: what is known of its kind.
    """

    def __init__(self, version: int, newest: int) -> None:
        super().__init__(f"version {version}, and {newest} is the newest known")
        self.version, self.newest = version, newest


def upgraded(value: Any) -> Any:
    """A decoded document as this version writes it, with all that is nested in it; the given one stays.

    What says no kind or no version is left alone: the types refuse it.

    Raises:
        Newer: it or a part of it is from a newer Onetake.
    """
    if isinstance(value, list):
        return [upgraded(item) for item in value]
    if not isinstance(value, dict):
        return value
    document = {key: upgraded(item) for key, item in value.items()}
    kind, version = document.get("kind"), document.get("version")
    if not isinstance(kind, str) or kind not in NEWEST or not isinstance(version, int):
        return document
    if version > NEWEST[kind]:
        raise Newer(version, NEWEST[kind])
    while (step := STEPS.get((kind, document["version"]))) is not None:
        document = {**step(document), "version": document["version"] + 1}
    return document


def _pitch_and_loop(document: Document) -> Document:
    """2026-11: an Edit has a pitch and a loop. What is no Edit is left to the types to refuse."""
    edit = document.get("edit")
    if not isinstance(edit, dict):
        return document
    return {**document, "edit": {"pitch": 0.0, "loop": None, "crossfade": 0.0, **edit}}


def _printed_effects(document: Document) -> Document:
    """2026-11: besides, a version says which effects are printed into its file."""
    return {"chain": None, **_pitch_and_loop(document)}


def _slot_rates(document: Document) -> Document:
    """2026-11: a slot may say at which rate its effect gets the sound. What is no slot is left to the types."""
    slots = document.get("slots", [])
    if not isinstance(slots, list):
        return document
    return {**document, "slots": [{"rate": None, **slot} if isinstance(slot, dict) else slot for slot in slots]}


STEPS: dict[tuple[str, int], Callable[[Document], Document]] = {
    ("version", 1): _printed_effects,
    ("take", 1): _pitch_and_loop,
    ("preset", 1): _pitch_and_loop,
    ("chain", 1): _slot_rates,
}
"""What brings a kind from that version to the next."""
