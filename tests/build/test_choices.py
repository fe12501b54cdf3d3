"""Set-up takes a Python that fits, never a wrong PyTorch, and Debian packages only where it may.

The programs that it asks are scripts in a folder that is PATH for the length of a test.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import debian
import pytest
import setup_env
import steps
import torch_choice
import which_python

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand in for programs")


# --- which Python -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False), ((2, 7), False)],
)
def test_pythons_in_range_fit(version, fits) -> None:
    assert which_python.fits(*version, True) == fits
    assert not which_python.fits(*version, False), "32-bit"


@pytest.mark.parametrize("version", [(3, 9, 1), (3, 14, 0)])
def test_without_a_python_that_fits_there_is_a_sentence(version, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(which_python.sys, "version_info", version)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        which_python.ensure()
    assert "3.11, 3.12 or 3.13" in left.value.code, "a text as exit code is printed, and the status is 1"
    assert ".".join(map(str, version)) in left.value.code


@posix
def test_another_python_on_path_starts_the_same_command(tmp_path, monkeypatch, program) -> None:
    program(tmp_path / "python3.11", "exit 127")
    program(tmp_path / "python3.12", f'exec {sys.executable} "$@"')
    started = []
    monkeypatch.setattr(which_python.os, "execv", lambda *command: started.append(command))
    monkeypatch.setattr(which_python.sys, "argv", ["build/run.py", "a glass bell"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(which_python.sys, "version_info", (3, 8, 0))
        which_python.ensure()
    assert started == [(sys.executable, [sys.executable, "build/run.py", "a glass bell"])]


# --- which PyTorch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "gpu", "first", "index"),
    [
        ("Linux", "none", "torch==2.13.0+cpu", "https://download.pytorch.org/whl/cpu"),
        ("Windows", "none", "torch==2.13.0", None),
        ("Darwin", "none", "torch==2.13.0", None),
        ("Linux", "nvidia", "torch===2.13.0", None),
        ("Windows", "nvidia", "torch==2.13.0+cu130", "https://download.pytorch.org/whl/cu130"),
        ("Linux", "nvidia before Turing", "torch==2.13.0+cu126", "https://download.pytorch.org/whl/cu126"),
        ("Windows", "nvidia before Turing", "torch==2.13.0+cu126", "https://download.pytorch.org/whl/cu126"),
    ],
)
def test_the_source_of_torch_by_system_and_gpu(system, gpu, first, index) -> None:
    attempts = torch_choice.attempts(system, gpu)
    assert attempts[0].requirement == first
    assert {attempt.index for attempt in attempts} - {None} == ({index} if index else set())
    assert all(attempt.requirement != "torch==2.13.0" for attempt in attempts[:-1])


def test_the_pinned_torch_is_in_the_range_of_pyproject() -> None:
    assert torch_choice.in_range(torch_choice.VERSION, setup_env.torch_range(setup_env.Place(ROOT)))


def test_the_cuda_build_comes_last_without_a_gpu_and_is_announced(place, runner, capfd) -> None:
    runner.fails = {"+cpu": "ERROR: No matching distribution found for torch==2.13.0+cpu"}
    setup_env.ready((), place)
    assert [line.split()[-1] for line in runner.said("torch==")] == ["torch==2.13.0+cpu"] * 2 + ["torch==2.13.0"]
    assert "SEVERAL GB" in capfd.readouterr().err


def test_a_broken_download_is_no_reason_to_take_the_cuda_build(place, runner) -> None:
    runner.fails = {"+cpu": "ConnectionResetError: Connection broken"}
    with pytest.raises(steps.SetupError, match="network broke off"):
        setup_env.ready((), place)
    assert not [line for line in runner.said("torch==") if not line.endswith("+cpu")]


@posix
@pytest.mark.parametrize(
    ("text", "gpu"),
    [
        ("exit 9", "none"),
        ("echo 'No devices were found'", "none"),
        ("[ $1 = -L ] && echo 'GPU 0: X (UUID: y)' || echo 9.0", "nvidia"),
        ("[ $1 = -L ] && echo 'GPU 0: X (UUID: y)' || exit 2", "nvidia"),
        ("[ $1 = -L ] && echo 'GPU 0: X (UUID: y)' || echo 6.1", "nvidia before Turing"),
    ],
)
def test_nvidia_smi_tells_the_gpu(text, gpu, tmp_path, monkeypatch, program) -> None:
    program(tmp_path / "nvidia-smi", text)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert torch_choice.nvidia_gpu(tmp_path / "no devices") == gpu


def test_the_driver_tells_the_gpu_without_nvidia_smi(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    devices = tmp_path / "gpus"
    devices.mkdir()
    assert torch_choice.nvidia_gpu(devices) == "none"
    (devices / "0000:01:00.0").mkdir()
    assert torch_choice.nvidia_gpu(devices) == "nvidia"


# --- Debian packages ----------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("required", [True, False])
def test_debian_packages_are_installed_by_root_and_told_to_others(
    root, required, runner, monkeypatch, capfd
) -> None:
    monkeypatch.setattr(debian, "is_debian", lambda: True)
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0 if root else 1000)
    packages = (
        debian.Package("a-lib", "for a test", required),
        debian.Package("b", "unneeded", True, lambda: False),
    )
    if root:
        runner.fails = {"a-lib": "E: Unable to locate package"}
    if required:
        with pytest.raises(steps.SetupError, match=r"sudo apt-get install -y a-lib$"):
            debian.provide(runner, packages=packages)
    else:
        debian.provide(runner, packages=packages)
        assert "sudo apt-get install -y a-lib\n" in capfd.readouterr().err
    steps_of_root = ["install", "update", "install"] if root else []
    assert [line.split()[1] for line in runner.commands] == steps_of_root


@posix
def test_installed_debian_packages_are_found(place, tmp_path, monkeypatch, program) -> None:
    program(tmp_path / "dpkg-query", '[ "$4" = here ] && printf "install ok installed"')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    packages = tuple(debian.Package(name, "for a test", True) for name in ("here", "gone"))
    assert [package.name for package in debian.missing(packages, steps.Runner(tmp_path / "log", tmp_path))] == [
        "gone"
    ]
