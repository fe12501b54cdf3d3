"""Every way to die or misbehave: killed, hung, flooded, lied to, out of disk; nothing asked for is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from multiprocessing import AuthenticationError
from multiprocessing import connection as lines

import pytest

from engine.lines import GONE
from engine.local import Ask, plan
from engine.protocol import PROTOCOL, Cancel, Failed, Hello, Metrics, Progress, Ready
from engine.server import HANDSHAKE_SECONDS
from presets.export import wav
from presets.export.version import read_version
from presets.messages import encode

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and Unix sockets")


def recipe(seed=1, steps=1):
    return plan(Ask("huge metal door slam", seed=seed, steps=steps, length=0.4))[0]


def kill_series(ears, kills, random):
    """Kill the engine at random moments while eight drafts and two refinements are wanted; count what came."""
    for round_ in range(kills):
        tickets = [ears.client.draft(str(i), recipe(seed=100 * round_ + i)) for i in range(8)]
        tickets += [ears.client.refine(recipe(seed=100 * round_ + i, steps=16)) for i in range(2)]
        first = ears.hear(lambda e: isinstance(e, Ready | Failed))[1] if random.random() < 0.7 else None
        time.sleep(random.uniform(0, 0.3))  # the moment is the point
        os.kill(ears.client.pid, signal.SIGKILL)
        ended = {first.ticket: first} if first else {}
        ended |= ears.outcomes([t for t in tickets if t not in ended])
        for ticket in tickets:
            event = ended[ticket]
            assert isinstance(event, Ready), event
            assert wav.read(ears.folder / event.path).sound.checksum() == event.version.checksum
    for path in ears.folder.glob("*.wav"):
        assert wav.read(path).sound.checksum() == read_version(path).checksum


def test_killed_during_a_batch_every_sound_still_comes(ears):
    kill_series(ears, 2, random.Random(1))


@pytest.mark.long
def test_killed_twenty_times_every_sound_still_comes(ears):
    kill_series(ears, 20, random.Random(2))


def test_a_hung_engine_is_ended_and_brought_back(listen):
    ears = listen(hung_after=4.0)
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)
    pid = ears.client.pid
    os.kill(pid, signal.SIGSTOP)
    assert isinstance(ears.outcome(ears.client.draft("1", recipe(seed=2))), Ready)
    assert ears.client.pid != pid


def test_a_request_that_kills_the_engine_is_given_up_and_the_others_come(listen, monkeypatch, tmp_path):
    """An engine that dies on one seed: no crash loop, one sentence, and everything else is made."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "def arm():\n"
        "    from engine import seeds\n"
        "    real = seeds.initial\n"
        "    def initial(seed, *rest):\n"
        "        if seed == 666: os._exit(9)\n"
        "        return real(seed, *rest)\n"
        "    seeds.initial = initial\n"
        "import sys\n"
        "if sys.argv[:1] == ['-m'] or 'engine' in ' '.join(sys.orig_argv): arm()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ears = listen()
    fine = [ears.client.refine(recipe(seed=i, steps=2)) for i in (1, 2)]
    deadly = ears.client.refine(recipe(seed=666, steps=2))
    later = [ears.client.draft(str(i), recipe(seed=i)) for i in (3, 4)]
    ended = ears.outcomes([*fine, deadly, *later])
    assert isinstance(ended[deadly], Failed)
    assert "stopped each time" in ended[deadly].sentence
    assert all(isinstance(ended[t], Ready) for t in (*fine, *later))


def test_after_two_crashes_what_the_engine_has_not_heard_of_is_replaced_cancelled_and_served_in_its_order(ears):
    """One by one, a draft still waits for no refinement, and what is taken back is not made."""
    ears.outcome(ears.client.draft("1", recipe()))
    ears.client._careful = True
    long = ears.client.refine(recipe(seed=1, steps=16))
    unwanted = ears.client.refine(recipe(seed=2, steps=16))
    later = ears.client.refine(recipe(seed=3, steps=2))
    old, new = (ears.client.draft("1", recipe(seed=seed)) for seed in (4, 5))
    ears.client.cancel(unwanted)
    ended = ears.outcomes([long, unwanted, later, old, new])
    assert {ended[old].kind, ended[unwanted].kind} == {"replaced", "cancelled"}
    assert all(isinstance(ended[ticket], Ready) for ticket in (long, later, new))
    assert list(ended).index(new) < list(ended).index(later)
    assert ears.client.waiting == 0


def test_a_flood_of_a_thousand_drafts_serves_the_last_and_stays_small(ears):
    ears.outcome(ears.client.draft("1", recipe()))
    ears.client.status()
    before = ears.hear(lambda e: isinstance(e, Metrics))[1].memory
    tickets = [ears.client.draft("1", recipe(seed=i)) for i in range(1000)]
    ended = ears.outcomes(tickets)
    assert isinstance(ended[tickets[-1]], Ready)
    assert sum(isinstance(e, Ready) for e in ended.values()) < 200
    ears.client.status()
    assert ears.hear(lambda e: isinstance(e, Metrics))[1].memory < before + 100
    assert ears.client.waiting == 0


