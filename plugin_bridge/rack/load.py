"""From what a slot names to an effect that runs: built-ins here, plug-ins by who they are, from the catalogue.

A slot never says where a plug-in lies. What the catalogue does not know is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from plugin_bridge.rack.catalogue import Catalogue
from plugin_bridge.rack.effects import Effect, load_built_in
from plugin_bridge.rack.errors import PluginMissing
from plugin_bridge.rack.hosted import LOAD_SECONDS, SLOW_LOAD_SECONDS, HostedPlugin
from plugin_bridge.rack.impulses import Impulses
from plugin_bridge.rack.store import Store
from presets.schema import Slot


class Found(Protocol):
    """A plug-in that the catalogue knows."""

    @property
    def path(self) -> Path:
        """Its bundle or file."""

    @property
    def plugin_name(self) -> str:
        """Which of a bundle that holds several; "" of one that holds one."""

    @property
    def slow(self) -> bool:
        """Whether it takes long to load."""


Find = Callable[[str, str, str, str], Found | None]
"""(format, name, maker, version) -> what the catalogue knows of it."""


def known_to(folder: Path) -> Find:
    """What looks plug-ins up in what scans found, as it stands when it is asked; from any thread.

    A slot without a maker, as a person writes it, means the one plug-in of its name.

    Args:
        folder: the user's own.
    """
    store = Store(folder)

    def find(kind: str, name: str, maker: str, version: str) -> Found | None:
        catalogue = Catalogue(store)
        if maker:
            return catalogue.find(kind, name, maker, version)
        named = [one for one in catalogue.known if (one.format, one.name) == (kind, name)]
        return named[0] if len({one.maker for one in named}) == 1 else None

    return find


class Loader:
    """Loads what slots name."""

    def __init__(self, impulses: Impulses, find: Find) -> None:
        """impulses: the user's. find: looks up a plug-in."""
        self._impulses, self._find = impulses, find

    def __call__(self, slot: Slot) -> Effect:
        """The effect of a slot; a plug-in as it stands at first.

        Raises:
            RackError: it is not on this machine, or does not survive being loaded.
        """
        if slot.format == "builtin":
            return load_built_in(slot, self._impulses)
        found = self._find(slot.format, slot.effect, slot.maker, slot.effect_version)
        if found is None:
            maker = f" by {slot.maker}" if slot.maker else ""
            raise PluginMissing(
                f"{slot.effect}{maker} is not on this machine, or was not found by the last scan. "
                "Its settings are kept. Install it and scan again."
            )
        return HostedPlugin(found.path, found.plugin_name, SLOW_LOAD_SECONDS if found.slow else LOAD_SECONDS)
