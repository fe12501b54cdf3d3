"""The table of checks, and how they are run and reported.

Why one table: what is checked here is all that is checked anywhere. A check that fails does not keep the
later ones from running, so one run shows everything there is to mend.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from setup_env import Place, ready_or_exit
from steps import Runner

PLACE = Place()
LONG_RESULT = PLACE.root / "build" / "long_result.json"
PYTHON = ("{python}", "-P", "-m")


@dataclass(frozen=True)
class Check:
    """One row: a name for --only, a command, and why it is there."""

    name: str
    command: tuple[str, ...]
    why: str
    live: bool = False  # its output is shown while it runs


PYTEST = (*PYTHON, "pytest")
TOGETHER = ("-n", "2", "--dist", "loadfile")  # two processes, a file of tests in one of them
REPORT = "--junitxml={report}"

CHECKS = (
    Check("format", (*PYTHON, "ruff", "format", "--check", "."), "one layout: a diff shows changes only"),
    Check("lint", (*PYTHON, "ruff", "check", "."), "mistakes that can be seen without running"),
    Check("types", (*PYTHON, "mypy"), "the packages mean what their annotations say"),
    Check("types-build", (*PYTHON, "mypy", "--strict", "build/run.py", "build/check.py"), "and so does set-up"),
    Check("imports", ("{bin}/lint-imports",), "the arrows between packages point one way"),
    Check("tests", (*PYTEST, *TOGETHER, "-m", "not long and not alone"), "it does what it says", live=True),
    Check("tests-alone", (*PYTEST, "-m", "not long and alone"), "in real time and as processes, too", live=True),
)
LONG = {
    "tests": Check("tests", (*PYTEST, *TOGETHER, "-m", "not alone", REPORT), "fuzzing in full as well", live=True),
    "tests-alone": Check("tests-alone", (*PYTEST, "-m", "alone", REPORT), "soaks in full as well", live=True),
}
"""What stands in for a row of CHECKS in the long form."""


@dataclass(frozen=True)
class Outcome:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float


def main() -> int:
    """Run the checks asked for; the exit status is 0 if all passed."""
    asked = arguments()
    ready_or_exit({"test"})
    checks = [LONG.get(check.name, check) if asked.long else check for check in CHECKS]
    chosen = [check for check in checks if asked.only in (None, check.name)]
    with tempfile.TemporaryDirectory() as folder:
        reports = {check.name: Path(folder) / f"{check.name}.xml" for check in chosen}
        try:
            outcomes = [run(check, reports[check.name]) for check in chosen]
        except KeyboardInterrupt:
            print("FAIL: interrupted", flush=True)
            return 130
        # A part of the checks is no result to keep.
        if asked.long and asked.only is None:
            write_long_result(outcomes, test_counts(reports.values()))
    return close(outcomes)


def arguments() -> argparse.Namespace:
    """The command line."""
    names = "\n".join(f"  {check.name:<12} {check.why}" for check in CHECKS)
    parser = argparse.ArgumentParser(
        description="Set up and run every check.",
        epilog=f"checks:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--long", action="store_true", help="everything, up to an hour; writes build/long_result.json"
    )
    parser.add_argument("--only", metavar="NAME", choices=[check.name for check in CHECKS], help="one check")
    return parser.parse_args()


def run(check: Check, report: Path) -> Outcome:
    """Run one check and print its line, with all of its output if it failed."""
    command = [part.format(python=PLACE.python, bin=PLACE.bin, report=report) for part in check.command]
    if check.live:
        print(f"      {check.name}: {shlex.join(command[len(PYTHON) :])}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=PLACE.root,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=None if check.live else subprocess.PIPE,
        stderr=None if check.live else subprocess.STDOUT,
        check=False,
    )
    outcome = Outcome(check.name, done.returncode == 0, round(time.monotonic() - started, 1))
    print(f"{'ok  ' if outcome.passed else 'FAIL'}  {check.name:<12} {outcome.seconds:6.1f} s", flush=True)
    if not outcome.passed and done.stdout:
        sys.stdout.buffer.write(done.stdout + b"\n")
        sys.stdout.flush()
    return outcome


def close(outcomes: list[Outcome]) -> int:
    """Print the last line; the exit status."""
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    seconds = sum(outcome.seconds for outcome in outcomes)
    verdict = f"FAIL: {', '.join(failed)}" if failed else f"PASS: {', '.join(o.name for o in outcomes)}"
    print(f"{verdict} ({seconds:.0f} s)", flush=True)
    return 1 if failed else 0


def test_counts(reports: Iterable[Path]) -> dict[str, int]:
    """How many tests ran, failed and were skipped by pytest's own reports; what is missing counts nothing."""
    kinds = ("tests", "failures", "errors", "skipped")
    counts = dict.fromkeys(kinds, 0)
    for report in reports:
        if report.exists():
            for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 (written a moment ago by pytest)
                for kind in kinds:
                    counts[kind] += int(suite.get(kind, "0"))
    return counts


def write_long_result(outcomes: list[Outcome], tests: dict[str, int]) -> None:
    """Replace build/long_result.json, which is committed, in one step."""
    ask = Runner(Path(os.devnull), PLACE.root).ask
    result = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "passed": all(outcome.passed for outcome in outcomes),
        "commit": ask(["git", "rev-parse", "HEAD"]) or "none",
        "uncommitted_changes": bool(ask(["git", "status", "--porcelain"])),
        "python": ask([PLACE.python, "-c", "import platform; print(platform.python_version())"]),
        "torch": ask([PLACE.python, "-c", "import torch; print(torch.__version__)"]),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_name(ask([PLACE.python, "-c", "import platform; print(platform.processor())"])),
        "cores": os.cpu_count(),
        "seconds": {outcome.name: outcome.seconds for outcome in outcomes},
        "tests": tests,
    }
    new = LONG_RESULT.with_suffix(".json.new")
    new.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    new.replace(LONG_RESULT)


def cpu_name(otherwise: str) -> str:
    """The processor's name as its maker gives it, where the system tells."""
    mac = Runner(Path(os.devnull), PLACE.root).ask(["sysctl", "-n", "machdep.cpu.brand_string"])
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return mac or otherwise
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, otherwise)
