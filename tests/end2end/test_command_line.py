"""The real command in a process of its own: import budgets, Ctrl-C, and the two words a newcomer types."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from presets.export.version import read_version

ONETAKE = [sys.executable, "-P", "-m", "ui"]


def onetake(*words, cwd):
    return subprocess.run([*ONETAKE, *words], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_a_bare_prompt_renders(tmp_path):
    done = onetake("deep cinematic boom", "-o", "boom.wav", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "boom.wav" in done.stdout
    assert not done.stderr
    assert read_version(tmp_path / "boom.wav").recipe.prompt.text == "deep cinematic boom"


def test_two_processes_make_the_same_bytes(tmp_path):
    for name in ("a.wav", "b.wav"):
        onetake("render", "glass bell", "--seed", "9", "--steps", "2", "-o", name, cwd=tmp_path)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("ui.__main__", "torch PyQt6 soundfile matplotlib"),
        ("engine.local", "torch rich typer"),
        ("presets.export.version", "torch typer rich engine"),
    ],
)
def test_imports_load_nothing_heavy(module, not_loaded):
    code = f"import sys, {module}; sys.exit(','.join(m for m in {not_loaded.split()!r} if m in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_engine_imports_neither_matplotlib_nor_transformers(tmp_path):
    code = (
        "import sys; from engine.local import *; e = Engine('starter', 'cpu'); e.make(plan(Ask('knock'))[0]);\n"
        "heavy = 'matplotlib', 'transformers', 'scipy', 'torchvision'\n"
        "sys.exit(','.join(m for m in heavy if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends the signal that Ctrl-C is")
def test_ctrl_c_in_the_middle_leaves_no_half_file(tmp_path):
    """Interrupted when the first jumps are reported: nothing was written yet, and nothing may be."""
    (tmp_path / "out").mkdir()
    code = (
        "import os, signal, sys\n"
        "from ui import cli, report\n"
        "real = report.progress\n"
        "import contextlib\n"
        "@contextlib.contextmanager\n"
        "def progress(what, jumps):\n"
        "    with real(what, jumps) as advance:\n"
        "        yield lambda done, _: os.kill(os.getpid(), signal.SIGINT) if done == 3 else advance(done, _)\n"
        "report.progress = progress\n"
        "sys.exit(cli.run(['render', 'door slam', '--count', '8', '--steps', '8', '-o', 'out']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 130
    assert "Stopped." in done.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(os.name != "posix", reason="kills with signal 9")
@pytest.mark.parametrize("after", [1, 2, 5])
def test_killed_while_files_are_written_leaves_whole_files_only(tmp_path, after):
    """Killed with signal 9 right before the n-th file gets its name."""
    code = (
        "import os, signal, sys\n"
        "from presets import files\n"
        "from ui import cli\n"
        "real, count = files._give_name, [0]\n"
        "def give_name(*args):\n"
        "    count[0] += 1\n"
        f"    os.kill(os.getpid(), signal.SIGKILL) if count[0] == {after} else real(*args)\n"
        "files._give_name = give_name\n"
        "cli.run(['render', 'door slam', '--count', '6', '--seed', '1', '--length', '0.4', '-o', 'out'])\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    whole = sorted(p for p in out.iterdir() if p.suffix == ".wav")
    assert len(whole) == after - 1
    assert [read_version(p).recipe.seed for p in whole] == list(range(1, after))


def test_output_through_a_pipe_without_utf_8_does_not_break(tmp_path):
    onetake("door slam", "-o", "x.wav", cwd=tmp_path)
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*ONETAKE, "info", "x.wav"], cwd=tmp_path, capture_output=True, env=env, timeout=60, check=False
    )
    assert done.returncode == 0
    assert Path(tmp_path / "x.wav").exists()
