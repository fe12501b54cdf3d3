"""The pages that an action opens: a row each.

A new page is a dialog that takes the Studio, the Deeds, the Learning and its parent, a row here, and an action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtWidgets import QDialog, QWidget

from ui.deeds import Deeds
from ui.dialogs.devices import DevicesPage
from ui.dialogs.first_run import FirstRunPage
from ui.learning import Learning
from ui.studio import Studio

DIALOGS: Mapping[str, Callable[[Studio, Deeds, Learning, QWidget], QDialog]] = {
    "devices": DevicesPage,
    "welcome": FirstRunPage,
}