def test_a_client_that_vanishes_takes_its_work_with_it(ears, state, tmp_path):
    code = (
        "import sys, pathlib\n"
        "from engine.client import EngineClient\n"
        "from engine.plan import Ask, plan\n"
        "client = EngineClient(pathlib.Path(sys.argv[1]), lambda e: None)\n"
        "for i in range(20): client.refine(plan(Ask('rain', seed=i, steps=64))[0])\n"
        "client.status()\n"
        "import os; os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path)], check=True, timeout=60)
    assert isinstance(ears.outcome(ears.client.refine(recipe(steps=2))), Ready)
    ears.client.status()
    metrics = ears.hear(lambda e: isinstance(e, Metrics))[1]
    assert metrics.waiting_refinements == 0


def raw(state):
    """A line to the engine that knows the key and nothing else."""
    told = json.loads(state.address.read_text())
    return lines.Client(told["address"], authkey=state.key.read_bytes())


def ended(line):
    """Whether the engine ends that line."""
    try:
        while line.poll(10):
            line.recv_bytes()
    except GONE:
        return True
    return False


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"garbage",
        b"\x00" * 1000,
        encode(Cancel(ticket="first without a hello")),
        encode(Hello(protocol=PROTOCOL + 1, folder="/")),
        encode(Hello(protocol=PROTOCOL, folder="relative")),
        encode(Hello(protocol=PROTOCOL, folder="/no/such/folder")),
    ],
)
def test_who_speaks_nonsense_is_dropped_and_nobody_else(ears, state, message):
    line = raw(state)
    line.send_bytes(message)
    assert ended(line)
    line.close()
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)


def test_a_message_that_is_too_long_ends_the_line(ears, state, tmp_path):
    line = raw(state)
    line.send_bytes(encode(Hello(protocol=PROTOCOL, folder=str(tmp_path))))
    with pytest.raises(GONE):
        for _ in range(20):
            line.send_bytes(b"x" * (2**20 + 1))
        if ended(line):
            raise EOFError
    line.close()
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)


def test_a_wrong_key_is_refused(ears, state):
    told = json.loads(state.address.read_text())
    with pytest.raises((AuthenticationError, *GONE)):
        lines.Client(told["address"], authkey=b"wrong").recv_bytes()
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)


def test_slow_handshakes_are_cut_and_hold_up_nobody(ears, state):
    address = json.loads(state.address.read_text())["address"]
    slow = []
    for _ in range(20):
        line = socket.socket(socket.AF_UNIX)
        line.connect(address)
        line.sendall(b"\x00")
        slow.append(line)
    started = time.monotonic()
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)
    assert time.monotonic() - started < 30
    for line in slow:
        line.settimeout(10 * HANDSHAKE_SECONDS)
        try:
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass
        line.close()


def test_a_full_disk_fails_the_sound_and_not_the_engine(listen, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        ears = listen(disk)
        failed = ears.outcome(ears.client.draft("1", recipe()))
        assert isinstance(failed, Failed)
        assert "disk is full" in failed.sentence
        assert not list(disk.iterdir())
        pid = ears.client.pid
        ears.client.status()
        ears.hear(lambda e: isinstance(e, Metrics))
        assert ears.client.pid == pid
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_session_folder_that_disappears_fails_the_sound_with_a_reason(listen, tmp_path):
    folder = tmp_path / "session"
    folder.mkdir()
    ears = listen(folder)
    folder.rmdir()
    failed = ears.outcome(ears.client.draft("1", recipe()))
    assert "folder does not exist" in failed.sentence


def test_two_clients_that_start_at_once_get_one_engine(state, tmp_path):
    code = (
        "import sys, pathlib, threading\n"
        "from engine.client import EngineClient\n"
        "client = EngineClient(pathlib.Path(sys.argv[1]), lambda e: None)\n"
        "print(client.pid)\n"
    )
    command = [sys.executable, "-P", "-c", code, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {one.communicate(timeout=60)[0] for one in both}
    assert len(pids) == 1


def test_an_engine_that_nobody_needs_stops_by_itself(state):
    started = time.monotonic()
    command = [sys.executable, "-P", "-m", "engine", "--idle", "0.5"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
    assert time.monotonic() - started < 30
    assert not state.address.exists()


def test_a_second_engine_of_the_same_user_says_so_and_leaves(ears):
    command = [sys.executable, "-P", "-m", "engine"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 3
    assert isinstance(ears.outcome(ears.client.draft("1", recipe())), Ready)


def test_stopping_the_engine_politely_while_it_refines_ends_it(ears):
    ears.client.refine(recipe(steps=64))
    ears.hear(lambda e: isinstance(e, Progress))
    pid = ears.client.pid
    os.kill(pid, signal.SIGTERM)
    assert isinstance(ears.outcome(ears.client.draft("2", recipe())), Ready)
    assert ears.client.pid != pid
