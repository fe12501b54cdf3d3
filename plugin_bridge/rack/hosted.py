"""A plug-in in a child process of its own, as its parent holds it: whatever happens there, only this one is lost.

Every request has its time-out. A child that died or hung is ended with all it started and told as PluginDied or
PluginHung; the last state that the plug-in told is kept here, and `reload` starts it anew from there. Nothing of
pedalboard is loaded on this side.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from plugin_bridge.rack import errors
from plugin_bridge.rack.child import Child, Gone, Late
from plugin_bridge.rack.errors import PluginDied, PluginHung, RackError
from plugin_bridge.rack.host_protocol import (
    About,
    Answer,
    Failed,
    Keep,
    Load,
    Loaded,
    Process,
    Processed,
    Restore,
    Stated,
    Tell,
    Turn,
    Turned,
    Values,
    answer,
)
from plugin_bridge.rack.parameter import Parameter
from plugin_bridge.rack.states import packed, unpacked
from presets.errors import InvalidRequest, OnetakeError, UnreadableFile
from presets.messages import encode
from presets.sound import Samples

LOAD_SECONDS = 30.0
SLOW_LOAD_SECONDS = 120.0
"""For plug-ins on the "slow" list."""
ANSWER_SECONDS = 15.0
_SECONDS_PER_SECOND = 20.0  # a plug-in may take so long for each second of each channel

_A = TypeVar("_A", bound=Answer)


class HostedPlugin:
    """A plug-in in its own process. Calls from several threads wait for one another; `kill` and `close` do not.

    Attributes:
        path, name: which plug-in.
        about: who it says it is.
        last_state: the last state it told; `reload` starts from there, and turns again what was turned since.
        answer_seconds: when an answer is given up; a sound has 20 s more for each of its seconds and channels.
    """

    def __init__(self, path: Path, name: str = "", patience: float = LOAD_SECONDS) -> None:
        """Start the process and load the plug-in.

        Args:
            path: its bundle or file.
            name: which of a bundle that holds several.
            patience: seconds that loading may take.

        Raises:
            PluginMissing, PluginBroken: see plugins.Plugin.
            PluginDied, PluginHung: it did not survive being loaded.
        """
        self.path, self.name, self.patience = path, name, patience
        self.answer_seconds = ANSWER_SECONDS
        self.about: About | None = None
        self.last_state = b""
        self._turned: dict[str, float] = {}
        self._lock = threading.RLock()
        self._closed = False
        self._start()

    # ── what every effect can do ──────────────────────────────────────────────────────────────────────────────

    def parameters(self) -> tuple[Parameter, ...]:
        """Its knobs as they stand.

        Raises:
            PluginDied, PluginHung: here and everywhere below, also when it is gone already.
        """
        return self._ask(Tell(seconds=self.answer_seconds), Values).parameters

    def set(self, parameter: str, value: float) -> Parameter:
        """Turn a knob, 0 to 1, and tell where it stands then.

        Raises:
            InvalidRequest: no such knob, or no such value.
        """
        with self._lock:
            turned = self._ask(Turn(seconds=self.answer_seconds, id=parameter, value=value), Turned)
            if turned.state:
                self._know(turned.state)
            else:
                self._turned[parameter] = value
            return turned.parameter

    def state(self) -> bytes:
        """All that the plug-in keeps of its settings."""
        with self._lock:
            return self._take(self._ask(Keep(seconds=self.answer_seconds), Stated))

    def restore(self, state: bytes) -> None:
        """Take up a state.

        Raises:
            PluginRefused: it does not take it; what was there before stays.
        """
        with self._lock:
            folder = self._running.folder
            try:
                kept = packed(state, folder)
            except OSError as error:
                raise self._lost(error) from error
            self._take(self._ask(Restore(seconds=self.answer_seconds, state=kept), Stated))

    def process(self, samples: Samples, rate: int) -> Samples:
        """What becomes of a sound; see plugins.Plugin.process.

        Args:
            samples: (C, N) float32.
            rate: Hz.

        Raises:
            PluginRefused: it does not take that many channels, or makes samples that are no numbers.
        """
        channels, frames = samples.shape
        with self._lock:
            folder = self._running.folder
            source, target = folder / "sound", folder / "wet"
            asked = Process(
                seconds=self.answer_seconds + _SECONDS_PER_SECOND * channels * frames / rate,
                source=str(source), target=str(target), channels=channels, frames=frames, rate=rate,
            )  # fmt: skip
            try:
                np.ascontiguousarray(samples, np.float32).tofile(source)
                made = self._ask(asked, Processed).channels
                return np.fromfile(target, np.float32).reshape(made, frames)
            except OSError as error:
                raise self._lost(error) from error
            finally:
                source.unlink(missing_ok=True)
                target.unlink(missing_ok=True)

    def close(self) -> None:
        """End the process. A call that waits for it in another thread raises PluginDied."""
        self._closed = True
        self.kill()

    # ── its process ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child.alive

    @property
    def pid(self) -> int:
        """Its process's."""
        return self._child.pid

    @property
    def said(self) -> str:
        """The last that it printed."""
        return self._child.said

    def kill(self) -> None:
        """End its process now, from any thread: also what cancels a long `process`."""
        self._child.end()

    def reload(self) -> None:
        """Start it anew with the last state it told and what was turned since.

        Raises:
            PluginMissing, PluginBroken, PluginDied, PluginHung, PluginRefused: as when it was loaded and restored.
        """
        with self._lock:
            state, turned = self.last_state, self._turned
            self._child.end()
            self._closed = False
            try:
                self._start()
                if state and state != self.last_state:
                    self.restore(state)
                for knob, value in turned.items():
                    self.set(knob, value)
            except OnetakeError:
                self.last_state, self._turned = state, turned
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        self._child = Child("plugin_bridge.rack.host")
        self._turned = {}
        load = Load(seconds=self.patience, path=str(self.path), name=self.name)
        try:
            loaded = self._ask(load, Loaded)
        except BaseException:
            self._child.end()
            raise
        self.about = loaded.about
        self._know(unpacked(loaded.state, self._child.folder))

    @property
    def _running(self) -> Child:
        if self._closed or not self._child.alive:
            raise self._died()
        return self._child

    def _ask(self, asked: Load | Tell | Turn | Keep | Restore | Process, kind: type[_A]) -> _A:
        """Ask and wait. What is no answer to this ends the child: it is not in its right mind."""
        seconds = asked.seconds
        with self._lock:
            child = self._running
            try:
                told = answer(child.ask(encode(asked), seconds))
            except Late:
                raise self._hung(seconds) from None
            except (Gone, UnreadableFile):
                child.end()
                raise self._died() from None
            if isinstance(told, Failed):
                raise error_of(told)
            if not isinstance(told, kind):
                child.end()
                raise self._died()
            return told

    def _take(self, stated: Stated) -> bytes:
        self._know(unpacked(stated.state, self._child.folder))
        return self.last_state

    def _know(self, state: bytes) -> None:
        self.last_state, self._turned = state, {}

    @property
    def _called(self) -> str:
        return self.name or (self.about.name if self.about else self.path.stem)

    def _lost(self, error: OSError) -> RackError:
        """What to say where the folder could not be used: it goes with the process, or the disk is full."""
        if not self._child.alive:
            return self._died()
        return RackError(
            f"Nothing could be passed on to {self._called}: {error}. Free some space, then try again."
        )

    def _died(self) -> RackError:
        how = "was closed" if self._closed else f"ended itself ({self._child.how})"
        when = "" if self.about else " while it was being loaded"
        error = PluginDied(f"{self._called} {how}{when}. Its last settings are kept; reload it, or take it out.")
        error.said = self.said
        return error

    def _hung(self, seconds: float) -> RackError:
        what = "answer" if self.about else "finish loading"
        error = PluginHung(
            f"{self._called} did not {what} within {seconds:.0f} s and was ended. Reload it, or take it out."
        )
        error.said = self.said
        return error


def error_of(told: Failed) -> OnetakeError:
    """A child's Failed as the error it stands for."""
    if told.kind == "InvalidRequest":
        return InvalidRequest(told.sentence)
    kind = getattr(errors, told.kind, RackError)
    if isinstance(kind, type) and issubclass(kind, OnetakeError):
        return kind(told.sentence)
    return RackError(told.sentence)
