"""Makes .venv with all that pyproject.toml asks for; once that is done, notices it in milliseconds.

Why by hand: a fresh machine has a Python and nothing else, PyTorch has to be chosen by the hardware before
pip chooses (torch_choice.py), and any step may be interrupted at any time.

    ready ── stamp fits ──────────────────────────────────────────────► .venv/bin/python
      └─ lock ─► Debian packages ─► .venv ─► PyTorch ─► pip install -e . ─► try it ─► stamp

The stamp holds a fingerprint of everything that set-up depends on. It is written last, so an interrupted
set-up has none that fits, and the next run goes through the steps again; those that are done cost little.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import debian
import torch_choice
import which_python
from steps import Runner, SetupError, say

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HERE = Path(__file__).resolve().parent
KERNEL = tuple(HERE.parent / "plugin_bridge" / "audio" / name for name in ("kernel.h", "kernel.c", "block.c"))
CODE = ("debian.py", "hatch_build.py", "setup_env.py", "steps.py", "torch_choice.py", "which_python.py")
KEPT_WHEN_CLEARED = ("setup.lock", "setup.log")
TRY_TORCH = "import torch; print(torch.__version__, torch.cuda.is_available())"
TORCH_VERSION = "import importlib.metadata as m; print(m.version('torch'))"
PYTHON_VERSION = "import pip, sys; print(sys.version_info.major, sys.version_info.minor)"


@dataclass(frozen=True)
class Place:
    """A copy of the repository and the paths of its environment."""

    root: Path = HERE.parent

    @property
    def venv(self) -> Path:
        """The environment's folder."""
        return self.root / ".venv"

    @property
    def bin(self) -> Path:
        """The folder of the environment's programs."""
        return self.venv / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.bin / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def pyproject(self) -> Path:
        """What is to be installed."""
        return self.root / "pyproject.toml"


@dataclass(frozen=True)
class Stamp:
    """What an earlier set-up left: its fingerprint ("" while it was at work), folder and extras."""

    fingerprint: str = ""
    root: str = ""
    extras: frozenset[str] = frozenset()


def ready(extras: Iterable[str] = (), place: Place | None = None) -> Path:
    """Make sure the environment is there with these extras of pyproject.toml; returns its Python.

    Raises:
        SetupError: with what to do next.
    """
    place = place or Place()
    wanted = frozenset(extras)
    try:
        if is_ready(place, wanted):
            return place.python
        with lock(place) as descriptor:
            # Whoever held the lock may have done it all.
            if not is_ready(place, wanted):
                keep_open = (descriptor,)
                install(place, wanted, Runner(place.venv / "setup.log", place.root, keep_open))
    except OSError as problem:
        raise SetupError(
            f"{problem}. Onetake writes to {place.venv}: make that possible, then try again."
        ) from problem
    return place.python


