"""What the tests of set-up share: its modules, and a runner that records instead of installing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# build/ is no package and is not to stay on the path; once loaded here, the tests find its modules by name.
sys.path.insert(0, str(ROOT / "build"))
try:
    import check_table  # noqa: F401
    import debian
    import setup_env
    import steps
    import torch_choice
    import which_python  # noqa: F401
finally:
    sys.path.remove(str(ROOT / "build"))


class Recorder(steps.Runner):
    """Runs nothing but records it; `fails` and `interrupts` are words of commands that end that way."""

    commands: list[str]
    fails: dict[str, str]
    interrupts: str
    torch: str

    def __init__(self, place: setup_env.Place) -> None:
        super().__init__(place.venv / "setup.log", place.root)
        self.commands, self.fails, self.interrupts, self.torch = [], {}, "", ""

    def run(self, command: Sequence[str | Path], **environment: str) -> bool:
        """Record a command; an environment is really made."""
        line = " ".join(map(str, command))
        self.commands.append(line)
        if self.interrupts and self.interrupts in line:
            raise KeyboardInterrupt
        failing = [text for word, text in self.fails.items() if line.endswith(word)]
        self.last_output = failing[0] if failing else "2.13.0+cpu False"
        if "-m venv" in line:
            new_environment(Path(command[-1]).parent)
        return not failing

    def ask(self, command: Sequence[str | Path]) -> str:
        """Answer as if there were such a PyTorch and a Python 3.12."""
        line = " ".join(map(str, command))
        if "metadata" in line:
            return self.torch
        return "3 12" if "import pip" in line else ""

    def said(self, word: str) -> list[str]:
        """The commands with this word."""
        return [line for line in self.commands if word in line]


def new_environment(root: Path) -> None:
    """A real environment with what looks like a pip."""
    venv.create(root / ".venv", symlinks=True)
    site = next(iter(setup_env.site_packages(setup_env.Place(root))))
    (site / "pip-1.dist-info").mkdir()
    (site / "pip-1.dist-info" / "RECORD").touch()


@pytest.fixture
def make_environment() -> Callable[[Path], None]:
    """`new_environment`, for tests."""
    return new_environment


@pytest.fixture
def program() -> Callable[[Path, str], None]:
    """Writes a program: a shell script that can be started."""

    def write(path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def place(tmp_path: Path) -> setup_env.Place:
    """A folder with a pyproject.toml and nothing else."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return setup_env.Place(tmp_path)


@pytest.fixture
def runner(place: setup_env.Place, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What set-up runs things with in this test."""
    recorder = Recorder(place)
    monkeypatch.setattr(setup_env, "Runner", lambda *_: recorder)
    monkeypatch.setattr(torch_choice, "nvidia_gpu", lambda: "none")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(debian, "is_debian", lambda: False)
    return recorder


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting any process fails the test."""

    def refuse(*arguments: object, **_: object) -> None:
        pytest.fail(f"started {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "execv", refuse)
