"""The real command in a process of its own: import budgets, Ctrl-C, and the two words a newcomer types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
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
        ("ui.__main__", "torch PyQt6 pedalboard matplotlib"),
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
        "        yield lambda step: os.kill(os.getpid(), signal.SIGINT) if step.done == 3 else advance(step)\n"
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
    assert b"door slam" in done.stdout
    assert b"?" in done.stdout  # where the waveform's characters would be


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot tie a process to one core here")
def test_one_core_makes_the_same_bytes_as_two(tmp_path):
    words = ["glass bell", "--seed", "9", "--steps", "2", "-o"]
    onetake("render", *words, "all.wav", cwd=tmp_path)
    core = str(min(os.sched_getaffinity(0)))
    command = ["taskset", "-c", core, *ONETAKE, "render", *words, "one.wav"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=120)
    assert (tmp_path / "all.wav").read_bytes() == (tmp_path / "one.wav").read_bytes()


@pytest.fixture
def served(tmp_path, monkeypatch):
    """`onetake serve` in a state folder of its own, listening."""
    state = tmp_path / "state"
    monkeypatch.setenv("ONETAKE_STATE", str(state))
    with subprocess.Popen([*ONETAKE, "serve", "--device", "cpu"], cwd=tmp_path, stderr=subprocess.PIPE) as serve:
        deadline = time.monotonic() + 60
        while not (state / "engine.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield serve
        serve.send_signal(signal.SIGINT)
        os.kill(json.loads((state / "engine.json").read_text())["pid"], signal.SIGINT)
        serve.wait(30)


@pytest.mark.skipif(os.name != "posix", reason="stops the engine with the signal that Ctrl-C is")
def test_render_and_refine_use_a_running_engine_and_make_the_same_files(tmp_path, served):
    for words in (
        ["render", "glass bell", "--seed", "9", "--count", "2", "-o"],
        ["render", "rain", "--steps", "4", "-o"],
    ):
        seed = [] if "--seed" in words else ["--seed", "3"]
        there = onetake(*words, f"there_{words[1][:4]}.wav", *seed, cwd=tmp_path)
        here = onetake(*words, f"here_{words[1][:4]}.wav", *seed, "--local", cwd=tmp_path)
        assert (there.returncode, here.returncode) == (0, 0), there.stderr + here.stderr
    assert onetake("refine", "there_glas_1.wav", "--steps", "8", cwd=tmp_path).returncode == 0
    assert onetake("refine", "here_glas_1.wav", "--steps", "8", "--local", cwd=tmp_path).returncode == 0
    pairs = [(p, p.with_name(p.name.replace("there", "here"))) for p in sorted(tmp_path.glob("there*.wav"))]
    assert len(pairs) == 4
    for there, here in pairs:
        assert there.read_bytes() == here.read_bytes()
    log = (tmp_path / "state" / "engine.log").read_text()
    assert log.count("made") >= 7
    assert onetake("serve", cwd=tmp_path).returncode == 2
    assert not list(Path(tempfile.gettempdir()).glob("onetake-*/*.wav"))
