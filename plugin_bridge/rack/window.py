"""The child that shows one plug-in's window.

`python -P -m plugin_bridge.rack.window FOLDER`, started by child.py. The window runs on the main thread and asks
there, a hundred times a second, whether it shall close: that is where its knobs are read and its state is taken,
because plug-ins want to be asked on the window's own thread only. So the parent always knows the knobs of the last
50 ms and the state of the last second.
"""

from __future__ import annotations

import queue
import sys
import time
from pathlib import Path
from typing import Any

from plugin_bridge.pipes import Pipe, PipeClosed, to_parent
from plugin_bridge.rack import screen
from plugin_bridge.rack.host import failure
from plugin_bridge.rack.host_protocol import Closed, Failed, Hide, Moved, Restore, Show, Shown, Stated, Turn
from plugin_bridge.rack.lifeline import leave, listen, within
from plugin_bridge.rack.plugins import Plugin
from plugin_bridge.rack.states import packed, unpacked
from presets.errors import InvalidRequest, OnetakeError
from presets.messages import Message, encode

LOOK_SECONDS = 0.05
KEEP_SECONDS = 1.0
_SHARE = 10  # taking the state may use a tenth of the time: some take long over it


class Watch:
    """What the window asks whether it shall close."""

    def __init__(self, plugin: Plugin, pipe: Pipe, folder: Path, requests: queue.SimpleQueue[Any]) -> None:
        """Send and hear by that line while the window is open."""
        self._plugin, self._pipe, self._folder, self._requests = plugin, pipe, folder, requests
        self._calls = 0
        self._sent = plugin.state()
        self._look_at = 0.0
        self._keep_at = time.monotonic() + KEEP_SECONDS
        self._closing = False

    def is_set(self) -> bool:
        """Whether the window shall close. The first call comes before it is open."""
        self._calls += 1
        if self._calls == 2:
            self.send(Shown(parameters=self._plugin.parameters()))
        if self._calls >= 2:
            self._heed()
            self._look()
        return self._closing

    def last(self) -> None:
        """Send what was not sent yet; after the window has closed."""
        self._tell()
        self._keep()

    def send(self, message: Message) -> None:
        """Say something; a parent that is gone ends the process."""
        try:
            self._pipe.send(encode(message))
        except PipeClosed:
            leave(self._folder)

    def _heed(self) -> None:
        while not self._closing:
            try:
                asked = self._requests.get_nowait()
            except queue.Empty:
                return
            try:
                self._do(asked)
            except OnetakeError as error:
                self.send(failure(error))

    def _do(self, asked: object) -> None:
        match asked:
            case Hide():
                self._closing = True
            case Turn():
                self._plugin.set(asked.id, asked.value)
            case Restore():
                self._plugin.restore(unpacked(asked.state, self._folder))
                self.send(Moved(parameters=self._plugin.parameters()))

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._tell()
        if now >= self._keep_at:
            self._keep()
            taken = time.monotonic() - now
            self._keep_at = now + max(KEEP_SECONDS, _SHARE * taken)

    def _tell(self) -> None:
        if moved := self._plugin.moved():
            self.send(Moved(parameters=moved))

    def _keep(self) -> None:
        state = self._plugin.keep()
        if state != self._sent:
            self._sent = state
            self.send(Stated(state=packed(state, self._folder)))


def main() -> None:
    """Show the window that is asked for; end with it."""
    folder = Path(sys.argv[1])
    pipe = to_parent()
    requests = listen(pipe, folder)
    try:
        last = _window(requests, pipe, folder)
    except OnetakeError as error:
        last = failure(error)
    except Exception as error:  # noqa: BLE001  (the process's border: what a plug-in throws is no bug of ours)
        last = Failed(kind="PluginBroken", sentence=f"The plug-in's window failed: {error}")
    try:
        pipe.send(encode(last))
    except PipeClosed:
        leave(folder)
    while True:  # the parent may still read a state from the folder; it ends this process
        requests.get()


def _window(requests: queue.SimpleQueue[Any], pipe: Pipe, folder: Path) -> Message:
    asked = requests.get()
    if not isinstance(asked, Show):
        raise InvalidRequest("This process shows a window and does nothing else.")
    screen.check()
    with within(asked.seconds):
        plugin = Plugin(Path(asked.path), asked.name)
        state = unpacked(asked.state, folder)
        if state:
            plugin.restore(state)
    watch = Watch(plugin, pipe, folder, requests)
    plugin.show(watch)
    watch.last()
    return Closed()


if __name__ == "__main__":
    main()
