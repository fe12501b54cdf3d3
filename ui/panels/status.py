"""The calm line at the bottom: the newest message, where the time went, and how engine and audio are."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from engine.protocol import Metrics
from plugin_bridge.audio.protocol import Lost, Opened, State
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.message import Message
from ui.panels.ledger import LedgerLine
from ui.studio import Studio

_STAYS_MS = {"note": 6000, "warning": 15000, "error": 30000}
_OFFERED_MS = 30_000
_COLOURS = {"note": theme.SOFT, "warning": theme.WORKING, "error": theme.WRONG}
_WORDS = {"starting": "engine is starting …", "ready": "engine ready", "gone": "engine is away"}


class Status(QWidget):
    """One line."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds, self._action = studio, deeds, ""
        self.message = QLabel("")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message.setAccessibleName("Message")
        self.act = QPushButton("")
        self.act.setAccessibleName("What can be done about the message")
        self.act.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.act.clicked.connect(self._take_up)
        self.act.hide()
        self.engine, self.audio = self._chip("Engine"), self._chip("Audio")
        self.ledger = LedgerLine(studio)
        self._lapse = QTimer(self)
        self._lapse.setSingleShot(True)
        self._lapse.timeout.connect(lambda: self._offer("", ""))
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self._clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 4)
        row.setSpacing(14)
        row.addWidget(self.message, 1)
        for part in (self.act, self.ledger, self.engine, self.audio):
            row.addWidget(part)
        studio.messages.told.connect(self._tell)
        studio.engine.state.connect(lambda word, _: self.engine.setText(_WORDS.get(word, word)))
        studio.engine.news.connect(self._engine)
        studio.audio.news.connect(self._audio)
        studio.audio.state.connect(self._load)
        studio.audio.gone.connect(lambda _: self.audio.setText("audio is away"))
        if studio.messages.all:
            self._tell(studio.messages.all[-1])

    def _chip(self, name: str) -> QLabel:
        label = QLabel(f"{name.lower()} is starting …")
        label.setObjectName("faint")
        label.setFont(theme.font(theme.SMALL))
        label.setAccessibleName(name)
        return label

    def _tell(self, message: Message) -> None:
        self.message.setText(message.sentence)
        self.message.setToolTip(
            "\n".join(f"{m.when:%H:%M}  {m.sentence}" for m in list(self._studio.messages.all)[-12:])
        )
        self.message.setStyleSheet(f"color: {_COLOURS[message.level]}")
        if message.action:
            self._offer(message.action, message.words)
        self._fade.start(_STAYS_MS[message.level])

    def _offer(self, action: str, words: str) -> None:
        """A button beside the message, where something can be done about it; no other message takes it away."""
        self._action = action
        self.act.setVisible(bool(action))
        self._lapse.stop()
        if action:
            self._lapse.start(_OFFERED_MS)
            keys = ", ".join(BY_ID[action].keys)
            self.act.setText(words)
            self.act.setAccessibleName(words)
            self.act.setToolTip(f"{BY_ID[action].help} ({keys})" if keys else BY_ID[action].help)

    def _clear(self) -> None:
        self.message.setText("")

    def _take_up(self) -> None:
        action = self._action
        self._offer("", "")
        self._deeds.do(action)

    def _engine(self, news: object) -> None:
        if isinstance(news, Metrics):
            where = news.device or "ready"
            waiting = news.waiting_drafts + news.waiting_refinements
            self.engine.setText(f"engine: {where}" + (f" · {waiting} waiting" if waiting else ""))
            self.engine.setToolTip(f"{', '.join(news.models) or 'no model yet'}, {news.memory:.0f} MB")

    def _audio(self, news: object) -> None:
        if isinstance(news, Opened):
            where = "silent" if news.driver == "none" else news.device or news.driver
            self.audio.setText(f"{where} · {news.rate / 1000:g} kHz · {news.block}")
            if news.remark:
                self._studio.messages.warn(news.remark)
        elif isinstance(news, Lost):
            self._studio.messages.warn(news.sentence)

    def _load(self, state: State) -> None:
        self.audio.setToolTip(
            f"{state.voices} voices, {state.underruns} underruns, load {100 * state.load[0]:.0f} %"
        )
