"""The session on disk: what a panel that is killed at any moment finds again at its next start.

The choices are written after every change; sounds lie beside them as WAVs, each with its recipe inside, so nothing
else needs to be remembered. What the library keeps of a session is another matter (presets).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from presets.errors import NoRecipe, NotWritten, UnreadableFile
from presets.export.version import read_version
from presets.files import sweep
from presets.schema import Recipe, content_id
from ui import stored
from ui.flow import Draw, Flow, begin
from ui.shelf import Made

DRAFTS, HEARD, TAKES = "drafts", "heard", "takes"
_FILE = "panel.json"
RING_BYTES = 2 * 10**9


class Saved(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written. kept: names of files in `takes`, by content id."""

    version: Literal[1] = 1
    flow: Flow
    kept: dict[str, str] = {}


class Session:
    """A folder with the work of a panel."""

    def __init__(self, folder: Path) -> None:
        """The folder and those in it are made.

        Raises:
            NotWritten: they cannot be.
        """
        self.folder = folder.expanduser().absolute()
        self.drafts, self.heard, self.takes = (self.folder / name for name in (DRAFTS, HEARD, TAKES))
        try:
            for place in (self.drafts, self.heard, self.takes):
                place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritten(
                f"The session {self.folder} cannot be used: {error.strerror}. Choose another with --session."
            ) from error
        sweep(self.folder)

    def load(self, draw: Draw) -> tuple[Saved, str]:
        """What was saved, or an empty desk; and a sentence where the file was broken."""
        return stored.load(self.folder / _FILE, Saved(flow=begin(draw)))

    def save(self, saved: Saved) -> None:
        """Write what is there now.

        Raises:
            NotWritten: the folder is gone, read-only or full.
        """
        stored.save(self.folder / _FILE, saved)

    def recall(self, recipes: tuple[Recipe, ...]) -> list[Made]:
        """The versions among these recipes whose sounds lie here still, read from their files."""
        found = []
        for recipe in recipes:
            path = self.drafts / f"{content_id(recipe)}.wav"
            try:
                version = read_version(path)
            except (NoRecipe, UnreadableFile, OSError):
                continue
            if version.recipe == recipe:
                found.append(Made(version, path))
        return found

    def places_of(self, recipes: tuple[Recipe, ...]) -> frozenset[Path]:
        """Where their sounds lie or will lie."""
        return frozenset(self.drafts / f"{content_id(recipe)}.wav" for recipe in recipes)

    def trim(self, needed: frozenset[Path], limit: int = RING_BYTES) -> int:
        """Let the oldest drafts go where they hold more than the limit; returns the bytes that were freed.

        needed: files that stay whatever their age. What is let go can be rendered again from its recipe.
        """
        files = []
        for place in (self.drafts, self.heard):
            for path in place.glob("*.wav"):
                try:
                    told = path.stat()
                except OSError:
                    continue
                files.append((told.st_mtime, told.st_size, path))
        total, freed = sum(size for _, size, _ in files), 0
        for _, size, path in sorted(files):
            if total - freed <= limit:
                break
            if path not in needed:
                path.unlink(missing_ok=True)
                freed += size
        return freed


def lean(flow: Flow) -> Flow:
    """What is worth saving of a Flow: drafts that are still wanted will be wanted again."""
    return replace(flow, pool=())
