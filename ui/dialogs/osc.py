"""OSC on and off, and its port: a controller does the panel's actions while another window has the focus."""

from __future__ import annotations

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from ui import theme
from ui.learning import Learning
from ui.settings import Settings
from ui.studio import Studio

_LOWEST, _HIGHEST = 1024, 65_535
_OFF = "Off. Every action has an address, such as /onetake/hear/3; All keys (?) lists them."


class OscChoice(QWidget):
    """A switch, a port, and a line that tells what holds."""

    def __init__(self, studio: Studio, learning: Learning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._learning = learning
        self.on, self.port, self.told = QPushButton("Listen"), QSpinBox(), QLabel()
        self.on.setCheckable(True)
        self.on.setAutoDefault(False)
        self.on.setAccessibleName("Listen to OSC")
        self.on.setToolTip("Actions come over the network of this machine alone (UDP, 127.0.0.1).")
        self.port.setRange(_LOWEST, _HIGHEST)
        self.port.setAccessibleName("OSC port")
        self.port.setKeyboardTracking(False)  # a port that is half typed is another one
        self.told.setObjectName("faint")
        self.told.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.on)
        row.addWidget(QLabel("Port"))
        row.addWidget(self.port)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(row)
        column.addWidget(self.told)
        self._show(studio.settings())
        self.on.clicked.connect(lambda on: studio.settings.change(osc=on))
        self.port.valueChanged.connect(lambda port: studio.settings.change(osc_port=port))
        studio.settings.listen(self._show)

    def _show(self, settings: Settings) -> None:
        self.on.setChecked(settings.osc)
        was = self.port.blockSignals(True)
        self.port.setValue(settings.osc_port)
        self.port.blockSignals(was)
        self.told.setText(self._words(settings))

    def _words(self, settings: Settings) -> str:
        if not settings.osc:
            return _OFF
        if self._learning.osc_port:
            return f"Listening at 127.0.0.1, port {self._learning.osc_port}. All keys (?) lists the addresses."
        return f"Not listening: another program has port {settings.osc_port}. Choose another one."
