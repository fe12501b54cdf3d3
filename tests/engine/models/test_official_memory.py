"""What the 1B model takes at full size in a process of its own: memory to load and run it, seconds of a step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.places import models_folder
from tests.engine.models import full_size, memory_child

FIXTURES = Path(__file__).parents[2] / "fixtures"
GB = 10**9


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's largest resident set")
def test_the_1b_model_loads_and_runs_in_little_memory_and_its_time_is_told_before(tmp_path, monkeypatch):
    """Its network goes to bfloat16 matrix by matrix: no float32 copy and no whole mapped file is ever held.

    Seconds are compared with each other, of one process on one machine.
    """
    pytest.importorskip("transformers")
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path))
    card = full_size.made(json.loads((FIXTURES / "keys_official.json").read_text()), models_folder())
    assert card.file("network").bytes > 4 * GB
    child = [sys.executable, "-P", memory_child.__file__, card.id]
    told = json.loads(subprocess.run(child, capture_output=True, check=True, text=True).stdout.splitlines()[-1])
    assert told["narrow"] > 150
    assert told["loaded"] < card.file("network").bytes + GB
    assert told["loaded"] < told["weights"] + told["alone"] + GB
    assert told["rendered"] < 4 * 2**30
    assert told["network"] / 4 < told["estimate"] < 2 * told["network"]
    assert told["codec"] / 8 < told["decoding"] < 2 * told["codec"]
