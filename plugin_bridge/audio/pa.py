"""The door to PortAudio: loaded late, its errors told once, read anew only while nothing plays.

PortAudio is one library per process: it lists devices when it starts and never again, and starting it again ends
every open stream. So whoever opens a stream does it here, and `refresh` refuses while one is open. Nothing is
imported before it is needed (sounddevice: 0.1 to 0.3 s), and nothing here is for the audio thread.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from plugin_bridge.audio.errors import NoDevice

_MISSING = {
    "linux": "PortAudio is missing. Run this line, then start again: sudo apt-get install -y libportaudio2",
}
_BROKEN = "The audio library cannot be loaded. Install Onetake again."

_BUSY = "{device} is in use by another program, or was unplugged. Close that program, or choose another output."
_GONE = "{device} is no longer there. Plug it in again and refresh the list, or choose another output."

SENTENCES: dict[int, str] = {
    -9999: "{device} refused: {host}. Choose another output, or restart the sound system.",
    -9998: "{device} does not have so many channels. Choose another output.",
    -9997: "{device} does not run at the rate asked for. Choose its own rate, or another output.",
    -9996: _GONE,
    -9985: _BUSY,
    -9993: "{device} cannot play. Choose another output.",
    -9991: "{device} does not take blocks so large. Choose a smaller block.",
    -9990: "{device} does not take blocks so small. Choose a larger block.",
    -9984: "{device} has no exclusive mode. Switch that off.",
    -9994: "{device} does not take float samples. Choose another output.",
    -9987: "{device} does not answer. Unplug it and plug it in again, or choose another output.",
    -9979: "The audio system of {device} is gone. Choose another output.",
}
"""What PortAudio's errors mean, by PaErrorCode of portaudio.h."""

_open: set[Any] = set()


def load() -> Any:
    """The sounddevice module.

    Raises:
        NoDevice: PortAudio is missing; the text says how to get it.
    """
    if sys.platform == "win32":
        os.environ["SD_ENABLE_ASIO"] = "1"  # the wheel carries two libraries and chooses on import
    try:
        import sounddevice  # noqa: PLC0415 (see above)
    except OSError as error:
        raise NoDevice(_MISSING.get(sys.platform, _BROKEN)) from error
    return sounddevice


def refresh() -> bool:
    """Read the devices anew; False where that would end a stream that plays."""
    if _open:
        return False
    if "sounddevice" not in sys.modules:
        load()
        return True
    library = load()
    with told("The audio system", library):
        library._terminate()
        library._initialize()
    return True


def open_output(
    device: str,
    index: int,
    environment: Mapping[str, str],
    callback: Callable[..., None],
    finished: Callable[[], None],
    **settings: Any,
) -> Any:
    """A stream of float32 frames, not started.

    Args:
        device: what to call it in an error.
        index: PortAudio's number of it.
        environment: what ALSA's plug-ins are to read while it opens; they never read it again (measured with
            PipeWire 0.3.65), so two streams of one process lead to two places.
        callback: called with (frames, channels) float32 to fill, in the audio thread.
        finished: called when no more calls will come.
        settings: further ones of sounddevice.OutputStream.

    Raises:
        NoDevice: it cannot be opened.
    """
    library = load()
    with told(device, library), _set(environment):
        stream = library.OutputStream(
            device=index, dtype="float32", callback=callback, finished_callback=finished, **settings
        )
    _open.add(stream)
    return stream


def close(stream: Any) -> None:
    """Let a stream go. Hangs for ever where its JACK server died."""
    stream.abort(ignore_errors=True)
    stream.close(ignore_errors=True)
    _open.discard(stream)


@contextmanager
def told(device: str, library: Any) -> Iterator[None]:
    """Errors of PortAudio as a sentence about that device.

    Raises:
        NoDevice: with what to do.
    """
    try:
        yield
    except library.PortAudioError as error:
        raise NoDevice(_sentence(device, *error.args)) from error
    except ValueError as error:  # sounddevice's own checks
        raise NoDevice(f"{device} cannot be opened: {error}. Choose another output.") from error


def _sentence(device: str, text: str = "", code: int = 0, host: tuple[int, int, str] | None = None) -> str:
    sentence = SENTENCES.get(code, "{device} cannot be opened ({text}). Choose another output.")
    why = host[2] if host and host[2] else "no reason given"
    return sentence.format(device=device, host=why, text=text)


@contextmanager
def _set(environment: Mapping[str, str]) -> Iterator[None]:
    """The process's environment, changed for a moment."""
    before = {key: os.environ.get(key) for key in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
