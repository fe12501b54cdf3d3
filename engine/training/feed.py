"""Chunks of training data in order, made by worker processes beside the training.

Worker w of W makes chunks w, w + W, w + 2W and so on, and they are taken in turn: chunk 7 is chunk 7 however
many workers there are and whichever is ahead. Each makes a chunk when it is told to, two ahead of what has been
taken. A worker that dies closes its pipe, which is noticed at once; one that fails says why. A chunk travels as a
safetensors file of its own, read in one go: a quarter of a gigabyte through a pipe would be 4,000 small reads that
compete with the training for the interpreter.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread
from types import TracebackType

import torch
from safetensors.torch import load, save
from torch import Tensor

from engine.errors import EngineError

Chunk = dict[str, Tensor]
"""Named tensors of one chunk, on the CPU."""

Maker = Callable[[int], Chunk]
"""Chunk number to chunk; depends on the number alone."""

Factory = Callable[[], Maker]
"""Makes a maker inside its process, where networks are loaded; must be picklable."""

_AHEAD = 2
_FAILED = b"failed"
_CHUNK = b"chunk"
_MAKE = b"make"


class WorkerDied(EngineError):
    """A process that makes training data ended or failed; training stops with a checkpoint."""


class Feed:
    """Chunks first, first + 1, ... Use it as a context manager: leaving it ends the workers."""

    def __init__(self, factory: Factory, first: int, workers: int) -> None:
        """Start the workers; with none of them chunks are made in this process when they are asked for."""
        self._at = first
        self._maker = factory() if workers == 0 else None
        self._folder = _folder() if workers else None
        self._workers = [
            _Worker(factory, first + w, workers, w, Path(self._folder.name))
            for w in range(workers)
            if self._folder
        ]
        self._first = first

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def at(self) -> int:
        """The chunk that comes next."""
        return self._at

    def ready(self) -> bool:
        """Whether the next chunk has been made already."""
        return self._maker is not None or self._next_worker().ready()

    def take(self) -> Chunk:
        """The next chunk; waits until it is made.

        Raises:
            WorkerDied: the process that should have made it ended or failed; says why.
        """
        chunk = self._maker(self._at) if self._maker is not None else self._next_worker().take()
        self._at += 1
        return chunk

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.close()
        self._workers = []
        if self._folder is not None:
            self._folder.cleanup()

    def _next_worker(self) -> _Worker:
        return self._workers[(self._at - self._first) % len(self._workers)]


class _Worker:
    """A process that makes every W-th chunk, and the thread that reads what it made."""

    def __init__(self, factory: Factory, first: int, stride: int, number: int, folder: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._folder = folder
        self._process = spawn.Process(
            target=_work,
            args=(factory, first, stride, folder, theirs),
            name=f"onetake-corpus-{number}",
            daemon=True,
        )
        self._process.start()
        theirs.close()  # else the pipe would stay open when the worker dies
        for _ in range(_AHEAD):
            self._pipe.send_bytes(_MAKE)
        self._made: Queue[Chunk | str] = Queue()
        self._reader = Thread(target=self._read, name=f"onetake-feed-{number}", daemon=True)
        self._reader.start()

    def ready(self) -> bool:
        """Whether `take` would return, or raise, at once."""
        return not self._made.empty()

    def take(self) -> Chunk:
        """The next chunk of this worker."""
        made = self._made.get()
        if isinstance(made, str):
            self._made.put(made)
            raise WorkerDied(made)
        with contextlib.suppress(OSError):  # it has died since: the next chunk tells
            self._pipe.send_bytes(_MAKE)
        return made

    def close(self) -> None:
        """End the process and the thread."""
        self._process.kill()
        self._reader.join()
        self._process.join()
        self._pipe.close()
        self._process.close()

    def _read(self) -> None:
        while True:
            made = self._received()
            self._made.put(made)
            if isinstance(made, str):
                return

    def _received(self) -> Chunk | str:
        try:
            kind, told = self._pipe.recv_bytes(), self._pipe.recv_bytes()
        except (EOFError, OSError):
            self._process.join()
            return (
                f"{self._process.name}, which makes training data, ended with status {self._process.exitcode}: it "
                "was killed, or memory ran out. Resume the run, with fewer --workers if it happens again."
            )
        if kind == _FAILED:
            return f"{self._process.name} failed to make training data: {told.decode()}"
        path = self._folder / told.decode()
        chunk = load(path.read_bytes())
        path.unlink()
        return chunk


def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="onetake-chunks-", ignore_cleanup_errors=True)


def _work(factory: Factory, first: int, stride: int, folder: Path, pipe: Connection) -> None:
    """A worker's whole life: until it is killed, or the pipe's other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the training's own affair, which then ends us
    torch.set_num_threads(1)
    torch.set_grad_enabled(mode=False)
    with contextlib.suppress(BrokenPipeError, EOFError):
        try:
            maker, number = factory(), first
            while pipe.recv_bytes() == _MAKE:
                name = f"{number}.chunk"
                (folder / name).write_bytes(save(maker(number)))
                _tell(pipe, _CHUNK, name)
                number += stride
        except (BrokenPipeError, EOFError):
            raise
        except Exception:  # noqa: BLE001 (the border of a process: whatever it is, the training tells it)
            _tell(pipe, _FAILED, traceback.format_exc())


def _tell(pipe: Connection, kind: bytes, words: str) -> None:
    pipe.send_bytes(kind)
    pipe.send_bytes(words.encode())
