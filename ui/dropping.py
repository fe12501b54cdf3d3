"""What is dropped on the window: any sound becomes a take; one of ours comes back as it was, kits and presets too.

The file is read for what it says, never for what it names: nothing is loaded that it points to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QWidget

from presets import kits, used
from presets.chains import LARGEST
from presets.contents import made_of
from presets.errors import NoRecipe, OnetakeError, UnreadableFile
from presets.export.version import read_version
from presets.index_search import Query
from presets.library import Library
from presets.schema import Kit, Recipe, Version, canonical, content_id, lineage_id, with_steps
from presets.session import Progress
from presets.shared import read_preset
from ui import flow as flows
from ui import reopening
from ui.filing import Filing
from ui.reopening import Fetched

if TYPE_CHECKING:
    from ui.studio import Studio

SOUNDS = frozenset({".wav", ".flac", ".aif", ".aiff", ".aifc", ".ogg", ".mp3"})
_DOCUMENTS = frozenset({".json"})
_RECIPES = frozenset({".wav", ".flac"})
_DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


@dataclass
class Received:
    """What came of files: names of new takes, takes for slots, pads by note, and what could not be read."""

    added: list[str] = field(default_factory=list)
    foreign: int = 0
    fetched: list[Fetched] = field(default_factory=list)
    pads: dict[int, Recipe] = field(default_factory=dict)
    kit: str = ""
    refused: list[str] = field(default_factory=list)


class Dropping(QObject):
    """Lets a window take files."""

    def __init__(self, window: QWidget, studio: Studio) -> None:
        super().__init__(window)
        self._studio, self._filing = studio, Filing(studio)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: D102, N802
        if isinstance(event, QDropEvent) and event.type() in _DRAGS:
            paths = files_of(event)
            if paths:
                event.acceptProposedAction()
                if event.type() == QEvent.Type.Drop:
                    self.take(paths)
                return True
        return super().eventFilter(watched, event)

    def take(self, paths: list[Path]) -> None:
        """Bring files into the session."""
        live = self._studio.archive.live
        live.alter(lambda library: received(library, paths, live.telling("Adding")), self._arrived)

    def _arrived(self, what: Received) -> None:
        studio = self._studio
        for one in what.fetched[: flows.SLOTS]:
            self._filing.put(one)
        if what.pads:
            flow = studio.flow
            for note, recipe in what.pads.items():
                flow = flows.on_pad(flow, note, recipe)
            studio.change(flow, f"Kit {what.kit}")
            studio.messages.note(f"The kit {what.kit} lies on {len(what.pads)} keys.")
        elif what.foreign:
            sounds = "1 sound is a take" if what.foreign == 1 else f"{what.foreign} sounds are takes"
            studio.messages.note(f"{sounds} of the library now, marked “not generated”.")
        for sentence in what.refused:
            studio.messages.warn(sentence)


def files_of(event: QDropEvent) -> list[Path]:
    """The files that another program drags onto us, as far as we take them."""
    mime = event.mimeData()
    if mime is None or event.source() is not None or not mime.hasUrls():
        return []
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in SOUNDS | _DOCUMENTS]


def received(library: Library, paths: list[Path], progress: Progress) -> Received:
    """Read files one after the other; one that cannot be read keeps no other out."""
    found = Received()
    for number, path in enumerate(paths):
        if not progress(number, len(paths)):
            found.refused.append(f"Stopped: {number} of {len(paths)} files were brought in.")
            break
        try:
            if path.suffix.lower() in _DOCUMENTS:
                _document(library, path, found)
            else:
                _sound(library, path, found)
        except OnetakeError as error:
            found.refused.append(str(error))
    return found


def _sound(library: Library, path: Path, found: Received) -> None:
    made = made_of(path) if path.suffix.lower() in _RECIPES else None
    if isinstance(made, Version):
        if not _is_there(library, made):
            found.added.append(library.add(path))
        found.fetched.append(reopening.of_version(library, made))
        return
    found.added.append(library.add(path))
    found.foreign += made is None


def _is_there(library: Library, version: Version) -> bool:
    """Whether this very version was kept already: dropped back, it needs no second file."""
    hits = library.find(Query(lineage=lineage_id(version.recipe)))
    return any(hit.content == content_id(version.recipe) for hit in hits)


def _document(library: Library, path: Path, found: Received) -> None:
    """A kit or a preset.

    Raises:
        UnreadableFile: it is neither.
    """
    content = used.document(path, LARGEST)
    if content is not None and content["kind"] == "preset":
        preset = read_preset(path)
        if preset.recipe is not None:
            found.fetched.append(reopening.of_preset(library, preset))
        if preset.kit is not None:
            _kit(library, preset.kit, path, found)
    elif content is not None and content["kind"] == "kit":
        _kit(library, kits.read_kit(path), path, found)
    else:
        raise UnreadableFile(f"{path.name} is no kit and no preset of Onetake. Drop a sound, a kit or a preset.")


def _kit(library: Library, kit: Kit, path: Path, found: Received) -> None:
    """The takes of a kit on their notes, from the kit's own folder or this library."""
    sounds = kits.find_sounds(kit, path.parent)
    for zone in kit.zones:
        recipe = _recipe(sounds.get(zone.take)) or _known(library, zone.take)
        if recipe is not None:
            found.pads.setdefault(zone.root, with_steps(recipe, 1))
    found.kit = kit.name
    lost = len({zone.take for zone in kit.zones}) - len({canonical(recipe) for recipe in found.pads.values()})
    if lost > 0:
        found.refused.append(f"{lost} sounds of the kit {kit.name} are not here or were not generated.")


def _recipe(path: Path | None) -> Recipe | None:
    try:
        return read_version(path).recipe if path is not None else None
    except (NoRecipe, UnreadableFile):
        return None


def _known(library: Library, take: str) -> Recipe | None:
    hits = [hit for hit in library.find(Query(lineage=take)) if hit.wav] if take else []
    return _recipe(library.session.path(hits[0].file)) if hits else None
