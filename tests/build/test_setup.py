"""Set-up does nothing when all is ready, and recovers from anything.

Nothing is installed here: the commands of set-up are recorded, and only they are faked. Files, locks and
processes are real.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import check_table
import pytest
import setup_env
import steps
import torch_choice

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
posix = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand in for programs")


# --- the steps, and what makes them run again ---------------------------------------------------------------


def test_a_fresh_folder_gets_all_steps_in_order(place, runner) -> None:
    assert setup_env.ready({"test"}, place) == place.python
    made, torch, project, tried = runner.commands
    assert made.endswith(f"-m venv {place.venv}")
    assert torch.endswith(f"torch=={torch_choice.VERSION}+cpu")
    assert project.endswith("-e .[test]")
    assert "import torch" in tried


@pytest.mark.usefixtures("nothing_starts")
def test_when_all_is_ready_no_process_is_started(place, runner, monkeypatch) -> None:
    setup_env.ready({"test"}, place)
    runner.commands = []
    monkeypatch.setattr(setup_env, "lock", lambda _: pytest.fail("waits for others although all is ready"))
    assert setup_env.ready({"test"}, place) == place.python
    assert setup_env.ready((), place) == place.python, "fewer extras than there are need nothing"
    assert runner.commands == []


def test_a_changed_pyproject_installs_again_with_the_extras_there_were(place, runner) -> None:
    setup_env.ready({"test"}, place)
    runner.torch, runner.commands = "2.13.0+cpu", []
    place.pyproject.write_text(place.pyproject.read_text() + "\n# changed\n")
    setup_env.ready((), place)
    assert [line.partition(" install ")[2].split()[-1] for line in runner.said(" pip ")] == [".[test]"]
    assert not runner.said("-m venv")


def test_a_new_extra_is_added_to_those_there_are(place, runner) -> None:
    setup_env.ready({"test"}, place)
    setup_env.ready({"docs"}, place)
    assert runner.said("-e")[-1].endswith("-e .[docs,test]")


def test_changed_set_up_code_sets_up_again(place, runner, tmp_path, monkeypatch) -> None:
    setup_env.ready((), place)
    code = shutil.copytree(BUILD, tmp_path / "code", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(setup_env, "HERE", code)
    assert setup_env.is_ready(place, frozenset())
    (code / "torch_choice.py").write_text("# changed")
    assert not setup_env.is_ready(place, frozenset())


@pytest.mark.parametrize("torch", ["2.11.0", "2.12.1+cu130", "2.13.0"])
def test_a_torch_in_range_is_left_alone(place, runner, torch) -> None:
    runner.torch = torch
    setup_env.ready((), place)
    assert not runner.said("torch==")


@pytest.mark.parametrize("torch", ["2.10.9", "2.14.0", ""])
def test_a_torch_out_of_range_is_replaced(place, runner, torch) -> None:
    runner.torch = torch
    setup_env.ready((), place)
    assert runner.said("torch==")


def test_a_failure_tells_the_end_of_the_log_and_what_to_do(place, runner) -> None:
    runner.fails = {"-e .": "line 1\nOSError: [Errno 28] No space left on device"}
    with pytest.raises(steps.SetupError, match=r"(?s)No space left.*disk is full.*setup\.log"):
        setup_env.ready((), place)
    assert not setup_env.is_ready(place, frozenset())


def test_a_folder_that_cannot_be_written_is_a_sentence(place, runner) -> None:
    place.venv.write_text("a file where the folder should be")
    with pytest.raises(steps.SetupError, match="make that possible"):
        setup_env.ready((), place)
    assert runner.commands == []


# --- interrupted, broken, moved -----------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["-m venv", "torch==", "-e .", "import torch"])
def test_an_interrupted_set_up_is_finished_by_the_next(place, runner, moment) -> None:
    runner.interrupts = moment
    with pytest.raises(KeyboardInterrupt):
        setup_env.ready((), place)
    assert not setup_env.is_ready(place, frozenset())
    runner.interrupts, runner.commands = "", []
    setup_env.ready((), place)
    assert setup_env.is_ready(place, frozenset())
    assert bool(runner.said("-m venv")) == (moment == "-m venv"), "what was done is not done again"


def test_a_half_installed_package_is_forgotten_before_pip_runs(place, runner) -> None:
    runner.interrupts = "import torch"
    with pytest.raises(KeyboardInterrupt):
        setup_env.ready((), place)
    whole, half = (setup_env.site_packages(place)[0] / f"{name}-1.dist-info" for name in ("whole", "half"))
    for folder in (whole, half):
        folder.mkdir()
    (whole / "RECORD").touch()
    runner.interrupts = ""
    setup_env.ready((), place)
    assert whole.exists()
    assert not half.exists()


def break_python(place) -> None:
    place.python.unlink()
    place.python.symlink_to("/nowhere/python")


def break_home(place) -> None:
    config = place.venv / "pyvenv.cfg"
    config.write_text("home = /nowhere\n" + config.read_text())


def break_pip(place) -> None:
    for record in place.venv.rglob("RECORD"):
        record.unlink()


def move_folder(place) -> None:
    setup_env.write_stamp(place, setup_env.Stamp("as it was", "/another/folder"))


@posix
@pytest.mark.parametrize("spoil", [break_python, break_home, break_pip, move_folder])
def test_a_broken_environment_is_made_anew(place, runner, spoil, capfd) -> None:
    setup_env.ready((), place)
    (place.venv / "left over").mkdir()
    spoil(place)
    place.pyproject.write_text(place.pyproject.read_text() + "\n")
    runner.commands = []
    setup_env.ready((), place)
    assert runner.said("-m venv")
    assert "making it anew" in capfd.readouterr().err
    assert not (place.venv / "left over").exists()


def test_a_lost_python_is_noticed_although_the_stamp_fits(place, runner) -> None:
    setup_env.ready((), place)
    place.python.unlink()
    assert not setup_env.is_ready(place, frozenset())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fingerprint": "x"}', '{"fingerprint": "", "root": 1}'])
def test_a_damaged_stamp_counts_as_none(place, text) -> None:
    place.venv.mkdir()
    (place.venv / "setup.json").write_text(text)
    assert setup_env.read_stamp(place) == setup_env.Stamp()


LOCK_HOLDER = """
import sys; sys.path.insert(0, sys.argv[1])
import pathlib, setup_env
with setup_env.lock(setup_env.Place(pathlib.Path(sys.argv[2]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_set_up_waits_for_the_first_and_says_so(tmp_path) -> None:
    command = [sys.executable, "-c", LOCK_HOLDER, str(BUILD), str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as first:
        assert first.stdout.readline() == b"held\n"
        with subprocess.Popen(command, **pipes) as second:
            assert b"waiting" in second.stderr.readline()
            first.communicate()
            assert second.communicate()[0] == b"held\n"


@posix
def test_an_interrupted_command_takes_its_own_children_with_it(tmp_path) -> None:
    # A shell's background commands ignore SIGINT, as the worst of children might.
    command = ["sh", "-c", "sleep 600 & echo started; sleep 600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout.readline() == b"started\n"
        steps.end(process)
        assert process.returncode is not None
        assert process.stdout.read() == b"", "reading ends when the last process that could write has ended"


def test_a_runner_keeps_the_output_and_the_status(tmp_path) -> None:
    runner = steps.Runner(tmp_path / "log", tmp_path)
    assert runner.run([sys.executable, "-c", "print('fine')"])
    assert not runner.run([sys.executable, "-c", "import sys; sys.exit('not fine')"])
    assert runner.last_output.strip() == "not fine"
    assert "fine" in str(runner.failure("It failed"))


# --- the two commands ---------------------------------------------------------------------------------------


@posix
def test_run_passes_arguments_and_folder_through_unchanged(tmp_path, make_environment, program) -> None:
    root, elsewhere = tmp_path / "a copy", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(BUILD, root / "build", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for source in setup_env.KERNEL:
        (root / source.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, root / source.relative_to(ROOT))
    copy = setup_env.Place(root)
    make_environment(root)
    copy.python.unlink()
    program(copy.python, 'pwd; for argument; do echo "<$argument>"; done; exit 7')
    # The fingerprint that the copy itself works out, from its own build folder.
    code = "import setup_env as s; p = s.Place(); s.write_stamp(p, s.Stamp(s.fingerprint(p), str(p.root)))"
    subprocess.run([sys.executable, "-c", code], cwd=root / "build", check=True)
    arguments = ["a glass bell", "-o", "bell.wav", "--help", "", "*", "--extra"]
    command = [sys.executable, str(root / "build" / "run.py"), *arguments]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    shown = [str(elsewhere.resolve()), "<-P>", "<-m>", "<ui>", *(f"<{argument}>" for argument in arguments)]
    assert done.stdout.splitlines() == shown
    assert done.stderr == ""


def test_every_check_runs_and_one_failure_fails_all(tmp_path, monkeypatch, capfd) -> None:
    good, bad = ("-c", "print('silent')"), ("-c", "import sys; sys.exit('the reason')")
    checks = [
        check_table.Check(name, (sys.executable, *code), "") for name, code in (("bad", bad), ("good", good))
    ]
    outcomes = [check_table.run(check, tmp_path / "report") for check in checks]
    assert check_table.close(outcomes) == 1
    shown = capfd.readouterr().out
    assert "FAIL  bad" in shown
    assert "the reason" in shown
    assert "ok    good" in shown
    assert "silent" not in shown
    assert shown.splitlines()[-1].startswith("FAIL: bad")
    assert check_table.close(outcomes[1:]) == 0


def test_the_long_result_counts_tests_and_names_the_machine(tmp_path, monkeypatch) -> None:
    report = tmp_path / "tests.xml"
    report.write_text('<testsuites><testsuite tests="5" failures="1" errors="0" skipped="2"/></testsuites>')
    monkeypatch.setattr(check_table, "LONG_RESULT", tmp_path / "long_result.json")
    check_table.write_long_result([check_table.Outcome("tests", True, 1.5)], check_table.test_counts([report]))
    stored = json.loads((tmp_path / "long_result.json").read_text())
    assert stored["tests"] == {"tests": 5, "failures": 1, "errors": 0, "skipped": 2}
    assert stored["seconds"] == {"tests": 1.5}
    assert stored["cpu"]
    assert not any(check_table.test_counts([tmp_path / "none"]).values())


def test_the_build_folder_is_no_package() -> None:
    assert not (BUILD / "__init__.py").exists(), "it would stand in for the build program of the same name"
