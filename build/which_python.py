"""The Python that Onetake runs on: the current one if it fits, else another that is found, else a sentence.

Why it is written in the Python of 2016: it has to run on a Python that is too old in order to say so.
Everything newer is imported only after `ensure` has returned.
"""

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
# 3.11 comes first because it is the version that the checks run on.
NAMES = ("python3.11", "python3.12", "python3.13")
LAUNCHER_FLAGS = ("-3.11", "-3.12", "-3.13")
DESCRIBE = "import sys; print(sys.version_info[0], sys.version_info[1], int(sys.maxsize > 2**32), sys.executable)"

SENTENCE = """\
Onetake needs a 64-bit Python 3.11, 3.12 or 3.13. This one is Python {version}{bits} ({path}),
and none of python3.11, python3.12, python3.13 was found on PATH.
To get one:
    Debian 12, Ubuntu 24.04 or newer   sudo apt-get install python3 python3-venv
    macOS                              brew install python@3.12
    Windows                            winget install Python.Python.3.12
    anywhere                           https://www.python.org/downloads/
Then start the same command again with it."""


def fits(major: int, minor: int, bits64: bool) -> bool:
    """Whether PyTorch and the project support such a Python."""
    return OLDEST <= (major, minor) <= NEWEST and bits64


def candidates() -> "list[list[str]]":
    """Commands that may start a Python that fits, best first."""
    found = [[path] for path in map(shutil.which, NAMES) if path]
    launcher = shutil.which("py") if sys.platform == "win32" else None
    if launcher:
        found += [[launcher, flag] for flag in LAUNCHER_FLAGS]
    return found


def path_if_fits(command: "list[str]") -> str:
    """The path of the Python that `command` starts, or "" if it does not start or does not fit."""
    try:
        # A version manager leaves stand-ins on PATH that exist and then fail: only running one tells.
        output = subprocess.check_output([*command, "-c", DESCRIBE], stderr=subprocess.DEVNULL, timeout=20)
        major, minor, bits64, path = output.decode("utf-8", "replace").strip().split(" ", 3)
        return path if fits(int(major), int(minor), bits64 == "1") else ""
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""


def sentence() -> str:
    """What to do when there is no Python that fits."""
    bits = "" if sys.maxsize > 2**32 else ", 32-bit"
    version = ".".join(str(part) for part in sys.version_info[:3])
    return SENTENCE.format(version=version, bits=bits, path=sys.executable)


def ensure() -> None:
    """Return if this Python fits; else start the command with one that does, or leave with a sentence."""
    if fits(sys.version_info[0], sys.version_info[1], sys.maxsize > 2**32):
        return
    for command in candidates():
        path = path_if_fits(command)
        if path:
            start_again_with(path)
    sys.exit(sentence())


def start_again_with(path: str) -> None:
    """Run the current command line with the Python at `path` in place of this one."""
    command = [path, *sys.argv]
    if sys.platform == "win32":
        # exec on Windows gives the prompt back before the new program has ended.
        sys.exit(subprocess.call(command))
    os.execv(path, command)  # noqa: S606 (no shell is the point)
