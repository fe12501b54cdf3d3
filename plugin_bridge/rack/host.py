"""The child that holds one plug-in: hears a request, does it, answers.

`python -P -m plugin_bridge.rack.host FOLDER`, started by child.py.
All of the plug-in happens on the main thread, because plug-ins insist on it. Whatever goes wrong inside Python is
answered with a sentence; whatever goes wrong outside ends this process, which its parent is prepared for.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from plugin_bridge.pipes import PipeClosed, to_parent
from plugin_bridge.rack.host_protocol import (
    SHORT_STATE,
    Answer,
    Failed,
    Hide,
    Keep,
    Load,
    Loaded,
    Process,
    Processed,
    Request,
    Restore,
    Show,
    Stated,
    Tell,
    Turn,
    Turned,
    Values,
)
from plugin_bridge.rack.lifeline import leave, listen, within
from plugin_bridge.rack.plugins import Plugin
from plugin_bridge.rack.states import packed, unpacked
from presets.errors import InvalidRequest, OnetakeError
from presets.messages import encode


class Host:
    """One plug-in and what may be asked of it."""

    def __init__(self, folder: Path) -> None:
        """folder: shared with the parent."""
        self._folder = folder
        self._loaded: Plugin | None = None

    def answer(self, asked: Request) -> Answer:
        """Do what is asked."""
        try:
            return self._do(asked)
        except OnetakeError as error:
            return failure(error)
        except Exception as error:  # noqa: BLE001  (the process's border: what a plug-in throws is no bug of ours)
            return Failed(kind="PluginBroken", sentence=f"The plug-in failed: {error}")

    def _do(self, asked: Request) -> Answer:
        match asked:
            case Load():
                self._loaded = Plugin(Path(asked.path), asked.name)
                return Loaded(about=self._plugin.about, state=packed(self._plugin.state(), self._folder))
            case Tell():
                return Values(parameters=self._plugin.parameters())
            case Turn():
                parameter = self._plugin.set(asked.id, asked.value)
                state = self._plugin.state()
                return Turned(parameter=parameter, state=state if len(state) <= SHORT_STATE else b"")
            case Keep():
                return Stated(state=packed(self._plugin.state(), self._folder))
            case Restore():
                self._plugin.restore(unpacked(asked.state, self._folder))
                return Stated(state=packed(self._plugin.state(), self._folder))
            case Process():
                return self._process(asked)
            case Show() | Hide():
                raise InvalidRequest("A window has a process of its own.")

    def _process(self, asked: Process) -> Processed:
        samples = np.fromfile(asked.source, np.float32).reshape(asked.channels, asked.frames)
        made = self._plugin.process(samples, asked.rate)
        made.tofile(asked.target)
        return Processed(channels=made.shape[0])

    @property
    def _plugin(self) -> Plugin:
        if self._loaded is None:
            raise InvalidRequest("No plug-in is loaded.")
        return self._loaded


def failure(error: OnetakeError) -> Failed:
    """An error as a message."""
    return Failed(kind=type(error).__name__, sentence=str(error))


def main() -> None:
    """Answer until the parent is gone."""
    folder = Path(sys.argv[1])
    pipe = to_parent()
    host = Host(folder)
    requests = listen(pipe, folder)
    while True:
        asked = requests.get()
        with within(getattr(asked, "seconds", 60.0)):
            answer = host.answer(asked)
        try:
            pipe.send(encode(answer))
        except PipeClosed:
            leave(folder)


if __name__ == "__main__":
    main()
