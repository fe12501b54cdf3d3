"""What a person may wish of an export: options as rows, and the wishes of one export checked against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from presets.errors import InvalidRequest
from presets.export.samples import Depth

Value = int | float | str | bool


@dataclass(frozen=True)
class Option:
    """A wish that a format has. choices: what a text may be; () is any. default also tells the type."""

    name: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()


class Wishes:
    """The options of one export: what was asked, else the defaults."""

    def __init__(self, options: Sequence[Option], asked: Mapping[str, Value], what: str) -> None:
        """Check what was asked.

        Raises:
            InvalidRequest: an option that there is not, of another type, or none of the choices.
        """
        table = {option.name: option for option in options}
        for name, value in asked.items():
            if name not in table:
                raise InvalidRequest(f"{what} has no option {name}. It has {', '.join(table)}.")
            _check(table[name], value)
        self._values: dict[str, Value] = {option.name: option.default for option in options} | dict(asked)

    def text(self, name: str) -> str:
        """An option that is a text."""
        return str(self._values.get(name, ""))

    def number(self, name: str) -> float:
        """An option that is a number."""
        return float(self._values.get(name, 0))

    def on(self, name: str) -> bool:
        """An option that is on or off."""
        return bool(self._values.get(name, False))

    @property
    def rate(self) -> int:
        """Hz; 0 keeps each sound's own."""
        return int(self.number("rate"))

    @property
    def depth(self) -> Depth | None:
        """Bits of a sample; None keeps what there is."""
        wanted = self.text("bit_depth")
        return next((depth for depth in get_args(Depth) if depth == wanted), None)


def _check(option: Option, value: Value) -> None:
    wanted = type(option.default)
    if not (isinstance(value, wanted) or (wanted is float and type(value) is int)) or (
        isinstance(value, bool) is not (wanted is bool)
    ):
        raise InvalidRequest(f"The option {option.name} is a {_KINDS[wanted]}, not {value!r}.")
    if option.choices and str(value) not in option.choices:
        raise InvalidRequest(f"{option.name} is {', '.join(filter(None, option.choices))}, not {value}.")
    if wanted in (int, float) and not 0 <= float(value) <= 768_000:
        raise InvalidRequest(f"{option.name} is 0 or more, not {value}.")


_KINDS: dict[type, str] = {int: "whole number", float: "number", str: "text", bool: "yes or no"}
