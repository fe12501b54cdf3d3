"""The right editor for a row of an export's options: a tick, a choice, a number, or text."""

from __future__ import annotations

from PyQt6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from presets.export.version import RATES
from presets.export.wishes import Option, Value

_HIGHEST = 768_000
_AS_IS = "as it is"
_WORDS = {"rate": "Sample rate", "bit_depth": "Bit depth", "zip": "One zip file", "fps": "Frames a second"} | {
    "at": "Place in the film"
}
_UNITS = {"gap": " s", "fade": " ms"}


class OptionEditor:
    """A widget, and the wish that stands in it."""

    def __init__(self, option: Option, value: Value | None) -> None:
        """value: what was wished the last time; None, or what is no wish any more, is the default."""
        self.option = option
        self.widget = _made(option)
        self.widget.setAccessibleName(words(option))
        self.widget.setToolTip(option.help)
        self.set(option.default)
        if value is not None and type(value) is type(option.default) and allowed(option, value):
            self.set(value)

    @property
    def value(self) -> Value:
        """What is wished, of the option's own type."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            return widget.isChecked()
        if isinstance(widget, QComboBox):
            found = widget.currentData()
            return int(found) if isinstance(self.option.default, int) else str(found)
        if isinstance(widget, QSpinBox | QDoubleSpinBox):
            return widget.value()
        assert isinstance(widget, QLineEdit)
        return widget.text().strip()

    def set(self, value: Value) -> None:
        """Show a wish."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            widget.setChecked(bool(value))
        elif isinstance(widget, QComboBox):
            widget.setCurrentIndex(max(widget.findData(value), 0))
        elif isinstance(widget, QSpinBox):
            widget.setValue(int(value))
        elif isinstance(widget, QDoubleSpinBox):
            widget.setValue(float(value))
        elif isinstance(widget, QLineEdit):
            widget.setText(str(value))


def words(option: Option) -> str:
    """What a person calls an option."""
    return _WORDS.get(option.name, option.name.replace("_", " ").capitalize())


def allowed(option: Option, value: Value) -> bool:
    """Whether an option can be that."""
    if option.choices:
        return str(value) in option.choices
    return isinstance(value, str | bool) or 0 <= value <= _HIGHEST


def _made(option: Option) -> QWidget:
    """Whoever adds an option of another type finds out here."""
    default = option.default
    if isinstance(default, bool):
        return QCheckBox(words(option))
    if option.choices:
        return _combo([(choice or _AS_IS, choice) for choice in option.choices])
    if option.name == "rate":
        return _combo([(_AS_IS, 0), *((f"{rate / 1000:g} kHz", rate) for rate in RATES)])
    if isinstance(default, int):
        whole = QSpinBox()
        whole.setRange(0, _HIGHEST)
        return whole
    if isinstance(default, float):
        number = QDoubleSpinBox()
        number.setRange(0.0, float(_HIGHEST))
        number.setDecimals(2)
        number.setSingleStep(0.5)
        number.setSuffix(_UNITS.get(option.name, ""))
        return number
    assert isinstance(default, str), option
    return QLineEdit()


def _combo(rows: list[tuple[str, str | int]]) -> QComboBox:
    combo = QComboBox()
    for text, data in rows:
        combo.addItem(text, data)
    return combo
