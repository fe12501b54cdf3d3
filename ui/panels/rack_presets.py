"""Chains that were saved: a menu of the user's own, saving, and opening one from anywhere.

A chain from elsewhere names its plug-ins, never their files; what is not on this machine stays bypassed with its
settings untouched, and a state that was not made here waits for consent in its slot.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from presets.chains import read_chain, without_tails, write_chain
from presets.files import safe_name, unused
from presets.schema import Chain
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.studio import Studio

FOLDER = "chains"
_ENDING = ".json"
_MOST = 40


class RackPresets:
    """The user's own chains, in a folder beside the settings."""

    def __init__(self, studio: Studio, deeds: Deeds) -> None:
        self._studio, self._deeds = studio, deeds
        self.folder = studio.settings.folder / FOLDER
        self.names: tuple[str, ...] = ()
        self.look()

    def look(self) -> None:
        """Which there are."""
        self._studio.work.do("chains", partial(_names, self.folder), self._found)

    def fill(self, menu: QMenu, parent: QWidget) -> None:
        """What can be done, and the chains by name."""
        menu.clear()
        has = bool(self._studio.racking.chain.slots)
        has_take = self._studio.flow.chosen.recipe is not None
        for words, act, enabled in (
            ("Save the effects as …", partial(self.ask_name, parent), has),
            ("Open effects …", partial(self.ask_file, parent), has_take),
            ("Remove all effects", self.clear, has),
            (BY_ID["preset.save"].words, partial(self._deeds.do, "preset.save"), has_take),
            (BY_ID["preset.open"].words, partial(self._deeds.do, "preset.open"), True),
        ):
            entry = menu.addAction(words)
            assert entry is not None
            entry.setEnabled(enabled)
            entry.triggered.connect(lambda _, act=act: act())
        menu.addSeparator()
        for name in self.names[:_MOST]:
            entry = menu.addAction(name)
            assert entry is not None
            entry.triggered.connect(lambda _, name=name: self.open(self.folder / f"{name}{_ENDING}"))
        if not self.names:
            nothing = menu.addAction("No chains saved yet")
            assert nothing is not None
            nothing.setEnabled(False)

    def ask_name(self, parent: QWidget) -> None:
        """Ask what the chain shall be called."""
        dialog = QInputDialog(parent)
        dialog.setWindowTitle("Save the effects")
        dialog.setLabelText("Name of the chain")
        dialog.textValueSelected.connect(self.save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_file(self, parent: QWidget) -> None:
        """Ask for a chain or preset anywhere."""
        dialog = QFileDialog(parent, "Open a chain", "", "Chains and presets (*.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.open(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save(self, name: str) -> None:
        """Keep the chain of the selected take under a name; one that is taken gets a number."""
        if name.strip():
            chain = without_tails(self._studio.racking.chain)
            self._studio.work.do("save chain", partial(_write, self.folder, name, chain), self._saved)

    def open(self, path: Path) -> None:
        """Give the selected take the chain of a file."""
        self._studio.work.do("open chain", partial(read_chain, path), partial(self._use, path.stem))

    def clear(self) -> None:
        """No effects."""
        self._studio.racking.use(Chain(), "Remove all effects")

    def _use(self, name: str, chain: Chain) -> None:
        foreign = self._studio.racking.consent.foreign(chain)
        self._studio.racking.use(chain, f"Chain {name}")
        if foreign:
            count = "one effect" if len(foreign) == 1 else f"{len(foreign)} effects"
            self._studio.messages.warn(
                f"The state of {count} in {name} was not made here; its card asks before it is used."
            )

    def _saved(self, path: Path) -> None:
        self._studio.messages.note(f"Saved as {path.stem}.")
        self.look()

    def _found(self, names: tuple[str, ...]) -> None:
        self.names = names


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted((path.stem for path in folder.glob(f"*{_ENDING}")), key=str.casefold))


def _write(folder: Path, name: str, chain: Chain) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = unused(folder / f"{safe_name(name)}{_ENDING}")
    write_chain(path, chain)
    return path
