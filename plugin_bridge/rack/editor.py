"""A plug-in's own window, as its parent holds it: each in a child process of its own, several at once.

The window has its own instance of the plug-in. What is turned there comes here within 50 ms, its state within a
second and when it closes; so however it ends, no more than the last second is lost. `carry` brings the state to
the plug-in that renders.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from plugin_bridge.pipes import PipeClosed
from plugin_bridge.rack.child import Child
from plugin_bridge.rack.errors import NoDisplay, PluginDied, PluginHung, RackError
from plugin_bridge.rack.host_protocol import (
    Closed,
    Failed,
    Hide,
    Moved,
    Request,
    Restore,
    Show,
    Shown,
    Stated,
    Turn,
    answer,
)
from plugin_bridge.rack.hosted import LOAD_SECONDS, HostedPlugin, error_of
from plugin_bridge.rack.parameter import Parameter
from plugin_bridge.rack.states import packed, unpacked
from presets.errors import OnetakeError, UnreadableFile
from presets.messages import encode

_LEAVE_SECONDS = 5.0
_ORDER_SECONDS = 15.0
_X_ERRORS = ("BadWindow", "X Error", "BadMatch", "BadDrawable")


def _nothing(*_: object) -> None:
    return


class Editor:
    """One open window. Callbacks come on a thread of its own, one at a time; hop to yours if you have a screen.

    Attributes:
        path, name: which plug-in.
        state: the last state that came from the window; what it was opened with before the first.
        values: the last that is known of each knob, by id.
        error: why it ended, where nobody closed it; None else.
    """

    def __init__(
        self,
        path: Path,
        name: str = "",
        state: bytes = b"",
        on_moved: Callable[[tuple[Parameter, ...]], None] = _nothing,
        on_state: Callable[[bytes], None] = _nothing,
        on_closed: Callable[[OnetakeError | None], None] = _nothing,
        patience: float = LOAD_SECONDS,
    ) -> None:
        """Start its process; the window comes when the plug-in is loaded.

        Args:
            path: as for HostedPlugin.
            name: likewise.
            state: what the plug-in starts from; b"" for its own defaults.
            on_moved: the knobs that were turned in the window.
            on_state: a state that is new.
            on_closed: the last callback: None where it was closed, else why it could not be shown or ended.
            patience: seconds until the window has to be there.

        Raises:
            PluginBroken: no process can be started.
        """
        self.path, self.name, self.state, self.patience = path, name, state, patience
        self.values: dict[str, Parameter] = {}
        self.error: OnetakeError | None = None
        self._on_moved, self._on_state, self._on_closed = on_moved, on_state, on_closed
        self._shown, self._over, self._asked_to_end = threading.Event(), threading.Event(), False
        self._child = Child("plugin_bridge.rack.window")
        self._late = threading.Timer(patience, self._too_late)
        self._late.daemon = True
        self._late.start()
        self._thread = threading.Thread(target=self._listen, name="plugin-window", daemon=True)
        self._thread.start()
        kept = packed(state, self._child.folder)
        self._send(Show(seconds=patience, path=str(path), name=name, state=kept))

    @property
    def shown(self) -> bool:
        """Whether the window is open."""
        return self._shown.is_set() and not self._over.is_set()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    @property
    def pid(self) -> int:
        """Its process's."""
        return self._child.pid

    def wait(self) -> None:
        """Return when the window is open.

        Raises:
            NoDisplay: there is no screen it can be shown on; the sentence says what to do.
            PluginMissing, PluginBroken, PluginDied, PluginHung, PluginRefused: as when it is loaded; or it has no
                window.
        """
        self._shown.wait()
        if self.error is not None:
            raise self.error

    def set(self, parameter: str, value: float) -> None:
        """Turn a knob there, because it was turned elsewhere."""
        self._send(Turn(seconds=_ORDER_SECONDS, id=parameter, value=value))

    def restore(self, state: bytes) -> None:
        """Show another state there."""
        with contextlib.suppress(OSError):  # the folder is gone when the window is
            self._send(Restore(seconds=_ORDER_SECONDS, state=packed(state, self._child.folder)))

    def close(self) -> None:
        """Close the window; `state` is its last. From any thread; from a callback it does not wait."""
        self._asked_to_end = True
        self._send(Hide())
        if threading.current_thread() is self._thread:
            return
        if not self._over.wait(_LEAVE_SECONDS):
            self._child.end()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── its process ───────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, message: Request) -> None:
        with contextlib.suppress(PipeClosed):
            self._child.pipe.send(encode(message))

    def _listen(self) -> None:
        closed = False

        def hear(data: bytes) -> None:
            nonlocal closed
            try:
                closed = self._note(data) or closed
            except UnreadableFile:
                self._child.end()

        self._child.listen(hear)
        self._late.cancel()
        if not closed and not self._asked_to_end and self.error is None:
            self.error = self._died()
        self._over.set()
        self._shown.set()
        self._on_closed(self.error)

    def _note(self, data: bytes) -> bool:
        """Take what the window says; True for its last word."""
        told = answer(data)
        match told:
            case Shown() | Moved():
                self.values |= {p.id: p for p in told.parameters}
                if isinstance(told, Shown):
                    self._late.cancel()
                    self._shown.set()
                else:
                    self._on_moved(told.parameters)
            case Stated():
                self.state = unpacked(told.state, self._child.folder)
                self._on_state(self.state)
            case Failed():
                if not self._shown.is_set():
                    self.error = error_of(told)
                    self._child.end()
            case Closed():
                self._child.end()
                return True
        return False

    def _too_late(self) -> None:
        if not self._shown.is_set():
            self.error = PluginHung(f"The window of {self._called} did not come within {self.patience:.0f} s.")
            self._child.end()

    @property
    def _called(self) -> str:
        return self.name or self.path.stem

    def _died(self) -> RackError:
        said = self._child.said
        error: RackError
        if not self._shown.is_set() and any(word in said for word in _X_ERRORS):
            error = NoDisplay(
                f"The screen refused the window of {self._called} and ended it. Its last settings are kept. "
                "On a screen without a desktop, start xsettingsd first."
            )
        else:
            error = PluginDied(
                f"The window of {self._called} ended itself ({self._child.how}). "
                "What was set until a second before is kept; open it again."
            )
        error.said = said
        return error


def carry(editor: Editor, plugin: HostedPlugin) -> bool:
    """Bring what was set in the window to the plug-in that renders.

    Returns:
        Whether anything was new.

    Raises:
        PluginRefused, PluginDied, PluginHung: see HostedPlugin.restore.
    """
    if not editor.state or editor.state == plugin.last_state:
        return False
    plugin.restore(editor.state)
    return True
