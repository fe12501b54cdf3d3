"""A scan meets everything that can be wrong with a plug-in, and nothing of it comes through.

The bundles are real: Debian's zam-plugins, effects built from dpf-source, and those that bundles.py breaks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from plugin_bridge.rack import scan as scanning
from plugin_bridge.rack.catalogue import Catalogue
from plugin_bridge.rack.inspection import Limits
from plugin_bridge.rack.look import Look
from plugin_bridge.rack.scan import Began, Finished, Scan, forget_folder, remember_folders
from plugin_bridge.rack.store import NAME, Store
from tests.plugin_bridge.rack.bundles import DIE, HANG, REFUSED, SHELL, broken, program, shell
from tests.plugin_bridge.rack.hosting import bundle, running, until
from tests.plugin_bridge.rack.odd_plugins import odd_plugin

SHORT = Limits(ask=1.0, longest=2.0)
WHOLE = 120  # seconds; the machine may be busy

_PROCESS = """
import sys
from pathlib import Path
from plugin_bridge.rack.scan import Scan
from plugin_bridge.rack.store import Store
Scan(Store(Path(sys.argv[1])), [Path(sys.argv[2])]).run()
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "state")


@pytest.fixture
def place(tmp_path):
    """A folder for plug-ins."""
    (tmp_path / "plug-ins").mkdir()
    return tmp_path / "plug-ins"


@pytest.fixture(autouse=True)
def _no_process_stays():
    """No look leaves a process behind, in whatever group."""
    before = _children_of(os.getpid())
    yield
    until(lambda: not _children_of(os.getpid()) - before, "every child gone")
    assert not _probes()


def _children_of(pid):
    """Processes that a process has started and that run; its threads may end meanwhile."""
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found |= {int(child) for child in (task / "children").read_text().split()}
    return {child for child in found if running(child)}


