"""The first start: where the sound goes, how a DAW hears it, and the larger models, all of which can be skipped.

The starter model is there already, so a person who skips everything can type at once. Nothing is fetched before
somebody presses its button, and nothing whose licence has to be accepted before it was.
"""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine import lab
from plugin_bridge.audio.protocol import Devices, Opened
from presets.errors import OnetakeError
from ui import theme
from ui.deeds import Deeds
from ui.dialogs.devices import told
from ui.dialogs.output import OutputChoice
from ui.dialogs.parts import push_button, words_line
from ui.fetching import Fetch, Fetching
from ui.learning import Learning
from ui.models_live import LARGER
from ui.studio import Studio
from ui.widgets.room import fit

_HELLO = "Type a sound, hear it at once, refine the one you like. You can do so now; all this is for later too."
_IN_THE_DAW = "Choose it under “DAW” above, and as an input in your DAW; then record what you play."


class FirstRunPage(QDialog):
    """Shown once by itself; afterwards by its action."""

    def __init__(
        self,
        studio: Studio,
        deeds: Deeds,
        learning: Learning,
        parent: QWidget | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        """fetch: another way than the network, for tests."""
        super().__init__(parent)
        self.setWindowTitle("First steps – Onetake")
        fit(self, 680, 700)
        self._studio = studio
        self.fetching = Fetching(fetch, self)
        self.output = OutputChoice(studio, brief=True)
        self.open_label, self.advice = words_line("", "soft"), words_line("", "soft")
        self.tone, self.more = push_button("Test tone"), push_button("All about devices …")
        self.offers: dict[str, OfferCard] = {}
        self._sought = ""
        self.begin = push_button("Start", first=True)
        self._lay_out()
        self._connect(deeds)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("ground")
        page = QVBoxLayout(inside)
        page.setSpacing(theme.SPACE)
        page.addWidget(words_line(_HELLO, "soft"))
        page.addWidget(_head("1  Where you hear it"))
        page.addWidget(self.output)
        row = QHBoxLayout()
        row.addWidget(self.tone)
        row.addWidget(self.more)
        row.addWidget(self.open_label, 1)
        page.addLayout(row)
        page.addWidget(_head("2  How your DAW hears it"))
        page.addWidget(self.advice)
        page.addWidget(_head("3  Larger models"))
        page.addWidget(
            words_line("The starter model is here and needs no network. Others can be fetched.", "soft")
        )
        self._models = QVBoxLayout()
        self._models.setSpacing(theme.GAP)
        page.addLayout(self._models)
        page.addStretch(1)
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        column = QVBoxLayout(self)
        column.addWidget(area, 1)
        end = QHBoxLayout()
        skip = push_button("Skip")
        skip.clicked.connect(self.close)
        end.addStretch(1)
        end.addWidget(skip)
        end.addWidget(self.begin)
        column.addLayout(end)

    def _connect(self, deeds: Deeds) -> None:
        studio = self._studio
        self.begin.clicked.connect(self.close)
        self.tone.clicked.connect(lambda: studio.audio.say(lambda client: client.test_tone()))
        self.more.clicked.connect(lambda: deeds.do("devices"))
        self.output.refresh.clicked.connect(self._look)
        studio.audio.news.connect(self._hear)
        studio.audio.fresh.connect(self._look)
        studio.racking.closing.connect(self.fetching.close)
        studio.models.sought.connect(self.to_offer)
        self.fetching.progress.connect(self._progress)
        self.fetching.fetched.connect(self._fetched)
        self.fetching.failed.connect(self._failed)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: D102, N802
        super().showEvent(event)
        self._look()
        if self._studio.audio.opened is not None:
            self.open_label.setText(told(self._studio.audio.opened))
        self._studio.work.do("offers", lab.offered, self._show_offers)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: D102, N802
        super().hideEvent(event)
        if not self._studio.settings().greeted:
            try:
                self._studio.settings.change(greeted=True)
            except OnetakeError as error:
                self._studio.messages.warn(str(error))

    def _look(self) -> None:
        if self.isVisible() and self._studio.audio.client is not None:
            self.output.looking()
            self._studio.audio.say(lambda client: client.devices())

    def _hear(self, news: object) -> None:
        if isinstance(news, Devices):
            self.output.show_devices(news)
            there = next((one.name for one in news.devices if one.virtual), "")
            self.advice.setText(news.advice or (f"There is a virtual device: {there}. {_IN_THE_DAW}"))
        elif isinstance(news, Opened):
            self.open_label.setText(told(news))

    # ── models ────────────────────────────────────────────────────────────────────────────────────────────────

    def to_offer(self, offer: str) -> None:
        """Bring a model that can be fetched into sight, now or when the offers are read."""
        self._sought = offer
        card = self.offers.get(offer)
        if card is not None:
            QTimer.singleShot(0, self._bring_up)  # when the layout knows where it stands

    def _bring_up(self) -> None:
        card = self.offers.get(self._sought)
        if card is not None and self.isVisible():
            self._area.ensureWidgetVisible(card)
            (card.accept if card.accept.isVisible() else card.fetch).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_offers(self, offered: tuple[tuple[lab.Offer, bool], ...]) -> None:
        for offer, here in offered:
            if offer.id not in self.offers:
                card = OfferCard(offer)
                card.fetch.clicked.connect(partial(self._fetch, offer.id))
                card.stop.clicked.connect(self.fetching.cancel)
                self.offers[offer.id] = card
                self._models.addWidget(card)
            if here:
                self.offers[offer.id].is_here()
        self.to_offer(self._sought)

    def _fetch(self, offer: str) -> None:
        if self.fetching.is_running:
            self._studio.messages.note("One model at a time; the other one is still being fetched.")
            return
        self._running = offer
        self.offers[offer].begin()
        self.fetching.start(offer)

    def _progress(self, what: str, done: int, total: int) -> None:
        self.offers[self._running].show_progress(what, done, total)

    def _fetched(self, offer: str) -> None:
        self.offers[offer].is_here()
        self._studio.models.suggested = offer
        self._studio.models.look()
        self._studio.messages.note(f"{self.offers[offer].title} is ready.", LARGER, f"Use {offer}")

    def _failed(self, sentence: str) -> None:
        self.offers[self._running].end()
        if sentence:
            self._studio.messages.error(sentence)
        else:
            self._studio.messages.note("It was given up; what was fetched is kept for the next try.")


class OfferCard(QWidget):
    """A model that can be fetched: what it is, its licence, and how far it is."""

    def __init__(self, offer: lab.Offer) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = offer.title
        self.accept = QCheckBox("I have read the licence and accept it")
        self.accept.setVisible(offer.accept)
        self.fetch, self.stop = push_button("Fetch"), push_button("Stop")
        self.fetch.setAccessibleName(f"Fetch {offer.title}")
        self.bar, self.words = QProgressBar(), words_line("", "soft")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self._needs = offer.accept
        self.fetch.setEnabled(not offer.accept)
        self.accept.toggled.connect(lambda _: self.end())
        title = QLabel(
            f"{offer.title}  –  {offer.about / 1e9:.1f} GB to fetch, {offer.memory / 1e9:.1f} GB of memory"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(theme.GAP)
        column.addWidget(title)
        column.addWidget(words_line(f"Licence: {offer.licence}", "faint"))
        column.addWidget(words_line(f"Trained on: {offer.training_data}.", "faint"))
        row = QHBoxLayout()
        row.addWidget(self.accept)
        row.addStretch(1)
        row.addWidget(self.fetch)
        row.addWidget(self.stop)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        self.end()

    def begin(self) -> None:
        """It is being fetched."""
        self.fetch.hide()
        self.accept.setEnabled(False)
        self.show_progress("Looking", 0, 0)
        for part in (self.stop, self.bar, self.words):
            part.show()

    def show_progress(self, what: str, done: int, total: int) -> None:
        """How far it is."""
        share = f"  {100 * done / total:.0f} %" if total else " …"
        self.words.setText(f"{what}{share}")
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def end(self) -> None:
        """It is not being fetched."""
        for part in (self.stop, self.bar, self.words):
            part.hide()
        self.fetch.show()
        self.accept.setEnabled(True)
        self.fetch.setEnabled(self.accept.isChecked() or not self._needs)

    def is_here(self) -> None:
        """It can be used."""
        self.end()
        self.accept.hide()
        self.fetch.setText("Here")
        self.fetch.setEnabled(False)


def _head(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(theme.font(theme.NORMAL + 1, heavy=True))
    return label
