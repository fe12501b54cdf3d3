"""The Debian packages that Onetake needs beside Python: a table, installed if allowed, else told in one line.

Why a table: what a machine has to have is to be read in one place, with its reason; a new need is a new row.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

from steps import Runner, SetupError, say


@dataclass(frozen=True)
class Package:
    """One row: without a required package set-up stops, without any other it says so and goes on."""

    name: str
    why: str
    required: bool
    needed: Callable[[], bool] = lambda: True
    extra: str = ""  # the extra of pyproject.toml that needs it; "" is everybody


def lacks_ensurepip() -> bool:
    """Whether this Python cannot put pip into a virtual environment, as Debian's cannot by itself."""
    return importlib.util.find_spec("ensurepip") is None


def has_library(name: str) -> bool:
    """Whether a shared library can be loaded, whichever package brought it (PipeWire brings a libjack too)."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


PACKAGES = (
    Package(
        # The package by its version serves a second Python too; python3-venv stands for the default one only.
        name=f"python3.{sys.version_info.minor}-venv",
        why="makes .venv",
        required=True,
        needed=lacks_ensurepip,
    ),
    Package("libportaudio2", "plays sound", required=False),  # the wheel of sounddevice carries none on Linux
    Package("libjack-jackd2-0", "plays sound under JACK", False, lambda: not has_library("libjack.so.0")),
    Package("gcc", "compiles the inner loop of the audio callback", False, lambda: not shutil.which("cc")),
    Package("libc6-dev", "links it", False, lambda: not shutil.which("cc")),
    *(
        Package(name, "the tests use the real thing", required=True, extra="test")
        for name in (
            "jackd2",
            "jack-tools",
            "dbus",
            "pipewire",
            "wireplumber",
            "pipewire-pulse",
            "pipewire-alsa",
            "pipewire-jack",
            "pulseaudio-utils",
            "libasound2-plugins",
            "ardour",
            "xvfb",
            "xauth",
            "xdotool",
            "openbox",
            "xsettingsd",
            "libxcb-icccm4",
            "libxcb-keysyms1",
            "libxcb-cursor0",
            "zam-plugins",
            "dpf-source",
            "g++",
            "polyphone",
            "fluidsynth",
            "lmms",
        )
    ),
)


def is_debian() -> bool:
    """Whether there is a Debian package manager (Debian, Ubuntu, Mint and the like)."""
    return bool(shutil.which("dpkg-query") and shutil.which("apt-get"))


def missing(packages: tuple[Package, ...], runner: Runner) -> tuple[Package, ...]:
    """The packages that are needed here and not installed."""
    status = ("dpkg-query", "-W", "-f", "${Status}")
    return tuple(p for p in packages if p.needed() and runner.ask([*status, p.name]) != "install ok installed")


def provide(runner: Runner, extras: Collection[str] = (), packages: tuple[Package, ...] = PACKAGES) -> None:
    """Install what is missing if this is root on Debian, else say the one line to run. extras: those asked for."""
    wanted = tuple(package for package in packages if not package.extra or package.extra in extras)
    lacking = missing(wanted, runner) if is_debian() else ()
    if not lacking:
        return
    names = [package.name for package in lacking]
    say("Debian packages needed: " + ", ".join(f"{p.name} ({p.why})" for p in lacking))
    if sys.platform != "win32" and os.geteuid() == 0 and apt_install(names, runner):
        return
    line = f"sudo apt-get install -y {' '.join(names)}"
    if any(package.required for package in lacking):
        raise SetupError(f"Run this line, then the same command again:\n    {line}")
    say(f"going on without; to have them, run:  {line}")


def apt_install(names: list[str], runner: Runner) -> bool:
    """Install packages as root; a fresh machine has no package lists, so after a failure they are fetched."""
    say(f"Installing {' '.join(names)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    if runner.run(install, **quiet):
        return True
    return runner.run(["apt-get", "update"], **quiet) and runner.run(install, **quiet)
