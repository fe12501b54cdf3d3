"""Which plug-ins there are on this machine: looked up, searched, liked, tried again.

The one place where who a plug-in is becomes where it lies. A chain or a file from elsewhere says name, maker and
version; a path comes only from a scan of this machine, or from the user's own hand (`load_directly`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from plugin_bridge.rack import bundles
from plugin_bridge.rack.errors import PluginBroken, PluginDied, PluginHung, PluginMissing, RackError
from plugin_bridge.rack.findings import BLOCKED, Favourite, Format, Outcome, Plugin, Record, State
from plugin_bridge.rack.inspection import as_record, keep
from plugin_bridge.rack.look import LONGEST_SECONDS, Look, look
from plugin_bridge.rack.store import Store
from presets.errors import InvalidRequest


class Known(Struct, frozen=True, kw_only=True):
    """A plug-in on this machine.

    path, plugin_name: what to load; plugin_name "" where the bundle holds only one. slow: it may take
    LONGEST_SECONDS to load. loaded: False for a slow bundle that nobody has waited for yet: then only its name
    is known, from its file. inputs, outputs: channels, None where it takes any. latency: samples at 44.1 kHz.
    """

    format: Format
    name: str
    maker: str
    version: str
    path: Path
    plugin_name: str = ""
    category: str = ""
    id: str = ""
    effect: bool = True
    instrument: bool = False
    inputs: int | None = None
    outputs: int | None = None
    latency: int = 0
    parameters: int = 0
    slow: bool = False
    loaded: bool = True
    favourite: bool = False


class Unusable(Struct, frozen=True, kw_only=True):
    """A bundle that cannot be used, and why. printed: the last lines it printed."""

    path: Path
    outcome: Outcome
    reason: str
    printed: tuple[str, ...] = ()


class Catalogue:
    """What the last scans found, as it stood at the last `refresh`. For one thread."""

    def __init__(self, store: Store) -> None:
        """Read what is known; nothing is loaded. Files that are gone are left out."""
        self._store = store
        self.refresh()

    def refresh(self) -> None:
        """Read it again: another process may have scanned."""
        self._use(self._store.read())

    @property
    def known(self) -> tuple[Known, ...]:
        """Every plug-in, favourites first, then by name."""
        return self._known

    @property
    def blocked(self) -> tuple[Unusable, ...]:
        """What crashed, hung, or was never to be loaded again."""
        return tuple(one for one in self._unusable if one.outcome in BLOCKED)

    @property
    def broken(self) -> tuple[Unusable, ...]:
        """What cannot be loaded, but does no harm."""
        return tuple(one for one in self._unusable if one.outcome not in BLOCKED)

    def search(self, words: str = "", *, instruments: bool = False) -> tuple[Known, ...]:
        """Effects, or instruments, in whose name, maker, category or format all the words are."""
        wanted = words.casefold().split()
        return tuple(
            one
            for one in self._known
            if (one.instrument if instruments else one.effect) and all(word in _words(one) for word in wanted)
        )

    def find(self, format: str, name: str, maker: str, version: str = "") -> Known | None:  # noqa: A002 (its name)
        """The plug-in that a chain means: this version, else the newest of the same name and maker.

        A slow bundle that was never loaded has no maker yet: it is what is meant if nothing else has its name.
        """
        same = [one for one in self._known if (one.format, one.name) == (format, name)]
        loaded = [one for one in same if one.loaded and one.maker == maker]
        exact = [one for one in loaded if one.version == version]
        if exact or loaded:
            return exact[0] if exact else max(loaded, key=lambda one: _numbers(one.version))
        return next((one for one in same if not one.loaded), None)

    def like(self, name: str, liked: bool = True) -> Known:
        """Make the plug-in of that name a favourite, or not any more; words that fit only one will do.

        Raises:
            InvalidRequest: no plug-in fits, or several do.
            NotWritten: this cannot be kept.
        """
        one = self.named(name)
        marks = _marks(one.format, one.name, one.maker)

        def change(state: State) -> State:
            others = tuple(mark for mark in state.favourites if mark not in marks)
            return structs.replace(state, favourites=(*others, marks[0]) if liked else others)

        self._use(self._store.change(change))
        return structs.replace(one, favourite=liked)

    def named(self, name: str) -> Known:
        """The plug-in of that name; words that fit only one will do.

        Raises:
            InvalidRequest: no plug-in fits, or several do.
        """
        fitting = [one for one in self._known if one.name.casefold() == name.casefold()] or [
            one for one in self._known if all(word in _words(one) for word in name.casefold().split())
        ]
        who = {(one.format, one.name, one.maker) for one in fitting}
        if len(who) == 1:
            return fitting[0]
        if not who:
            raise InvalidRequest(f'No plug-in is called "{name}". See onetake fx list, or scan first.')
        several = ", ".join(
            sorted(f"{plugin} ({maker or 'maker unknown'}, {kind})" for kind, plugin, maker in who)
        )
        raise InvalidRequest(f'"{name}" fits several plug-ins: {several}. Say more of the one you mean.')

    def load_directly(
        self, path: Path, patience: float = LONGEST_SECONDS, began: Callable[[Look], None] = lambda one: None
    ) -> tuple[Known, ...]:
        """Look at one file without a scan, in a child, and add what is in it; a blocked one is tried again.

        Args:
            path: a .vst3 or .component.
            patience: seconds.
            began: is given the look while it goes on; another thread may cancel it.

        Raises:
            InvalidRequest: that is no name of a plug-in.
            PluginMissing: there is no such file.
            PluginBroken: it cannot be loaded.
            PluginDied: it ended the process that loaded it; now it is on the block-list.
            PluginHung: it did not answer in time; likewise.
            RackError: the look itself failed or was cancelled; nothing is kept.
            NotWritten: the result cannot be kept.
        """
        bundle = Path(os.path.abspath(path))  # noqa: PTH100 (links stay)
        if not bundles.format_of(bundle):
            raise InvalidRequest(f"{path} is no plug-in: its name ends neither in .vst3 nor in .component.")
        try:
            fingerprint = bundles.fingerprint(bundle)
            str(bundle).encode()
        except FileNotFoundError as error:
            raise PluginMissing(f"There is no plug-in at {path}. Look for it and try again.") from error
        except (OSError, UnicodeEncodeError) as error:
            raise PluginBroken(f"{path!s:.300} cannot be read: {error}.") from error
        seen, seconds = look(bundle, patience, began)
        record = as_record(seen, fingerprint, seconds)
        if record is None:
            raise RackError(f"{bundle.name}: {seen.reason}")
        self._use(keep(self._store, bundle, record))
        if record.outcome != "known":
            raise _error(bundle, record)
        return tuple(one for one in self._known if one.path == bundle)

    def try_again(self, path: Path) -> tuple[Known, ...]:
        """Look once more at a bundle that is blocked, broken or slow, in a child: as `load_directly`."""
        return self.load_directly(path)

    def _use(self, state: State) -> None:
        there = {Path(path): record for path, record in state.bundles.items() if os.path.lexists(path)}
        liked = set(state.favourites)
        known = [one for path, record in there.items() for one in _known(path, record, liked)]
        self._known = tuple(sorted(known, key=lambda one: (not one.favourite, one.name.casefold(), str(one.path))))
        self._unusable = tuple(
            Unusable(path=path, outcome=record.outcome, reason=record.reason, printed=record.printed)
            for path, record in sorted(there.items())
            if record.outcome not in ("known", "slow")
        )


def _known(path: Path, record: Record, liked: set[Favourite]) -> list[Known]:
    kind: Format = "au" if bundles.format_of(path) == "au" else "vst3"
    if record.outcome == "slow":
        liked_so = not liked.isdisjoint(_marks(kind, path.stem, ""))
        return [
            Known(
                format=kind, name=path.stem, maker="", version="", path=path, slow=True, loaded=False,
                favourite=liked_so,
            )
        ]  # fmt: skip
    if record.outcome != "known":
        return []
    return [
        Known(
            format=kind,
            path=path,
            slow=record.slow,
            favourite=not liked.isdisjoint(_marks(kind, plugin.name, plugin.maker)),
            **{name: getattr(plugin, name) for name in Plugin.__struct_fields__},
        )
        for plugin in record.plugins
    ]


def _marks(kind: Format, name: str, maker: str) -> tuple[Favourite, ...]:
    """How a plug-in may be marked: also as it was before anybody waited for it, when its maker was not known."""
    return Favourite(kind, name, maker), Favourite(kind, name, "")


def _error(bundle: Path, record: Record) -> RackError:
    sentence = f"{bundle.name}: {record.reason}"
    if record.outcome == "broken":
        return PluginBroken(sentence)
    blocked = f"{sentence} It is on the block-list; onetake fx unblock tries it again."
    return PluginHung(blocked) if record.outcome == "hung" else PluginDied(blocked)


def _words(one: Known) -> str:
    return f"{one.name} {one.maker} {one.category} {one.format}".casefold()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
