"""A real DAW records from our virtual device: Ardour without a screen, in a PipeWire of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.plugin_bridge.audio.playing import assert_bit_exact
from tests.plugin_bridge.audio.ring_player import ring

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]

SCRIPT = Path(__file__).with_name("ardour_record_input.lua")
INSTALL = "apt-get install -y --no-install-recommends ardour pipewire-jack"


def test_ardour_records_every_bit_from_the_virtual_device(pipewire, play, tmp_path):
    if not shutil.which("ardour7-lua") or not shutil.which("pw-jack"):
        pytest.fail(f"This test needs Ardour under PipeWire. Install it: {INSTALL}")
    server = pipewire()
    source = play(server.environment, virtual=1, daw="Onetake", block=512).about["source"]
    words = {"SESSION": str(tmp_path / "session"), "SECONDS": "1.5"}
    words |= {"LEFT": f"{source}:capture_FL", "RIGHT": f"{source}:capture_FR"}
    done = subprocess.run(
        ["timeout", "-k", "5", "60", "pw-jack", "ardour7-lua", str(SCRIPT)],
        env=server.environment | words,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "regions 1" in done.stdout, done.stdout + done.stderr
    left, right = sorted((tmp_path / "session" / "interchange").rglob("*.wav"))
    heard = np.stack([soundfile.read(side, dtype="float32")[0] for side in (left, right)], axis=1)
    assert_bit_exact(heard, ring(0))
