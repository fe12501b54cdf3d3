"""Compiles the audio kernel when Onetake is installed or packed into a wheel.

Why so: the kernel is plain C without Python in it, so a C compiler is all it takes, and a wheel carries the
result for every Python of its system. Where there is no compiler the installation goes on: the mixer then uses
NumPy, which is slower, and `onetake doctor` says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "plugin_bridge/audio"
SOURCES = ("kernel.c", "block.c")
NAMES = {"win32": "_kernel.dll", "darwin": "_kernel.dylib"}
COMPILERS = ("cc", "gcc", "clang")
# Fused multiply-adds would give other results than NumPy, which is what the tests hold the kernel to.
FLAGS = ("-O3", "-std=c99", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden")


class Kernel(BuildHookInterface):  # type: ignore[misc]  # hatchling has no types here
    """Puts the compiled kernel beside its door, kernel.py."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel, or an installation of this very folder, is made."""
        if self.target_name != "wheel":
            return
        folder = Path(self.root) / FOLDER
        made = folder / NAMES.get(sys.platform, "_kernel.so")
        if not compiled([folder / name for name in SOURCES], made):
            made.unlink(missing_ok=True)  # an older one would belong to an older source
            return
        build_data["artifacts"].append(f"{FOLDER}/{made.name}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag()}"


def compiled(sources: list[Path], made: Path) -> bool:
    """Whether the library is there, made from these sources. It is replaced in one step: it may be in use."""
    compiler = os.environ.get("CC") or next((name for name in COMPILERS if shutil.which(name)), None)
    if compiler is None:
        return False
    fresh = made.with_suffix(f".{os.getpid()}.tmp")
    command = [*compiler.split(), *FLAGS, *map(str, sources), "-o", str(fresh), "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True)
        fresh.replace(made)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The audio kernel was not compiled: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        return False
    finally:
        fresh.unlink(missing_ok=True)
    return True


def platform_tag() -> str:
    """The system and processor that the library is for, as wheels name them."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
