"""PortAudio: the way out on every system without JACK, into one device or, corrected for drift, into two.

The monitor's device is the clock that calls the mixer; a DAW's device beside it follows through a DriftBridge,
because no two devices run equally fast. Where only the DAW's device is named, it is the clock and gets every frame
untouched. MIDI comes without a place inside the block, so a note sounds at the start of the next one.

The callbacks run under the rules at the top of mixer.py. One more is PortAudio's own: an exception that leaves a
callback ends the audio for good, and nobody hears of it; so a fault is a block of silence and a number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import pa, soundserver
from plugin_bridge.audio.devices import Way, choose, ways
from plugin_bridge.audio.drift import DriftBridge
from plugin_bridge.audio.driver import PAIRS, Buses, Event, Render, Stereo
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.mixer import MOST_FRAMES

_LOOK_SECONDS = 1.0  # between two looks at the sound server, 10 ms each


class PortAudioDriver:
    """One or two open streams. See driver.Driver.

    Attributes:
        device: name of where the designer listens, "" nowhere.
        daw: name of where the DAW records from, "" nowhere.
        faults: blocks that were silent because rendering or copying failed.
        remark: what a person should know of how it was opened, "" if it is as asked.
    """

    offsets = False

    def __init__(
        self,
        device: str | Way = "",
        daw: str | Way = "",
        *,
        host_api: str = "",
        rate: int = 0,
        block: int = 0,
        exclusive: bool = False,
        midi: Callable[[], Sequence[Event]] = tuple,
    ) -> None:
        """Open, without a sound yet.

        Args:
            device: where the designer listens; "" the system's default, or nowhere where `daw` is named.
            daw: where the DAW records from, "" nowhere. Where it is the same as `device`, it is the DAW's alone.
            host_api: of both, "" any; `daw` is looked for elsewhere too, where it is not among that one's.
            rate: Hz; 0 takes the device's own.
            block: frames; 0 lets the device choose, and vary.
            exclusive: without the system's mixer, where there is such a mode (WASAPI).
            midi: called in the audio thread once a block; the events since the last call, all with offset 0.

        Raises:
            NoDevice: it cannot be opened; the text says what to do.
        """
        monitor, to_daw = _found(device, daw, host_api)
        clock, follower = (monitor, to_daw) if monitor else (to_daw, None)
        assert clock is not None
        self.device = monitor.device.name if monitor else ""
        self.daw = to_daw.device.name if to_daw else ""
        self.rate, self.block = rate or clock.device.rate, block
        self.faults, self.remark = 0, ""
        self._midi = midi
        self._render: Render = _nothing_yet
        self._late, self._ended, self._started = 0, False, False
        self._watched = [way.watched for way in (clock, follower) if way is not None and way.watched]
        self._looked = time.monotonic()
        self._bridges: list[DriftBridge] = []
        self._streams: list[Any] = []
        try:
            channels = min(2, clock.device.outputs) if monitor else _channels(clock)
            self._open(clock, channels, self.rate, exclusive, self._play)
            if follower is not None:
                self._open_follower(follower, exclusive)
        except NoDevice:
            self.stop()
            raise
        self.latency = round(self._streams[0].latency * self.rate)

    def start(self, render: Render) -> None:
        """Begin to call `render`."""
        self._render = render
        for stream in self._streams:
            with pa.told("The output", pa.load()):
                stream.start()
        self._started = True

    def alive(self) -> bool:
        """Whether no device has reported its end, nor the sound server that one of its outputs is gone.

        A JACK server that dies says nothing here: the calls stop, so watch the beat as well.
        """
        if self._ended or (self._started and not all(stream.active for stream in self._streams)):
            return False
        if self._watched and time.monotonic() - self._looked > _LOOK_SECONDS:
            self._looked = time.monotonic()
            self._ended = not all(map(soundserver.has_sink, self._watched))
        return not self._ended

    def underruns(self) -> int:
        """Late blocks of either device, and how often the bridge ran dry or over."""
        return self._late + sum(bridge.underruns + bridge.overruns for bridge in self._bridges[:1])

    def stop(self) -> None:
        """Let the devices go. Hangs where a JACK server died under PortAudio: the supervisor ends the process."""
        for stream in self._streams:
            pa.close(stream)
        self._streams = []

    # ── on the audio threads ──────────────────────────────────────────────────────────────────────────────────

    def _play(self, out: NDArray[np.float32], frames: int, _time: Any, status: Any) -> None:
        """The clock's callback. out: (frames, channels)."""
        if status.output_underflow:
            self._late += 1
        try:
            events: Sequence[Event] = self._midi()
            for first in range(0, frames, MOST_FRAMES):
                part = out[first : first + MOST_FRAMES]
                buses = self._render(len(part), events)
                _interleave((buses.monitor,) if self.device else tuple(buses.outputs), part)
                for bridge, bus in zip(self._bridges, buses.outputs, strict=False):
                    bridge.write(bus)
                events = ()
        except Exception:  # noqa: BLE001 (it would end the audio for good)
            out.fill(0)
            self.faults += 1

    def _follow(self, out: NDArray[np.float32], frames: int, _time: Any, status: Any) -> None:
        """The follower's callback."""
        if status.output_underflow:
            self._late += 1
        try:
            for first in range(0, frames, MOST_FRAMES):
                part = out[first : first + MOST_FRAMES]
                pairs = tuple(self._scratch[:, : len(part)])
                for bridge, pair in zip(self._bridges, pairs, strict=True):
                    bridge.read(pair)
                _interleave(pairs, part)
        except Exception:  # noqa: BLE001 (it would end the audio for good)
            out.fill(0)
            self.faults += 1

    # ── opening ───────────────────────────────────────────────────────────────────────────────────────────────

    def _open_follower(self, way: Way, exclusive: bool) -> None:
        """At the clock's rate where the device has it, else at its own: the bridge turns one into the other.

        A device asks for several blocks at once, as many as it holds: at 128 frames PipeWire takes 512 together.
        So the bridge holds what both devices do; with 10 ms it ran dry eight times a second (measured).
        """
        channels = _channels(way)
        rate = self.rate if _has_rate(way, channels, self.rate) else way.device.rate
        if rate != self.rate:
            self.remark = f"{way.device.name} runs at {rate} Hz, so the sound is resampled on its way there."
        self._open(way, channels, rate, exclusive, self._follow)
        held, pairs = 1000 * sum(stream.latency for stream in self._streams), max(1, channels // 2)
        self._bridges = [DriftBridge(self.rate, rate, self.block or MOST_FRAMES, held) for _ in range(pairs)]
        self._scratch: Stereo = np.zeros((pairs, MOST_FRAMES), np.complex64)

    def _open(self, way: Way, channels: int, rate: int, exclusive: bool, callback: Callable[..., None]) -> None:
        stream = pa.open_output(
            way.device.name,
            way.index,
            way.environment,
            callback,
            self._finished,
            samplerate=rate,
            blocksize=self.block,
            channels=channels,
            latency="low",
            extra_settings=_settings(way, exclusive),
        )
        self._streams.append(stream)

    def _finished(self) -> None:
        self._ended = True


def _found(device: str | Way, daw: str | Way, host_api: str) -> tuple[Way | None, Way | None]:
    """The ways of monitor and DAW, one at least. Two streams into one device would be heard twice."""
    there = ways(refresh=True) if isinstance(device, str) or isinstance(daw, str) else ()

    def way(wanted: str | Way, api: str) -> Way:
        return wanted if isinstance(wanted, Way) else choose(wanted, api, there)

    elsewhere = isinstance(daw, str) and (daw, host_api) not in {(w.device.name, w.device.host_api) for w in there}
    to_daw = way(daw, "" if elsewhere else host_api) if daw else None
    monitor = way(device, host_api) if device or not daw else None
    return (None if monitor and to_daw and monitor.key == to_daw.key else monitor), to_daw


def _channels(way: Way) -> int:
    """Whole pairs, as many as both the device and a kit have; 1 of a device that has no pair."""
    return min(way.device.outputs // 2, PAIRS) * 2 or 1


def _interleave(pairs: Sequence[Stereo], out: NDArray[np.float32]) -> None:
    """Pairs of (frames,), left in the real part, into (frames, channels); one channel gets the mean of both."""
    channels = out.shape[1]
    if channels == 1:
        np.add(pairs[0].real, pairs[0].imag, out=out[:, 0])
        out *= 0.5
        return
    used = min(len(pairs), channels // 2)
    for number in range(used):
        out[:, 2 * number : 2 * number + 2] = pairs[number].view(np.float32).reshape(-1, 2)
    out[:, 2 * used :] = 0


def _has_rate(way: Way, channels: int, rate: int) -> bool:
    """Whether the device takes that rate; the outputs of a sound server take any, and resample themselves."""
    if rate == way.device.rate:
        return True
    if way.environment:
        return False
    library = pa.load()
    try:
        library.check_output_settings(device=way.index, channels=channels, dtype="float32", samplerate=rate)
    except (library.PortAudioError, ValueError):
        return False
    return True


def _settings(way: Way, exclusive: bool) -> Any:
    """What WASAPI wants to hear, None for other host APIs."""
    if not exclusive or way.device.host_api != "Windows WASAPI":
        return None
    return pa.load().WasapiSettings(exclusive=True)


def _nothing_yet(frames: int, events: Sequence[Event]) -> Buses:
    raise NoDevice(f"Asked for {frames} frames and {len(events)} events before the start.")
