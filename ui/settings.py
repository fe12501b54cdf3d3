"""Everything the panel remembers between starts: window, toggles, device, names of octaves.

One frozen value and one file. Whatever a person can set is a field here, so that nothing is lost on close; whoever
wants to know of changes listens to the one `SettingsFile`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from plugin_bridge.audio.protocol import Hear, Output
from presets.errors import NotWritten
from presets.export.wav import Depth
from presets.notes import MiddleC
from presets.places import state_folder
from presets.schema import FileRate
from ui import stored
from ui.family import MOST_INTENSITIES, MOST_TURNS

NAME = "panel-settings.json"
MOST_SESSIONS = 12
INDEXES = "indexes"
"""The folder of the libraries' indexes, among the user's own local files."""


class Learnt(Struct, frozen=True):
    """A MIDI event that does something: kind, channel 1..16, number."""

    kind: Literal["note", "controller"]
    channel: int
    number: int


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered. geometry, layout: the window's own bytes in base64. learnt: action ids by MIDI event.

    midi_inputs: those that are listened to, None is every one. greeted: the first-run page was seen.
    midi_thru: the output that gets what comes in. handoff_rate (Hz), handoff_depth: those of the DAW's session.
    library_play: takes are heard when selected. curve: the intensity curve is shown over the take.
    export_folder: "" is in the session; exports: the wishes of the last time, by format.
    """

    version: Literal[1] = 1
    geometry: str = ""
    layout: str = ""
    strip: bool = False
    sessions: tuple[str, ...] = ()
    model: str = "starter"
    steps: Literal[1, 2, 4, 8, 16] = 8
    radius: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.25
    family_intensities: Annotated[int, Meta(ge=1, le=MOST_INTENSITIES)] = 3
    family_turns: Annotated[int, Meta(ge=1, le=MOST_TURNS)] = 6
    auto_audition: bool = True
    output: Output = Output()
    hear: Hear = "both"
    level_db: float = 0.0
    dim: bool = False
    mute: bool = False
    match: bool = True
    curve: bool = False
    limiter: bool = True
    middle_c: MiddleC = 3
    lowest_key: int = 36
    osc: bool = False
    osc_port: Annotated[int, Meta(ge=1024, le=65535)] = 9109
    learnt: tuple[tuple[Learnt, str], ...] = ()
    midi_inputs: tuple[str, ...] | None = None
    midi_thru: str = ""
    greeted: bool = False
    handoff_rate: FileRate = 48_000
    handoff_depth: Depth = "24"
    library_play: bool = True
    export_format: str = "wav"
    export_folder: str = ""
    exports: dict[str, dict[str, bool | int | float | str]] = {}


class SettingsFile:
    """The settings and their file; every change is written and told."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where the file lies, None is the user's own. `remark` tells of a file that was broken."""
        self.folder = folder or state_folder()
        self._path = self.folder / NAME
        self.value, self.remark = stored.load(self._path, Settings())
        self._listeners: list[Callable[[Settings], None]] = []

    def __call__(self) -> Settings:
        """What holds now."""
        return self.value

    def listen(self, listener: Callable[[Settings], None]) -> None:
        """Be told of every change."""
        self._listeners.append(listener)

    def change(self, **fields: Any) -> None:
        """Change fields, write them, tell everyone.

        Raises:
            msgspec.ValidationError: a value that a setting does not have.
            NotWritten: the file could not be written; the change holds for now.
        """
        changed = msgspec.convert(msgspec.to_builtins(replace(self.value, **fields)), Settings)
        if changed == self.value:
            return
        self.value = changed
        for listener in self._listeners:
            listener(changed)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritten(f"{self._path.parent} cannot be made: {error}. Settings hold for now.") from error
        stored.save(self._path, changed)
