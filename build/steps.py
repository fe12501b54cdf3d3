"""How set-up talks and runs things: one line a step, output in a log, a sentence when something fails.

Why a log: pip prints hundreds of lines that matter only if it fails; then the last ones and a hint are shown.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TAIL_LINES = 15

# (what a log says, what to do about it): the first row found wins, so causes stand before consequences.
HINTS = (
    (
        "No space left on device",
        "The disk is full: free 2 GB (8 GB with an NVIDIA GPU), then run the same command again.",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "A proxy replaces certificates here: tell pip its certificate (PIP_CERT=file), then try again.",
    ),
    (
        "establish a new connection",
        "The package index cannot be reached: check the network or HTTPS_PROXY, then try again.",
    ),
    (
        "Temporary failure in name resolution",
        "There is no network (no name resolution): connect, then try again.",
    ),
    ("Read timed out", "The network is too slow or broke off: try again; what has arrived is kept."),
    ("Connection broken", "The network broke off: try again; what has arrived is kept."),
    (
        "Permission denied",
        "Some files here belong to someone else: give this folder to your user, delete .venv, try again.",
    ),
    (
        "No matching distribution found for torch",
        "PyTorch has no build for this system, processor and Python (Intel Macs: none).",
    ),
    (
        "No matching distribution",
        "A package in the needed version is not to be had: check the network, pip's configuration.",
    ),
)
OTHERWISE = "Try again; if it fails the same way, delete .venv and try once more."


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do next."""


def say(line: str) -> None:
    """Tell the person at the keyboard, on stderr: stdout belongs to the command that follows."""
    print(f"onetake: {line}", file=sys.stderr, flush=True)


def hint(log_text: str) -> str:
    """What to do about a failure that left this text in the log."""
    return next((advice for sign, advice in HINTS if sign in log_text), OTHERWISE)


@dataclass
class Runner:
    """Runs the commands of set-up, with their output in one log file.

    `keep_open` are descriptors that every command inherits: the set-up lock is one, so that the lock lasts as
    long as a pip that outlives a killed parent.
    """

    log: Path
    folder: Path
    keep_open: tuple[int, ...] = ()
    last_output: str = ""

    def run(self, command: Sequence[str | Path], **environment: str) -> bool:
        """Run a command to its end; True if it succeeded. If this is interrupted, so is the command."""
        windows = sys.platform == "win32"
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **environment},
                pass_fds=() if windows else self.keep_open,
                process_group=None if windows else 0,
            )
            try:
                process.wait()
            finally:
                end(process)
        with self.log.open("rb") as log:
            log.seek(start)
            self.last_output = log.read().decode("utf-8", "replace")
        return process.returncode == 0

    def ask(self, command: Sequence[str | Path]) -> str:
        """What a command prints, stripped, or "" if it fails or cannot be started."""
        try:
            done = subprocess.run(
                list(command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                cwd=self.folder,
                check=False,
            )
        except OSError:
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    def failure(self, what: str) -> SetupError:
        """The error to raise after `run` was False: the last lines of output and what to do."""
        tail = self.last_output.strip().splitlines()[-TAIL_LINES:]
        shown = "".join(f"    {line}\n" for line in tail)
        return SetupError(f"{what}:\n{shown}{hint(self.last_output)}\n(All of it: {self.log})")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command that may still be running, with all that it has started: pip starts pip to make pip."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            # SIGINT first: pip then takes away its temporary folders, which hold gigabytes.
            with suppress(OSError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(5)
    process.wait()
