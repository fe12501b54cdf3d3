"""The plug-ins' own windows, as a rack uses them: what is turned there is turned in the rack, and back.

A window has an instance of its own in a process of its own (editor.py). It reports on a thread of its own, so
everything comes to the rack as an order among the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plugin_bridge.rack.chain import LiveChain
from plugin_bridge.rack.editor import Editor
from plugin_bridge.rack.errors import NoDisplay
from plugin_bridge.rack.hosted import HostedPlugin
from plugin_bridge.rack.parameter import Parameter
from presets.errors import OnetakeError


@dataclass(frozen=True)
class Turned:
    """A knob was turned in the window of a plug-in."""

    plugin: HostedPlugin
    parameter: str
    value: float


@dataclass(frozen=True)
class Stated:
    """The window of a plug-in told a new state."""

    plugin: HostedPlugin
    state: bytes


@dataclass(frozen=True)
class Ended:
    """The window of a plug-in is closed. error: why, where nobody closed it."""

    plugin: HostedPlugin
    error: OnetakeError | None


FromWindow = Turned | Stated | Ended


class Editors:
    """The windows that are open for one rack. Used by the rack's thread."""

    def __init__(self, live: LiveChain, put: Callable[[FromWindow], None]) -> None:
        """live: the rack. put: takes what windows report, on any thread."""
        self._live, self._put = live, put
        self._open: dict[HostedPlugin, Editor] = {}

    def open(self, index: int) -> None:
        """Open the window of a slot's plug-in; nothing where it is open already.

        Raises:
            InvalidRequest: there is no such slot.
            RackError: it has no window, or its plug-in is not running.
        """
        effect = self._live.effect(index)
        if not isinstance(effect, HostedPlugin):
            raise NoDisplay("A built-in effect has no window of its own: its knobs are in the panel.")
        if effect in self._open and not self._open[effect].over:
            return

        def moved(knobs: tuple[Parameter, ...]) -> None:
            for knob in knobs:
                self._put(Turned(effect, knob.id, knob.value))

        self._open[effect] = Editor(
            effect.path,
            effect.name,
            effect.state(),
            on_moved=moved,
            on_state=lambda state: self._put(Stated(effect, state)),
            on_closed=lambda error: self._put(Ended(effect, error)),
            patience=effect.patience,
        )

    def follow(self, index: int, parameter: str, value: float) -> None:
        """Turn a knob in the window too, where it is open."""
        effect = self._live.effect(index)
        if isinstance(effect, HostedPlugin) and effect in self._open:
            self._open[effect].set(parameter, value)

    def keep(self) -> None:
        """Close the windows of plug-ins that are not in the rack any more."""
        for plugin in [plugin for plugin in self._open if self._live.index_of(plugin) is None]:
            self._open.pop(plugin).close()

    def ended(self, plugin: HostedPlugin) -> None:
        """Forget a window that is closed."""
        editor = self._open.get(plugin)
        if editor is not None and editor.over:
            del self._open[plugin]

    def close(self) -> None:
        """Close them all."""
        for editor in self._open.values():
            editor.close()
        self._open = {}
