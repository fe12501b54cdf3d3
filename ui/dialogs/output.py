"""The choice of an output: device, the DAW's virtual device or ReaStream, rate, block, and who hears what.

Whatever is chosen is opened at once and remembered; a device that is gone stays chosen, and another one stands in
until it is back.
"""

from __future__ import annotations

from msgspec.structs import replace
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from plugin_bridge.audio.protocol import Device, Devices, Output
from presets.schema import SLOT_RATES
from ui import theme
from ui.studio import Studio

_BLOCKS = (0, 64, 128, 256, 512, 1024, 2048)
_HEAR = (
    ("here", "Here", "Your ears only; the DAW's device is silent."),
    ("daw", "DAW", "The DAW's device only; listen through the DAW."),
    ("both", "Both", "Your ears and the DAW."),
)
_SYSTEM, _SILENT = "system", "none"
_WASAPI = "Windows WASAPI"
_IDENTIFIER = 31  # letters
_REASTREAM = (
    "What the free ReaStream plug-in on a DAW's track is set to receive, such as onetake: sound and MIDI "
    "without a driver, also beside ASIO. Empty is off."
)


class OutputChoice(QWidget):
    """A form; what is chosen holds at once."""

    def __init__(self, studio: Studio, brief: bool = False, parent: QWidget | None = None) -> None:
        """brief: without rate, block and exclusive mode."""
        super().__init__(parent)
        self._studio = studio
        self._devices: tuple[Device, ...] = ()
        self.device, self.daw = _box("Device for your ears"), _box("Virtual device for the DAW")
        self.rate, self.block = _box("Rate"), _box("Block")
        self.reastream = QLineEdit()
        self.reastream.setAccessibleName("ReaStream identifier")
        self.reastream.setPlaceholderText("off; an identifier, such as onetake, turns it on")
        self.reastream.setMaxLength(_IDENTIFIER)
        self.reastream.setToolTip(_REASTREAM)
        self.exclusive = QPushButton("Exclusive")
        self.exclusive.setCheckable(True)
        self.exclusive.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.exclusive.setAutoDefault(False)
        self.exclusive.setToolTip(
            "Without the system's mixer (WASAPI): shorter latency, for one program at a time."
        )
        self.refresh = QPushButton("Refresh")
        self.refresh.setAutoDefault(False)
        self.refresh.setToolTip("Look again which devices there are.")
        self.hear = QButtonGroup(self)
        self._fill_numbers()
        self._lay_out(brief)
        self.show_devices(None)
        for box in (self.device, self.daw, self.rate, self.block):
            box.activated.connect(self._choose)
        self.reastream.editingFinished.connect(self._choose)
        self.exclusive.clicked.connect(self._choose)
        self.hear.idClicked.connect(lambda index: studio.settings.change(hear=_HEAR[index][0]))
        studio.settings.listen(lambda _: self._show_settings())

    def looking(self) -> None:
        """The devices are being looked up: this may take seconds."""
        self.refresh.setText("Looking …")
        self.refresh.setEnabled(False)

    def show_devices(self, found: Devices | None) -> None:
        """Which there are; None before anybody has told."""
        if found is not None:
            self._devices = found.devices
            self.refresh.setText("Refresh")
            self.refresh.setEnabled(True)
        self._fill(self.device, [one for one in self._devices if one.outputs and not one.virtual])
        self._fill(self.daw, [one for one in self._devices if one.outputs and one.virtual])
        self._show_settings()

    def source(self) -> str:
        """The input that a measurement records from: the chosen device's own, "" is JACK's."""
        chosen = self.device.currentData()
        return chosen.name if isinstance(chosen, Device) and chosen.inputs else ""

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self, brief: bool) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(theme.SPACE)
        first = QHBoxLayout()
        first.addWidget(self.device, 1)
        first.addWidget(self.refresh)
        form.addRow("Your ears", first)
        form.addRow("DAW", self.daw)
        form.addRow("ReaStream", self.reastream)
        form.addRow("Hear", self._segments())
        if not brief:
            form.addRow("Rate", self.rate)
            form.addRow("Block", self.block)
            form.addRow("Mode", self.exclusive)
        self._form = form

    def _segments(self) -> QWidget:
        row = QWidget()
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for index, (_, words, tip) in enumerate(_HEAR):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setToolTip(tip)
            button.setAccessibleName(f"Hear: {words}")
            self.hear.addButton(button, index)
            inside.addWidget(button)
        inside.addStretch(1)
        return row

    def _fill_numbers(self) -> None:
        for rate in (0, *SLOT_RATES):
            self.rate.addItem(f"{rate / 1000:g} kHz" if rate else "The device's own", rate)
        for block in _BLOCKS:
            self.block.addItem(f"{block} samples" if block else "The device's own", block)

    def _fill(self, box: QComboBox, devices: list[Device]) -> None:
        chosen = self._studio.settings().output
        box.clear()
        if box is self.device:
            box.addItem("The system's default, also when it changes", _SYSTEM)
            box.addItem("No sound", _SILENT)
        else:
            box.addItem("None", "")
        for one in devices:
            box.addItem(_words(one), one)
        wanted = chosen.device if box is self.device else chosen.daw
        if wanted and not any(one.name == wanted for one in devices):
            box.addItem(f"{wanted} (not here now)", wanted)

    def _show_settings(self) -> None:
        settings = self._studio.settings()
        output = settings.output
        self._select(self.device, _SILENT if output.driver == "none" else output.device or _SYSTEM)
        self._select(self.daw, output.daw)
        self._select(self.rate, output.rate)
        self._select(self.block, output.block)
        if not self.reastream.isModified():  # somebody types
            self.reastream.setText(output.reastream)
        self.exclusive.setChecked(output.exclusive)
        has_it = output.exclusive or any(one.host_api == _WASAPI for one in self._devices)
        if self._form.indexOf(self.exclusive) >= 0:
            self._form.setRowVisible(self.exclusive, has_it)
        index = next(i for i, (name, _, _) in enumerate(_HEAR) if name == settings.hear)
        button = self.hear.button(index)
        if button is not None:
            button.setChecked(True)

    def _select(self, box: QComboBox, wanted: object) -> None:
        for index in range(box.count()):
            data = box.itemData(index)
            if wanted in (data, data.name if isinstance(data, Device) else data):
                box.setCurrentIndex(index)
                return
        if isinstance(wanted, int):
            box.addItem(str(wanted), wanted)
            box.setCurrentIndex(box.count() - 1)

    # ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────

    def _choose(self) -> None:
        device, daw = self.device.currentData(), self.daw.currentData()
        before = self._studio.settings().output
        self.reastream.setModified(False)
        host = next((one.host_api for one in (device, daw) if isinstance(one, Device)), "")
        output = replace(
            before,
            driver="none" if device == _SILENT else _driver(host, before),
            device="" if device in (_SYSTEM, _SILENT) else _name(device),
            daw=_name(daw),
            host_api="" if "JACK" in host else host,
            rate=self.rate.currentData(),
            block=self.block.currentData(),
            reastream=self.reastream.text().strip(),
            exclusive=self.exclusive.isChecked(),
        )
        if output != before:
            self._studio.settings.change(output=output)
            self._studio.audio.say(lambda client: client.open(output))


def _driver(host: str, before: Output) -> str:
    """JACK's devices are opened by JACK itself; else whatever serves."""
    if "JACK" in host:
        return "jack"
    return "portaudio" if host else "auto" if before.driver == "none" else before.driver


def _name(device: object) -> str:
    return device.name if isinstance(device, Device) else str(device or "")


def _words(one: Device) -> str:
    marks = [one.host_api, f"{one.outputs} out", f"{one.rate / 1000:g} kHz"]
    marks += ["default"] * one.default + [one.remark] * bool(one.remark)
    return f"{one.name}  –  {', '.join(marks)}"


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(20)
    return box
