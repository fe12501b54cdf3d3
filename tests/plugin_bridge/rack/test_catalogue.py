"""Looking up plug-ins: who they are becomes where they lie, and only what this machine knows is ever named."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from plugin_bridge.rack.bundles import Fingerprint, fingerprint
from plugin_bridge.rack.catalogue import Catalogue
from plugin_bridge.rack.errors import PluginBroken, PluginDied, PluginHung, PluginMissing, RackError
from plugin_bridge.rack.findings import Plugin, Record, State
from plugin_bridge.rack.inspection import Limits
from plugin_bridge.rack.scan import Scan
from plugin_bridge.rack.store import Store
from presets.errors import InvalidRequest
from tests.plugin_bridge.rack.bundles import SHELL, broken, shell
from tests.plugin_bridge.rack.hosting import bundle

PRINT = Fingerprint(1, 2, 3, "4")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "state")


def plugin(name, maker="Maker", version="1.0", **more):
    """A plug-in as a probe tells of it."""
    return Plugin(name=name, maker=maker, version=version, **more)


def remember(store, folder, **records):
    """Let records stand for bundles that are there, as a scan would leave them; returns the catalogue."""
    state = {}
    for stem, record in records.items():
        path = folder / f"{stem}.vst3"
        path.mkdir(exist_ok=True)
        state[str(path)] = record
    store.change(lambda before: State(bundles=state))
    return Catalogue(store)


def known(*plugins, **more):
    """What is kept of a bundle with these plug-ins."""
    return Record(outcome="known", fingerprint=PRINT, plugins=plugins, **more)


def test_a_chain_finds_its_version_else_the_newest_of_the_same_maker(store, tmp_path):
    catalogue = remember(
        store,
        tmp_path,
        a=known(plugin("Verb", version="1.9")),
        b=known(plugin("Verb", version="1.10")),
        c=known(plugin("Verb", maker="Other", version="7.0")),
    )
    assert catalogue.find("vst3", "Verb", "Maker", "1.9").path.stem == "a"
    assert catalogue.find("vst3", "Verb", "Maker", "3.0").version == "1.10"
    assert catalogue.find("vst3", "Verb", "Maker").version == "1.10"
    assert catalogue.find("vst3", "Verb", "Other", "1.9").version == "7.0"
    assert catalogue.find("vst3", "Verb", "Nobody", "1.9") is None
    assert catalogue.find("au", "Verb", "Maker", "1.9") is None
    assert catalogue.find("vst3", "verb", "Maker", "1.9") is None


def test_no_name_from_elsewhere_becomes_a_path(store, tmp_path):
    catalogue = remember(store, tmp_path, a=known(plugin("Verb")))
    for name in (str(tmp_path / "a.vst3"), "../a", "a.vst3", "a", "", "Verb\0", "*"):
        assert catalogue.find("vst3", name, "Maker", "1.0") is None


def test_a_slow_one_that_nobody_waited_for_is_found_by_its_file_name_last(store, tmp_path):
    slow = Record(outcome="slow", fingerprint=PRINT, slow=True)
    catalogue = remember(store, tmp_path, Verb=slow, other=known(plugin("Verb", maker="Other")))
    found = catalogue.find("vst3", "Verb", "Maker", "1.0")
    assert (found.path.stem, found.slow, found.loaded) == ("Verb", True, False)
    assert catalogue.find("vst3", "Verb", "Other", "9").path.stem == "other"


def test_what_is_blocked_broken_or_gone_is_not_found(store, tmp_path):
    records = {
        outcome: Record(outcome=outcome, fingerprint=PRINT, reason="why")
        for outcome in ("crashed", "hung", "never")
    }
    broke = Record(outcome="broken", fingerprint=PRINT)
    catalogue = remember(store, tmp_path, gone=known(plugin("Gone")), broken=broke, **records)
    assert {one.path.stem for one in catalogue.blocked} == set(records)
    assert [one.path.stem for one in catalogue.broken] == ["broken"]
    assert catalogue.find("vst3", "Gone", "Maker") is not None
    (tmp_path / "gone.vst3").rmdir()
    catalogue.refresh()
    assert catalogue.known == ()


def test_search_wants_all_words_in_name_maker_or_category(store, tmp_path):
    catalogue = remember(
        store,
        tmp_path,
        a=known(plugin("Big Verb", category="Fx|Reverb"), plugin("Comp", category="Fx|Dynamics")),
        b=known(plugin("Synth", category="Instrument|Synth", effect=False, instrument=True)),
    )
    assert [one.name for one in catalogue.search("")] == ["Big Verb", "Comp"]
    assert [one.name for one in catalogue.search("MAKER reverb")] == ["Big Verb"]
    assert catalogue.search("reverb comp") == ()
    assert [one.name for one in catalogue.search(instruments=True)] == ["Synth"]


def test_favourites_stand_first_and_outlive_scans(store, tmp_path):
    catalogue = remember(store, tmp_path, a=known(plugin("A")), b=known(plugin("B")), z=known(plugin("Z")))
    assert catalogue.like("z").favourite
    assert [one.name for one in catalogue.known] == ["Z", "A", "B"]
    Scan(store, [tmp_path / "nowhere"]).run()
    assert [one.name for one in Catalogue(store).known if one.favourite] == ["Z"]
    catalogue.like("Z", liked=False)
    assert not any(one.favourite for one in Catalogue(store).known)
    with pytest.raises(InvalidRequest, match="No plug-in is called"):
        catalogue.like("nobody")
    with pytest.raises(InvalidRequest, match="fits several"):
        catalogue.like("maker")


def test_a_slow_favourite_stays_one_when_its_maker_is_known(store, tmp_path):
    catalogue = remember(store, tmp_path, Verb=Record(outcome="slow", fingerprint=PRINT, slow=True))
    catalogue.like("Verb")
    path = str(tmp_path / "Verb.vst3")
    store.change(lambda state: structs.replace(state, bundles={path: known(plugin("Verb"), slow=True)}))
    catalogue.refresh()
    assert catalogue.known[0].favourite
    catalogue.like("Verb", liked=False)
    assert not catalogue.known[0].favourite


def test_one_file_is_loaded_without_a_scan(store):
    catalogue = Catalogue(store)
    (found,) = catalogue.load_directly(bundle("ZamGateX2"))
    assert (found.name, found.path) == ("ZamGateX2", Path("/usr/lib/vst3/ZamGateX2.vst3"))
    assert Catalogue(store).find("vst3", "ZamGateX2", "Damien Zammit", "4.1.0") == found


def test_a_shell_is_loaded_directly_with_all_it_holds(store, tmp_path, monkeypatch):
    shell(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = Catalogue(store).load_directly(Path("Shell.vst3"))
    assert {one.plugin_name for one in found} == set(SHELL)
    assert {one.path for one in found} == {tmp_path / "Shell.vst3"}


def test_what_cannot_be_loaded_directly_says_why(store, tmp_path):
    catalogue = Catalogue(store)
    with pytest.raises(PluginBroken, match="damaged"):
        catalogue.load_directly(broken(tmp_path, "text"))
    with pytest.raises(PluginDied, match=r"exit status 0.*block-list"):
        catalogue.load_directly(broken(tmp_path, "exit"))
    with pytest.raises(PluginHung, match="in time"):
        catalogue.load_directly(broken(tmp_path, "loop"), 1.0)
    with pytest.raises(PluginMissing):
        catalogue.load_directly(tmp_path / "nowhere.vst3")
    with pytest.raises(InvalidRequest):
        catalogue.load_directly(tmp_path / "notes.txt")
    assert {one.path.stem: one.outcome for one in (*catalogue.blocked, *catalogue.broken)} == {
        "text": "broken",
        "exit": "crashed",
        "loop": "hung",
    }


def test_a_direct_look_can_be_cancelled_and_leaves_nothing_behind(store, tmp_path):
    with pytest.raises(RackError, match="stopped"):
        Catalogue(store).load_directly(broken(tmp_path, "loop"), began=lambda one: one.cancel())
    assert not store.read().bundles


def test_a_blocked_one_is_usable_again_when_it_is_tried_again_and_loads(store, tmp_path):
    path = shell(tmp_path, "Patience", tmp_path / "go")
    Scan(store, [tmp_path], ask=lambda *_: "never", limits=Limits(1, 2)).run()
    catalogue = Catalogue(store)
    assert [one.path for one in catalogue.blocked] == [path]
    (tmp_path / "go").touch()
    assert Scan(store, [tmp_path]).run().looked_at == 0
    assert {one.name for one in catalogue.try_again(path)} == set(SHELL)
    assert catalogue.blocked == ()
    assert store.read().bundles[str(path)].fingerprint == fingerprint(path)
