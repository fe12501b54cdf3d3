"""A take saved as a preset, and a preset opened: the dialogs, which never block, and what is written.

A preset lies in the session's own folder for them unless somebody chooses another, so that the library knows it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QFileDialog, QWidget

from presets import shared
from presets.errors import NotWritten
from presets.files import safe_name, unused
from presets.schema import Preset
from ui.chains import chain_of, sounds
from ui.dropping import Dropping
from ui.given import gain_of
from ui.shelf import version_of
from ui.studio import Studio

_FILTER = f"Presets (*{shared.ENDING})"


class PresetFiles(QObject):
    """What a window does with presets."""

    def __init__(self, studio: Studio, dropping: Dropping, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._dropping, self._window = studio, dropping, window
        self.folder = studio.session.folder / shared.PRESETS
        self.dialog: QFileDialog | None = None

    def ask_save(self) -> None:
        """Ask where the selected take shall be saved as a preset."""
        recipe = self._studio.flow.chosen.recipe
        if recipe is None:
            self._studio.messages.note("Choose a take first: a preset is a take with its cut and effects.")
            return
        self._studio.racking.settle()
        name = safe_name(recipe.prompt.text, 60)
        self._studio.work.do("presets", partial(_free, self.folder, name), self._where)

    def ask_open(self) -> None:
        """Ask for a preset."""
        folder = self.folder if self.folder.is_dir() else self._studio.session.folder
        dialog = self._dialog("Open a preset", folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.open(Path(path)))
        dialog.open()

    def save(self, path: Path) -> None:
        """Save the selected take; a file of that name is replaced, as the dialog has asked."""
        if self._studio.racking.is_turning:
            self._studio.messages.warn("A knob was still moving. Save the preset again.")
            return
        preset = self.preset(path.stem)
        if preset is not None:
            job = partial(shared.write_preset, path, preset, overwrite=True)
            told = f"Saved as preset {path.stem}; drop it onto the window, or Ctrl+O, and the take is back."
            self._studio.work.do("preset", job, lambda _: self._studio.messages.note(told))

    def preset(self, name: str) -> Preset | None:
        """The selected take as it is shared: the version that is heard, at the level of its set."""
        flow, shelf, recipe = self._studio.flow, self._studio.shelf, self._studio.flow.chosen.recipe
        if recipe is None:
            return None
        chain, made = chain_of(flow, recipe), shelf.shown(flow, recipe)
        if made is None:
            return shared.preset_of(name, recipe, flow.marks_of(recipe).edit, chain)
        gain = 0.0 if sounds(chain) else gain_of(flow, recipe)  # behind effects it is no part of the cut
        return shared.preset_of(name, made.recipe, version_of(flow, shelf, made, gain).edit, chain)

    def open(self, path: Path) -> None:
        """Bring the take of a preset into a slot, as if it was dropped."""
        self._dropping.take([path])

    def _where(self, path: Path) -> None:
        dialog = self._dialog("Save take as preset", path.parent)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(shared.ENDING[1:])
        dialog.selectFile(path.name)
        dialog.fileSelected.connect(lambda chosen: self.save(Path(chosen)))
        dialog.open()

    def _dialog(self, title: str, folder: Path) -> QFileDialog:
        if self.dialog is not None:
            self.dialog.close()
        dialog = self.dialog = QFileDialog(self._window, title, str(folder), _FILTER)
        dialog.finished.connect(lambda _: self._gone(dialog))
        return dialog

    def _gone(self, dialog: QFileDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
        dialog.deleteLater()


def _free(folder: Path, name: str) -> Path:
    """A name that is free in the folder, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(f"{folder} cannot be made: {error.strerror}. Choose another session.") from error
    return unused(folder / f"{name}{shared.ENDING}")
