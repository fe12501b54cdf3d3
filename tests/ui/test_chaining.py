"""Effects in the command line, with the real rack process: what a file sounds like, and what it says of itself."""

from __future__ import annotations

import numpy as np
import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from plugin_bridge.rack.effects import new_slot
from presets import edit as edits
from presets.chains import read_chain, write_chain
from presets.errors import InvalidRequest, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.schema import Chain, Edit, Preset, Prompt, Recipe, Slot, Version, canonical
from presets.sound import Sound
from ui.chaining import COMMANDS, through_chain

RATE = 16_000
GAIN, REVERB = new_slot("gain", gain=0.5), replace(new_slot("reverb"), mix=1.0)
CHAIN = Chain(slots=(GAIN, REVERB))
NATIVE = Sound(np.random.default_rng(0).uniform(-0.2, 0.2, (1, RATE)).astype(np.float32), RATE)


def version(**fields):
    recipe = Recipe(
        model="starter", model_hash="h", prompt=Prompt(text="boom"), seed=1, frames=64, omega=3.0, decode_seed=1,
        renderer=1,
    )  # fmt: skip
    edit = Edit(start=0.1, length=0.5, fade_out=0.05)
    return Version(recipe=recipe, edit=edit, checksum=NATIVE.checksum(), **fields)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """A user's folder for each test."""
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))


def run(command, *words):
    app = typer.Typer()
    app.command(command)(COMMANDS[command])
    app.callback()(lambda: None)
    result = CliRunner().invoke(app, [command, *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def chain(tmp_path):
    """A chain file."""
    write_chain(tmp_path / "chain.json", CHAIN)
    return tmp_path / "chain.json"


def test_a_chain_file_is_read_back_also_from_a_preset(tmp_path, chain):
    assert read_chain(chain) == CHAIN
    preset = tmp_path / "preset.json"
    preset.write_bytes(canonical(Preset(name="p", prompt=Prompt(text="boom"), chain=CHAIN)))
    assert read_chain(preset) == CHAIN
    preset.write_bytes(b'{"kind":"chain","version":1,"slots":[{"effect":"reverb"}]}')  # as a person writes it
    assert read_chain(preset).slots == (Slot(effect="reverb"),)


@pytest.mark.parametrize("data", [
    b"", b"[]", b"{", b'{"kind":"kit","version":1,"name":"x"}', b'{"kind":"chain","version":9,"slots":[]}',
    b'{"kind":"chain","version":1,"slots":[{"effect":"gain","mix":2.0}]}',
    b'{"kind":"chain","version":1,"slots":[{"effect":"gain","path":"/etc/passwd"}]}',
    canonical(Preset(name="p", prompt=Prompt(text="boom"))),
])  # fmt: skip
def test_what_is_no_chain_is_refused(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_chain(path)


def test_the_command_gives_plug_ins_another_rate(tmp_path):
    slots = (Slot(effect="gain"), Slot(effect="Gone", format="vst3", maker="Nobody"))
    write_chain(tmp_path / "chain.json", Chain(slots=slots))
    versions.write(tmp_path / "dry.wav", NATIVE, version(), "24")
    run("chain", tmp_path / "dry.wav", "--chain", tmp_path / "chain.json", "-o", tmp_path / "wet.wav",
        "--plugin-rate", 96_000)  # fmt: skip
    assert [slot.rate for slot in versions.read_version(tmp_path / "wet.wav").chain.slots] == [None, 96_000]
    with pytest.raises(InvalidRequest, match="44100, 48000"):
        run("chain", tmp_path / "dry.wav", "--chain", tmp_path / "chain.json", "-o", tmp_path / "x.wav",
            "--plugin-rate", 12_345)  # fmt: skip


def test_versions_go_through_a_chain_and_say_so():
    dry = version()
    ((sound, printed),) = through_chain([(NATIVE, dry)], CHAIN, 48_000)
    tail = printed.chain.slots[1].tail
    assert tail > 0.2
    assert sound.frames == round((0.5 + tail) * 48_000)
    assert replace(printed, chain=None) == dry
    refined = replace(dry, match_db=-20.0)
    ((other, again),) = through_chain([(NATIVE, refined)], printed.chain, 48_000)
    assert other.frames == sound.frames
    assert again.chain == printed.chain


def test_an_empty_chain_is_the_dry_sound():
    ((sound, _),) = through_chain([(NATIVE, version())], Chain(), 48_000)
    assert sound.checksum() == versions.heard(NATIVE, version(), 48_000).checksum()


def test_a_wet_file_holds_its_version_with_the_chain(tmp_path, chain):
    dry, wet = tmp_path / "dry.wav", tmp_path / "wet.wav"
    made = version()
    versions.write(dry, edits.apply(NATIVE, made.edit), made, "24")
    out = run("chain", dry, "--chain", chain, "-o", wet)
    assert "wet.wav" in out
    told = versions.read_version(wet)
    assert [slot.effect for slot in told.chain.slots] == ["gain", "reverb"]
    assert told.recipe == made.recipe
    sound = wav.read(wet)
    assert sound.depth == "24"
    assert sound.sound.seconds == pytest.approx(0.5 + told.chain.slots[1].tail, abs=1e-4)
    run("chain", wet, "--chain", chain, "-o", tmp_path / "wetter.wav")
    assert len(versions.read_version(tmp_path / "wetter.wav").chain.slots) == 4


def test_any_sound_goes_through_and_nothing_is_overwritten(tmp_path, chain):
    plain, out = tmp_path / "plain.wav", tmp_path / "out.wav"
    wav.write(plain, NATIVE, depth="32f")
    run("chain", plain, "--chain", chain, "-o", out)
    first = out.read_bytes()
    run("chain", plain, "--chain", chain, "-o", out)
    assert out.read_bytes() == first
    assert (tmp_path / "out_2.wav").read_bytes() == first
    assert wav.read(out).sound.rate == RATE


def test_a_missing_plug_in_is_told_and_the_rest_is_heard(tmp_path, capfd):
    slots = (Slot(effect="Gone", format="vst3", maker="them", state=b"theirs"), GAIN)
    ((_, printed),) = through_chain([(NATIVE, version())], Chain(slots=slots), 48_000)
    assert [slot.enabled for slot in printed.chain.slots] == [False, True]
    assert printed.chain.slots[0].state == b"theirs"


def test_wrong_wishes_are_refused_before_anything_starts(tmp_path, chain):
    wav.write(tmp_path / "plain.wav", NATIVE, depth="24")
    for words in (("-o", tmp_path / "out.flac"), ("-o", tmp_path / "out.wav", "--bit-depth", "20")):
        with pytest.raises(InvalidRequest):
            run("chain", tmp_path / "plain.wav", "--chain", chain, *words)
    with pytest.raises(InvalidRequest):
        through_chain([(NATIVE, version())], CHAIN, 22_050)


def test_the_help_says_that_no_tempo_reaches_plug_ins():
    assert "No host tempo reaches them" in " ".join(run("chain", "--help").split())


def test_the_built_in_effects_are_listed():
    listed = run("builtins", "--knobs")
    for words in ("convolution", "tape_stop", "Threshold: -18.0 dB"):
        assert words in listed
