"""What playing costs: a callback by its voices, from a note to its sound, a restart, memory for a minute of sound.

The last three run the real audio process under a JACK server of their own with a dummy device, where jackd is
installed; the callback is measured without one, as a pure call.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np
import psutil

from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.desk import Desk
from plugin_bridge.audio.mixer import Mixer
from plugin_bridge.audio.protocol import Event, KitReady, Loaded, Opened, Output, State, Welcome
from plugin_bridge.audio.voices import Start
from presets.export import wav
from presets.schema import Kit, Zone
from presets.sound import Sound

RATE, BLOCK = 48_000, 128
VOICES = (1, 8, 32, 64, 128)
SERVER = "onetake-bench"


def measure(callbacks: int = 20_000) -> dict[str, object]:
    """Every figure of playing, by name. callbacks: of each number of voices."""
    figures: dict[str, object] = {}
    baseline = bare_callback(callbacks)
    figures["bare_callback_us"] = round(baseline, 2)
    for voices in VOICES:
        p50, p99 = mixed(voices, callbacks)
        figures[f"mix_{voices}_voices_us_p50"], figures[f"mix_{voices}_voices_us_p99"] = round(p50), round(p99)
    figures["mix_64_voices_share_of_block"] = round(
        float(str(figures["mix_64_voices_us_p50"])) / (1e6 * BLOCK / RATE), 3
    )
    if shutil.which("jackd") is None:
        return figures
    with tempfile.TemporaryDirectory() as folder, jack_server():
        return {**figures, **process(Path(folder))}


def bare_callback(callbacks: int) -> float:
    """Microseconds of what any callback does: copy a block of stereo and multiply it."""
    source, out = np.ones((BLOCK, 2), np.float32), np.zeros((BLOCK, 2), np.float32)
    seconds = []
    for _ in range(callbacks):
        began = time.perf_counter()
        np.multiply(source, np.float32(0.5), out=out)
        seconds.append(time.perf_counter() - began)
    return 1e6 * median(seconds)


def mixed(voices: int, callbacks: int) -> tuple[float, float]:
    """Microseconds, p50 and p99, of a whole callback with pitched voices: mixer, monitor, limiter, meters."""
    draw = np.random.default_rng(voices)
    pool = (draw.standard_normal((60 * RATE, 2)).astype(np.float32) * 0.01).view(np.complex64)[:, 0]
    mixer = Mixer(RATE, pool, voices)
    for _ in range(voices):
        first, step = int(draw.integers(8, 5 * RATE)), float(draw.uniform(0.5, 2.0))
        mixer.voices.start(Start(first=first, length=10 * RATE, loop=10 * RATE, step=step), 0)
    seconds = np.zeros(callbacks)
    for number in range(callbacks):
        began = time.perf_counter()
        mixer(BLOCK, ())
        seconds[number] = time.perf_counter() - began
    assert not mixer.meters.faults
    p50, p99 = np.percentile(1e6 * seconds, (50, 99))
    return float(p50), float(p99)


@contextlib.contextmanager
def jack_server() -> Iterator[None]:
    """A JACK server of our own, with a dummy device."""
    command = f"jackd -n {SERVER} -R -P 70 -t 2000 -d dummy -r {RATE} -p {BLOCK}".split()
    quiet = subprocess.DEVNULL
    environment = {"JACK_DEFAULT_SERVER": SERVER, "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
    with mock.patch.dict(os.environ, environment):
        server = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            wait_for_jack()
            yield
        finally:
            server.terminate()
            server.wait()


def wait_for_jack() -> None:
    """Until clients may come."""
    for _ in range(100):
        if subprocess.run(["jack_lsp"], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError("jackd did not start")


class Ears:
    """An audio process and what it tells."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.state = State(open=False, beat=0)
        self.client = AudioClient(self._hear)

    def _hear(self, news: Event) -> None:
        if isinstance(news, State):
            self.state = news
        else:
            self.events.put(news)

    def wait(self, kind: type[Event]) -> float:
        """Until such an event; returns when that was."""
        while not isinstance(self.events.get(timeout=30), kind):
            pass
        return time.perf_counter()


def process(folder: Path) -> dict[str, object]:
    """The figures of the real process."""
    ears = Ears()
    try:
        ears.client.open(Output(driver="jack"))
        ears.wait(Opened)
        before = psutil.Process(ears.client.pid).memory_info().rss
        minute = write_noise(folder / "minute.wav", 60.0)
        ears.client.load("minute", minute)
        ears.wait(Loaded)
        after = psutil.Process(ears.client.pid).memory_info().rss
        take = write_noise(folder / "take.wav", 3.0)
        loads = [load_to_ready(ears, take) for _ in range(20)]
        ears.client.load("hit", write_noise(folder / "hit.wav", 0.05))
        ears.wait(Loaded)
        ears.client.use_kit(Kit(name="bench", zones=(Zone(take="hit", low=36, high=36, root=36),)))
        ears.wait(KitReady)
        return {
            "memory_mb_a_minute": round((after - before) / 1e6, 1),
            "load_3_s_to_note_ms": round(1000 * load_to_note(folder), 1),
            "load_3_s_and_loudness_ms": round(1000 * median(loads), 1),
            "note_to_sound_frames": note_to_sound(),
            "restart_to_sound_s": round(median(restart(ears) for _ in range(3)), 2),
            "idle_core_percent_audio": idle(ears),
        }
    finally:
        ears.client.close()


def write_noise(path: Path, seconds: float) -> Path:
    """A stereo WAV at the device's rate."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, int(seconds * RATE))).astype(np.float32)
    wav.write(path, Sound(samples, RATE), depth="32f")
    return path


def load_to_ready(ears: Ears, path: Path) -> float:
    """Seconds from Load to Loaded, which tells the loudness as well."""
    began = time.perf_counter()
    ears.client.load("take", path)
    return ears.wait(Loaded) - began


def load_to_note(folder: Path) -> float:
    """Seconds until a kit plays a take as the engine makes it (3 s, 44.1 kHz): read, resampled, copied, mapped."""
    path = folder / "engine.wav"
    samples = np.random.default_rng(4).uniform(-0.5, 0.5, (1, 3 * 44_100)).astype(np.float32)
    wav.write(path, Sound(samples, 44_100), depth="32f")
    desk = Desk(RATE, 256)
    seconds = []
    for _ in range(50):
        desk.use_kit(Kit(name="load", zones=(Zone(take="take", low=1, high=1, root=1),)))
        began = time.perf_counter()
        desk.load("take", path)
        seconds.append(time.perf_counter() - began)
        desk.mixer(BLOCK, ())
        desk.sweep()
    return median(seconds)


def note_to_sound() -> int:
    """The most frames by which a sound came later than its note, over 50 notes of independent JACK clients."""
    code = [sys.executable, str(Path(__file__).with_name("bench_note.py"))]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    return int(done.stdout)


def restart(ears: Ears) -> float:
    """Seconds from a kill until the kit can be played again."""
    os.kill(ears.client.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    began = time.perf_counter()
    ears.wait(Welcome)
    return ears.wait(KitReady) - began


def idle(ears: Ears, seconds: float = 5.0) -> float:
    """Per cent of a core that the process takes while nothing plays."""
    audio = psutil.Process(ears.client.pid)
    before = sum(audio.cpu_times()[:2])
    time.sleep(seconds)
    return round(100 * (sum(audio.cpu_times()[:2]) - before) / seconds, 1)