def ready_or_exit(extras: Iterable[str] = ()) -> Path:
    """Like `ready`, for a program's first line: a failure ends the program with its sentence."""
    # Ended in any other way than Ctrl-C, Python would leave a running pip behind.
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # nohup has SIGHUP ignored, and means it.
    taken = [number for number in signals if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        return ready(extras)
    except SetupError as problem:
        say(str(problem))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Interrupted. The same command goes on from here.")
        sys.exit(130)
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def interrupt(number: int, frame: object) -> None:
    """Make a signal that ends programs into a Ctrl-C."""
    raise KeyboardInterrupt


def install(place: Place, wanted: frozenset[str], runner: Runner) -> None:
    """All the steps, in order; each is skipped where it is done."""
    started = time.monotonic()
    before = read_stamp(place)
    debian.provide(runner, wanted)
    if not is_usable(place, before, runner):
        make_venv(place, runner)
    write_stamp(place, Stamp(root=str(place.root), extras=before.extras))
    forget_half_installed(place)
    install_torch(place, runner)
    extras = wanted | before.extras
    install_project(place, extras, runner)
    said = try_it(place, runner)
    write_stamp(place, Stamp(fingerprint(place), str(place.root), extras))
    say(f"Ready in {time.monotonic() - started:.0f} s: {said}")


def is_ready(place: Place, wanted: frozenset[str]) -> bool:
    """Whether an earlier set-up still holds; looks at files only and starts nothing."""
    stamp = read_stamp(place)
    if not stamp.fingerprint or not wanted <= stamp.extras or not has_python(place):
        return False
    return stamp.fingerprint == fingerprint(place)


def fingerprint(place: Place) -> str:
    """A hash of everything that set-up depends on: pyproject.toml, this code, the kernel, Python, the folder."""
    digest = hashlib.sha256(str(place.root).encode())
    for path in (place.pyproject, place.venv / "pyvenv.cfg", *KERNEL, *(HERE / name for name in CODE)):
        digest.update(b"\0" + path.read_bytes())
    return digest.hexdigest()


def has_python(place: Place) -> bool:
    """Whether the environment's Python, and the one that it was made from, are still where they were."""
    if not place.python.exists():
        return False
    with suppress(OSError):
        lines = (place.venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        homes = [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == "home"]
        return bool(homes) and Path(homes[0]).is_dir()
    return False


def read_stamp(place: Place) -> Stamp:
    """The stamp of the last set-up; an empty one if there is none or it cannot be read."""
    try:
        stored = json.loads((place.venv / "setup.json").read_text(encoding="utf-8"))
        return Stamp(stored["fingerprint"], stored["root"], frozenset(stored["extras"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Stamp()


def write_stamp(place: Place, stamp: Stamp) -> None:
    """Replace the stamp in one step."""
    text = json.dumps({"fingerprint": stamp.fingerprint, "root": stamp.root, "extras": sorted(stamp.extras)})
    new = place.venv / "setup.json.new"
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(place.venv / "setup.json")


def site_packages(place: Place) -> list[Path]:
    """The environment's folders of packages."""
    return [*place.venv.glob("lib/python3*/site-packages"), *place.venv.glob("Lib/site-packages")]


def half_installed(place: Place) -> list[Path]:
    """The .dist-info folders of interrupted installations: pip writes RECORD last."""
    infos = (info for folder in site_packages(place) for info in folder.glob("*.dist-info"))
    return [info for info in infos if not (info / "RECORD").exists()]


def forget_half_installed(place: Place) -> None:
    """Make pip install again what it has not finished, which it would otherwise take for installed."""
    for info in half_installed(place):
        say(f"{info.name.removesuffix('.dist-info')} was not installed to its end; installing it again")
        shutil.rmtree(info)


def is_usable(place: Place, before: Stamp, runner: Runner) -> bool:
    """Whether there is an environment to go on with; says so if there is one that cannot be used."""
    if not (place.venv / "pyvenv.cfg").exists():
        return False
    why_not = ""
    if before.root and before.root != str(place.root):
        why_not = "was made in another folder"
    elif not has_python(place):
        why_not = "has lost its Python"
    elif not any(record for folder in site_packages(place) for record in folder.glob("pip-*.dist-info/RECORD")):
        why_not = "was not made to its end"
    else:
        answer = runner.ask([place.python, "-I", "-c", PYTHON_VERSION]).split()
        if not answer:
            why_not = "was not made to its end"
        elif not which_python.fits(int(answer[0]), int(answer[1]), True):
            why_not = f"has Python {'.'.join(answer)}"
    if why_not:
        say(f".venv {why_not}; making it anew")
    return not why_not


def make_venv(place: Place, runner: Runner) -> None:
    """Make an empty environment with pip."""
    for entry in place.venv.iterdir():
        if entry.name in KEPT_WHEN_CLEARED:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"Making .venv with Python {version} (details in {runner.log})")
    # Started by .venv's own Python, this must not be made from the folder just cleared.
    base: str = getattr(sys, "_base_executable", sys.executable)
    if not runner.run([base, "-I", "-m", "venv", place.venv]):
        raise runner.failure("Making .venv failed")


def pip_install(place: Place, runner: Runner, *arguments: str) -> bool:
    """Run `pip install` in the environment."""
    pip: list[str | Path] = [
        place.python,
        "-I",
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
    ]
    # A user's own pip configuration may ask for --user, which an environment refuses.
    return runner.run([*pip, *arguments], PIP_USER="0")


def install_torch(place: Place, runner: Runner) -> None:
    """Install the build of PyTorch that suits the machine, unless one in the project's range is there."""
    have = runner.ask([place.python, "-I", "-c", TORCH_VERSION])
    if torch_choice.in_range(have, torch_range(place)):
        return
    for attempt in torch_choice.attempts(platform.system(), torch_choice.nvidia_gpu()):
        say(attempt.says)
        if pip_install(place, runner, *attempt.pip_arguments()):
            return
        # A full disk or a broken download is no reason to fetch another, larger build.
        if not attempt.quick and "No matching distribution" not in runner.last_output:
            break
    raise runner.failure("Installing PyTorch failed")


def torch_range(place: Place) -> str:
    """The range of versions that pyproject.toml sets for torch."""
    import tomllib  # noqa: PLC0415 (takes 10 ms, and is not needed when all is ready)

    project = tomllib.loads(place.pyproject.read_text(encoding="utf-8"))["project"]
    return torch_choice.required_range(project["dependencies"])


def install_project(place: Place, extras: frozenset[str], runner: Runner) -> None:
    """Install the project itself, editable, with its dependencies."""
    target = f".[{','.join(sorted(extras))}]" if extras else "."
    say(f"Installing Onetake and what it needs{' (' + ', '.join(sorted(extras)) + ')' if extras else ''}")
    if not pip_install(place, runner, "-e", target):
        raise runner.failure("Installing Onetake failed")


def try_it(place: Place, runner: Runner) -> str:
    """Load PyTorch once, because an installed one may still not load; returns what is there, in words."""
    if not runner.run([place.python, "-I", "-c", TRY_TORCH]):
        raise runner.failure("PyTorch is installed but does not load")
    version, cuda = runner.last_output.split()[-2:]
    python = runner.ask([place.python, "-I", "-c", "import platform; print(platform.python_version())"])
    if cuda == "False" and torch_choice.nvidia_gpu() != "none":
        say("The NVIDIA GPU cannot be used by this PyTorch (often: an old driver); sounds are made on the CPU")
    return f"Python {python}, PyTorch {version}"


@contextmanager
def lock(place: Place) -> Iterator[int]:
    """Hold the right to change .venv; waits, and says so, while another run holds it."""
    place.venv.mkdir(exist_ok=True)
    with (place.venv / "setup.lock").open("ab") as file:
        if not take(file, wait=False):
            say("Another set-up is at work in this folder; waiting for its end")
            while not take(file, wait=True):
                pass
        yield file.fileno()


if sys.platform == "win32":

    def take(file: IO[bytes], wait: bool) -> bool:
        """Lock a file until it is closed; False if another process has it (when waiting: for ten seconds)."""
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:

    def take(file: IO[bytes], wait: bool) -> bool:
        """Lock a file until all processes that have it open have ended; False if another has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # Some network drives have no locks; most people start one set-up at a time.
            say("This drive has no file locks: start no second set-up meanwhile")
        return True


def main() -> None:
    """Set up without starting anything: `python3 build/setup_env.py --extra docs`."""
    parser = argparse.ArgumentParser(description="Make .venv, or bring it up to date.")
    parser.add_argument(
        "--extra", action="append", default=[], help="an extra of pyproject.toml; may be given again"
    )
    wanted = parser.parse_args().extra
    which_python.ensure()
    print(os.fspath(ready_or_exit(wanted)))


if __name__ == "__main__":
    main()
