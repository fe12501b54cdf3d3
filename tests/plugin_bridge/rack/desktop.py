"""A desktop of the tests' own: Xvfb with a window manager, and the owner of the desktop's settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.plugin_bridge.rack.hosting import until

INSTALL = "apt-get install -y --no-install-recommends xvfb xdotool openbox xsettingsd"


class Desktop:
    """An X server and what runs on it. A bare one has no owner of the desktop's settings."""

    def __init__(self, folder: Path, bare: bool = False) -> None:
        """Start it; folder: for its files."""
        needed = ("Xvfb", "xdotool", "openbox", "xsettingsd")
        if missing := [tool for tool in needed if not shutil.which(tool)]:
            pytest.skip(f"{', '.join(missing)} not installed: {INSTALL}")
        self._running: list[subprocess.Popen[bytes]] = []
        self.display = self._serve()
        if not bare:
            settings = folder / "xsettingsd"
            settings.write_text("")
            self._start("xsettingsd", "-c", str(settings))
            self._start("openbox", "--sm-disable", HOME=str(folder))
            until(lambda: self.do("get_num_desktops", check=False).isdigit(), "the window manager runs")

    def do(self, *what: str, check: bool = True) -> str:
        """What xdotool answers."""
        made = subprocess.run(
            ["xdotool", *what], env=self._environment(), check=check, capture_output=True, text=True
        )
        return made.stdout.strip()

    def windows(self, pid: int) -> list[str]:
        """The visible windows of a process."""
        return self.do(
            "search", "--all", "--onlyvisible", "--pid", str(pid), "--name", "Pedalboard", check=False
        ).split()

    def window(self, pid: int) -> str:
        """The one window of a process, when it is there."""
        until(lambda: self.windows(pid), "the window is there")
        return self.windows(pid)[0]

    def press_close(self, pid: int) -> None:
        """Ask a window to close, as its close button does."""
        self.do("windowactivate", "--sync", self.window(pid), "key", "alt+F4")

    def destroy(self, pid: int) -> None:
        """Take a window away from its program, which X answers with an error."""
        self.do("windowclose", self.window(pid))

    def drag(self, window: str, x: int, y: int, by: int) -> None:
        """Drag upwards inside a window, as a person turns a knob."""
        self.do("mousemove", "--window", window, str(x), str(y), "mousedown", "1", "sleep", "0.05")
        for step in range(1, 6):
            self.do("mousemove", "--window", window, str(x), str(y - by * step // 5), "sleep", "0.02")
        self.do("mouseup", "1")

    def stop(self) -> None:
        """End it all."""
        for process in reversed(self._running):
            process.kill()
            process.wait()

    def _serve(self) -> str:
        source, sink = os.pipe()
        command = ["Xvfb", "-displayfd", str(sink), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
        self._running.append(
            subprocess.Popen(command, pass_fds=(sink,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        os.close(sink)
        with os.fdopen(source) as told:
            number = re.fullmatch(r"(\d+)\n?", told.readline())
        assert number, "Xvfb did not start"
        return f":{number[1]}"

    def _start(self, *command: str, **more: str) -> None:
        self._running.append(
            subprocess.Popen(
                command, env=self._environment() | more, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )

    def _environment(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": self.display}