def _probes():
    """Probes of this machine that were started by this process or lost their parent."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and running(int(entry.name)):
            try:
                words = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if b"plugin_bridge.rack.probe" in words and parent in (1, os.getpid()):
                found.append(words)
    return found


def link(place, *names):
    """Real effects in a folder."""
    for name in names:
        (place / f"{name}.vst3").symlink_to(bundle(name))


def outcomes(store):
    """What is known, by the name of the bundle."""
    return {Path(path).stem: record.outcome for path, record in store.read().bundles.items()}


def test_whatever_breaks_while_it_is_loaded_breaks_alone_and_silently(store, place, capfd):
    for kind in DIE + REFUSED:
        broken(place, kind)
    link(place, "ZamGateX2")
    summary = Scan(store, [place]).run()
    assert outcomes(store) == {
        **{kind.replace(" ", "-"): "crashed" for kind in DIE},
        **{kind.replace(" ", "-"): "broken" for kind in REFUSED},
        "ZamGateX2": "known",
    }
    assert summary.looked_at == summary.total == len(DIE + REFUSED) + 1
    catalogue = Catalogue(store)
    assert {one.path.stem for one in catalogue.blocked} == set(DIE)
    reasons = {one.path.stem: one for one in catalogue.blocked}
    assert signal.strsignal(signal.SIGSEGV) in reasons["segfault"].reason
    assert reasons["segfault"].printed == ("words before the end",)
    assert signal.strsignal(signal.SIGABRT) in reasons["abort"].reason
    assert "exit status 0" in reasons["exit"].reason
    assert capfd.readouterr() == ("", "")


def test_what_hangs_goes_on_the_slow_list_where_nobody_can_be_asked(store, place, capfd):
    for kind in HANG:
        broken(place, kind)
    assert Scan(store, [place], limits=SHORT).run().outcomes == {"slow": len(HANG)}
    assert {(one.name, one.slow, one.loaded) for one in Catalogue(store).known} == {
        (kind, True, False) for kind in HANG
    }
    assert capfd.readouterr() == ("", "")


def test_what_closes_all_its_lines_is_ended_too(store, place):
    broken(place, "deaf")
    assert Scan(store, [place]).run().outcomes == {"crashed": 1}


def test_a_look_that_cannot_start_blames_no_plug_in(place):
    look = Look(bundle("ZamGateX2"), "plugin_bridge.rack.nothing_of_that_name")
    assert look.wait(WHOLE)
    assert look.seen().outcome is None
    assert "exit status 1" in look.seen().reason


def test_the_slow_loader_is_put_aside_and_blocks_nothing(store, place):
    link(place, "ZamVerb", "ZamComp")
    Scan(store, [place], limits=SHORT).run()
    assert outcomes(store)["ZamVerb"] == "slow"
    again = Scan(store, [place]).run()  # and is not waited for a second time
    assert again.looked_at == 0


@pytest.mark.long
def test_the_slow_loader_is_known_once_somebody_waits(store, place):
    link(place, "ZamVerb")
    asked = []
    Scan(store, [place], ask=lambda path, seconds: asked.append(path) or "wait", limits=Limits(10, 600)).run()
    (known,) = Catalogue(store).known
    assert (known.name, known.slow, known.loaded, known.maker) == ("ZamVerb", True, True, "Damien Zammit")
    assert asked == [place / "ZamVerb.vst3"]


@pytest.mark.long
def test_a_real_instrument_is_known_as_one(store, place):
    (place / "Player.vst3").symlink_to(odd_plugin("Player"))
    Scan(store, [place], limits=Limits(600, 600)).run()
    (known,) = Catalogue(store).known
    assert (known.name, known.effect, known.instrument, known.inputs, known.outputs) == (
        "Player",
        False,
        True,
        0,
        2,
    )


def test_what_is_known_of_a_plug_in_is_what_it_says(store, place):
    link(place, "ZaMaximX2", "ZamComp")
    (place / "Odd.vst3").symlink_to(odd_plugin("Odd"))
    Scan(store, [place]).run()
    known = {one.name: one for one in Catalogue(store).known}
    limiter, comp, odd = known["ZaMaximX2"], known["ZamComp"], known["Odd"]
    assert (limiter.maker, limiter.version) == ("Damien Zammit", "4.1.0")
    assert limiter.category == "Fx|Dynamics|Stereo"
    assert (limiter.inputs, limiter.outputs, limiter.latency, limiter.effect) == (2, 2, 480, True)
    assert (comp.inputs, comp.outputs, comp.format) == (1, 1, "vst3")
    assert (odd.maker, odd.version, odd.parameters, odd.slow) == ("Tests", "1.2.3", 4, False)


def test_an_effect_that_gives_more_channels_than_it_takes_is_told_as_such(store, place):
    (place / "Widener.vst3").symlink_to(odd_plugin("Widener"))
    Scan(store, [place]).run()
    (one,) = Catalogue(store).broken
    assert "takes 1 and gives 2 channels" in one.reason


def test_all_plug_ins_of_a_shell_are_known_by_their_names(store, place):
    shell(place)
    Scan(store, [place]).run()
    assert {(one.name, one.plugin_name) for one in Catalogue(store).known} == {(name, name) for name in SHELL}


def test_a_second_scan_looks_at_what_changed_only(store, place):
    link(place, "ZamGateX2")
    crashing = broken(place, "abort", "changing")
    broken(place, "text", "words")
    assert Scan(store, [place]).run().looked_at == 3
    assert Scan(store, [place]).run().looked_at == 0
    os.utime(program(place, "words"))  # another date, the same bytes
    assert Scan(store, [place]).run().looked_at == 0
    broken(place, "exit", "changing")  # what crashed was another file
    broken(place, "random", "words")
    summary = Scan(store, [place]).run()
    assert summary.looked_at == 2
    assert "exit status" in store.read().bundles[str(crashing)].reason
    assert Scan(store, [place], again=True).run().looked_at == 2  # all but the blocked one


def test_a_person_may_wait_skip_or_say_never(store, place):
    waiting = place.parent / "go"
    path = shell(place, "Patience", waiting)
    asked = []

    def skip(bundle, seconds):
        asked.append((bundle, seconds))
        return "skip"

    assert Scan(store, [place], ask=skip, limits=SHORT).run().outcomes == {None: 1}
    assert asked[0][0] == path
    assert asked[0][1] >= SHORT.ask
    assert not store.read().bundles

    def wait(bundle, seconds):
        waiting.touch()
        return "wait"

    Scan(store, [place], ask=wait, limits=Limits(1, WHOLE)).run()
    assert {(one.name, one.slow) for one in Catalogue(store).known} == {(name, True) for name in SHELL}
    waiting.unlink()
    looped = broken(place, "loop")
    Scan(store, [place], ask=lambda *_: "wait", limits=SHORT).run()
    assert outcomes(store)["loop"] == "hung"
    broken(place, "loop", "other")
    Scan(store, [place], ask=lambda *_: "never", limits=SHORT).run()
    assert outcomes(store)["other"] == "never"
    assert {one.path for one in Catalogue(store).blocked} == {looped, place / "other.vst3"}
    changed = broken(place, "text", "other")
    Scan(store, [place]).run()
    assert store.read().bundles[str(changed)].outcome == "never"  # whatever its file has become


def test_what_was_waited_for_once_is_waited_for_again(store, place):
    waiting = place.parent / "go"
    path = shell(place, "Patience", waiting)
    waiting.touch()
    Scan(store, [place]).run()
    record = store.read().bundles[str(path)]
    store.change(
        lambda state: msgspec.structs.replace(
            state, bundles={str(path): msgspec.structs.replace(record, slow=True, seconds=46.0)}
        )
    )
    waiting.unlink()
    late = threading.Timer(3 * SHORT.ask, waiting.touch)
    late.start()
    assert Scan(store, [place], again=True, limits=Limits(SHORT.ask, WHOLE)).run().outcomes == {"known": 1}
    late.join()


def test_a_scan_can_be_cancelled_while_it_waits(store, place):
    link(place, "ZamGateX2")
    broken(place, "loop", "z-loop")
    events = []

    def tell(event):
        events.append(event)
        if isinstance(event, Finished):
            scan.cancel()

    scan = Scan(store, [place], tell=tell)
    summary = scan.run()
    assert summary.cancelled
    assert outcomes(store) == {"ZamGateX2": "known"}
    assert any(isinstance(event, Began) for event in events)


def test_what_goes_wrong_in_the_caller_ends_the_scan_and_its_children(store, place):
    broken(place, "loop")

    def tell(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Scan(store, [place], tell=tell).run()
    assert not store.read().bundles


def test_progress_is_told_of_every_bundle_in_the_callers_thread(store, place):
    for kind in REFUSED:
        broken(place, kind)
    events = []
    Scan(store, [place], tell=lambda event: events.append((threading.get_ident(), event))).run()
    assert {thread for thread, _ in events} == {threading.get_ident()}
    done = [event.done for _, event in events if isinstance(event, Finished)]
    assert done == list(range(1, len(REFUSED) + 1))
    assert {event.total for _, event in events} == {len(REFUSED)}


def test_a_scan_that_is_killed_keeps_what_it_found_and_takes_its_children_along(store, place, tmp_path):
    link(place, "ZamGateX2")
    broken(place, "loop", "z-loop")
    process = subprocess.Popen([sys.executable, "-c", _PROCESS, str(tmp_path / "state"), str(place)])
    until(lambda: "ZamGateX2" in outcomes(store), "the first result")
    until(lambda: _children_of(process.pid), "the second look")
    looking = _children_of(process.pid)
    process.kill()
    process.wait()
    until(lambda: not any(running(pid) for pid in looking), "its children gone")
    assert outcomes(store) == {"ZamGateX2": "known"}
    assert Scan(store, [place], limits=SHORT).run().looked_at == 1


def test_two_scans_at_once_keep_what_both_found(store, tmp_path):
    places = [tmp_path / "one", tmp_path / "two"]
    for place, names in zip(places, (("ZamGateX2", "ZamComp"), ("ZamTube", "ZamEQ2")), strict=True):
        place.mkdir()
        link(place, *names)
        broken(place, "segfault", f"bad-{place.name}")
    processes = [
        subprocess.Popen([sys.executable, "-c", _PROCESS, str(tmp_path / "state"), str(place)]) for place in places
    ]
    assert [process.wait(WHOLE) for process in processes] == [0, 0]
    found = outcomes(store)
    assert found.pop("bad-one") == found.pop("bad-two") == "crashed"
    assert found == dict.fromkeys(("ZamGateX2", "ZamComp", "ZamTube", "ZamEQ2"), "known")
    assert store.remark == ""


def test_many_writers_lose_nothing(tmp_path):
    stores = [Store(tmp_path / "state") for _ in range(8)]

    def add(number):
        for turn in range(10):
            remember_folders(stores[number], [tmp_path / f"{number}-{turn}"])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].read().folders) == 80


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe\x00", b'{"version": 2}', b'{"version": 1, "surprise": 0}', b"[" * 9999]
)
def test_a_broken_file_is_set_aside_and_told(store, place, tmp_path, content):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / NAME).write_bytes(content)
    broken(place, "text")
    assert store.read().bundles == {}
    assert "effects.broken.json" in store.remark
    assert (tmp_path / "state" / "effects.broken.json").read_bytes() == content
    Scan(store, [place]).run()
    assert outcomes(Store(tmp_path / "state")) == {"text": "broken"}


def test_what_is_gone_is_forgotten_but_not_with_its_whole_folder(store, place):
    path = broken(place, "text", "one")
    broken(place, "text", "two")
    Scan(store, [place]).run()
    program(place, "one").unlink()
    path.rename(place / "one.off")
    Scan(store, [place]).run()
    assert set(outcomes(store)) == {"two"}
    place.rename(place.with_name("unplugged"))
    Scan(store, [place]).run()
    assert set(outcomes(store)) == {"two"}
    assert Catalogue(store).broken == ()


def test_the_users_own_folders_are_looked_in_until_they_are_forgotten(store, place, monkeypatch):
    monkeypatch.setattr(scanning.folders, "standard", lambda: ())
    broken(place, "text")
    remember_folders(store, [place, place])
    assert Scan(store).run().total == 1
    assert store.read().folders == (str(place),)
    forget_folder(store, place)
    assert Scan(store).run().total == 0
    assert not store.read().bundles
