"""Teaching a folder, using what came of it, and measuring models, as a person does: by the command line."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import client, lab
from engine.evaluation import run as evaluation
from engine.evaluation.ground import Size
from engine.evaluation.table import Column, Figure, Results
from engine.training import teach as teaching
from presets.errors import NotWritten
from presets.export import wav
from presets.export.version import read_version
from presets.schema import with_steps
from presets.sound import Sound
from ui.cli import run

SCRAPE = "rusty metal scrape"


def sound(seconds, hertz=300.0):
    time = np.arange(round(seconds * 44100)) / 44100
    return Sound((0.3 * np.sin(2 * np.pi * hertz * time) * np.exp(-2 * time)).astype(np.float32)[None], 44100)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A folder as people have them: good files, a silent one, a broken one, one whose name says nothing."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, seconds in (("Rusty Metal Scrape 01", 0.8), ("METLImpt_Girder Hit_ABC_Lib", 0.5), ("0001", 0.5)):
        wav.write(folder / f"{name}.wav", sound(seconds), depth="24")
    wav.write(folder / "silent metal.wav", Sound(np.zeros((1, 4410), np.float32), 44100), depth="16")
    (folder / "broken metal.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture(scope="module")
def taught(tmp_path_factory, little_model, sounds):
    """A folder of models: a little one, and what it was taught; and what was said of it."""
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(little_model, models / "little", copy_function=os.link)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONETAKE_MODELS", str(models))
        patch.setenv("COLUMNS", "200")
        patch.chdir(tmp_path_factory.mktemp("takes"))
        before = drafts()
        out, err = io.StringIO(), io.StringIO()
        words = ["teach", str(sounds), "--name", "My metal", "--base", "little", "--licence", "mine alone"]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            assert run([*words, "--steps", "3"]) == 0
        assert drafts() == before  # with the adapter off, nothing has changed: the very same files
    return models, out.getvalue(), err.getvalue()


def drafts():
    """The bytes of a draft and a refined take of the base, and of a draft of the starter."""
    made = []
    for model, steps in (("little", "1"), ("little", "2"), ("starter", "1")):
        words = ["render", SCRAPE, "--seed", "3", "--length", "0.4", "--model", model, "--steps", steps]
        with contextlib.redirect_stdout(io.StringIO()):
            assert run([*words, "-o", "x.wav", "--overwrite"]) == 0
        made.append(Path("x.wav").read_bytes())
    return made


@pytest.fixture
def models(taught, tmp_path, monkeypatch):
    """A folder of models of this test's own, with the little and the taught one."""
    shutil.copytree(taught[0], tmp_path / "models", copy_function=os.link)
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "models"


@pytest.fixture
def scrape(models, capsys):
    """A draft of the taught model."""
    assert run(["render", SCRAPE, "--model", "my-metal", "--seed", "3", "--length", "0.4", "-o", "s.wav"]) == 0
    capsys.readouterr()
    return Path("s.wav")


def replace_model(models):
    """Another model under the same name."""
    shutil.rmtree(models / "my-metal")
    shutil.copytree(models / "little", models / "my-metal", copy_function=os.link)


def test_teaching_says_what_is_learned_what_is_not_and_what_to_do_next(taught):
    models, out, err = taught
    for words in ("Rusty Metal Scrape 01.wav", SCRAPE, "girder hit", "0.80", "2 sound files (mine alone)"):
        assert words in out
    assert 'onetake render "girder hit" --model my-metal' in out
    assert f"delete the folder {models / 'my-metal'}" in out
    for words in ("0001.wav is left out", "silent metal.wav is left out", "broken metal.wav is left out"):
        assert words in err
    assert "100 %" in err
    assert "No --licence" not in err
    assert sorted(p.name for p in models.iterdir()) == ["little", "my-metal"]


def test_the_model_is_listed_with_its_provenance(models, capsys):
    assert run(["models"]) == 0
    out = capsys.readouterr().out
    assert "starter: Onetake starter" in out
    assert "my-metal: My metal: little, taught 2 sound files" in out
    assert "CC0-1.0; taught sounds: mine alone" in out
    taught = next(line for line in out.splitlines() if line.startswith("  taught"))
    assert "2 sound files (mine alone), on 20" in taught
    assert taught.endswith("from little")
    assert str(models / "my-metal") in out


def test_the_model_renders_refines_and_is_told_in_the_files(scrape, capsys):
    version = read_version(scrape)
    assert version.recipe.model == "my-metal"
    assert version.model_licence == "CC0-1.0; taught sounds: mine alone"
    assert run(["refine", str(scrape), "--steps", "2"]) == 0
    assert read_version(Path("s_2steps.wav")).recipe == with_steps(version.recipe, 2)
    assert run(["render", SCRAPE, "--model", "little", "--seed", "3", "--length", "0.4", "-o", "base.wav"]) == 0
    assert read_version(Path("base.wav")).checksum != version.checksum
    capsys.readouterr()
    assert run(["info", str(scrape)]) == 0
    out = capsys.readouterr().out
    assert "my-metal was taught 2 sound files (mine alone)" in out


def test_a_model_that_was_replaced_or_removed_is_refused_clearly(scrape, models, capsys):
    replace_model(models)
    assert run(["refine", str(scrape)]) == 1
    assert "other weights of my-metal" in capsys.readouterr().err
    assert run(["info", str(scrape)]) == 0
    assert "other weights than the one" in capsys.readouterr().err
    shutil.rmtree(models / "my-metal")
    assert run(["refine", str(scrape)]) == 1
    assert "not installed here" in capsys.readouterr().err
    assert run(["info", str(scrape)]) == 0
    assert "cannot be made again here" in capsys.readouterr().err
    assert not list(Path().glob("*steps*"))


def test_a_running_engine_renders_it_and_notices_that_it_was_replaced(
    scrape, models, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))
    engine = client.EngineClient(tmp_path, lambda event: None, "cpu")
    try:
        words = ["render", SCRAPE, "--model", "my-metal", "--seed", "3", "--length", "0.4", "-o"]
        with monkeypatch.context() as patch:  # so that it is the other process that renders
            patch.delattr("engine.local.Engine.make")
            assert run([*words, "remote.wav"]) == 0
            assert Path("remote.wav").read_bytes() == scrape.read_bytes()
            replace_model(models)
            assert run(["refine", str(scrape)]) == 1
            assert "other weights of my-metal" in capsys.readouterr().err
            assert run([*words, "other.wav"]) == 0
            assert read_version(Path("other.wav")).recipe.model_hash != read_version(scrape).recipe.model_hash
            shutil.rmtree(models / "my-metal")
            assert run(["render", SCRAPE, "--length", "0.4", "--seed", "1", "-o", "starter.wav"]) == 0
    finally:
        engine.close()
        pid = json.loads((tmp_path / "state/engine.json").read_bytes())["pid"]
        os.kill(pid, 15)
        for process in client._started:
            if process.pid == pid:  # engines of other tests stay until nobody has come for a minute
                process.wait(30)


def test_a_broken_model_is_told_and_stops_no_other(models, capsys):
    (models / "my-metal/adapter.safetensors").unlink()
    (models / "notes").mkdir()
    assert run(["models"]) == 0
    captured = capsys.readouterr()
    assert "little: A little model" in captured.out
    assert "my-metal cannot be used" in captured.err
    assert "notes cannot be used" in captured.err
    assert run(["render", SCRAPE, "--model", "my-metal"]) == 1
    assert "missing or not whole" in capsys.readouterr().err
    assert run(["render", SCRAPE, "--model", "little", "--length", "0.4", "--seed", "1", "-o", "x.wav"]) == 0
    assert not Path("takes").exists()


def test_an_altered_model_is_refused_when_it_is_loaded(models, capsys):
    path = models / "my-metal/adapter.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    path.write_bytes(data)
    assert run(["render", SCRAPE, "--model", "my-metal", "-o", "x.wav"]) == 1
    assert "truncated or altered" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["SOUNDS"], 2, "--name"),
        (["SOUNDS", "--name", "My metal"], 2, "a model called my-metal already"),
        (["SOUNDS", "--name", "MY  METAL!"], 2, "delete the folder"),
        (["SOUNDS", "--name", "Starter"], 2, "comes with Onetake"),
        (["SOUNDS", "--name", " "], 2, "needs a name"),
        (["SOUNDS", "--name", "x", "--base", "other"], 2, "There is: starter, little, my-metal"),
        (["SOUNDS", "--name", "x", "--base", "my-metal"], 2, "taught already"),
        (["SOUNDS", "--name", "x", "--minutes", "0"], 2, "more than 0"),
        (["SOUNDS", "--name", "x", "--minutes", "nan"], 2, "more than 0"),
        (["SOUNDS", "--name", "x", "--steps", "0"], 2, "at least 1 step"),
        (["SOUNDS", "--name", "x", "--seed", "-1"], 2, "seed"),
        (["SOUNDS", "--name", "x", "--device", "tpu"], 2, "cpu"),
        (["missing", "--name", "x"], 2, "not a folder"),
        (["EMPTY", "--name", "x"], 2, "holds no sounds"),
        (["BROKEN", "--name", "x"], 2, "No sound in"),
        (["TABLE", "--name", "x"], 2, "line 2"),
    ],
)
def test_wrong_wishes_are_told_and_cost_nothing(words, status, told, models, sounds, tmp_path, capsys):
    for name in ("EMPTY", "BROKEN", "TABLE"):
        (tmp_path / name).mkdir()
    (tmp_path / "BROKEN/metal.wav").write_bytes(b"RIFF")
    (tmp_path / "TABLE/captions.csv").write_text("file,caption\nmissing.wav,a hit\n")
    places = {"SOUNDS": str(sounds), **{name: str(tmp_path / name) for name in ("EMPTY", "BROKEN", "TABLE")}}
    before = sorted(models.iterdir())
    assert run(["teach", *[places.get(word, word) for word in words]]) == status
    captured = capsys.readouterr()
    assert told in captured.err
    assert not captured.out
    assert sorted(models.iterdir()) == before


def teach(sounds):
    return run(["teach", str(sounds), "--name", "Other", "--base", "little", "--steps", "2"])


def test_the_same_folder_seed_and_steps_give_the_same_model(models, sounds):
    assert teach(sounds) == 0
    first = (models / "other/adapter.safetensors").read_bytes()
    shutil.rmtree(models / "other")
    assert teach(sounds) == 0
    assert (models / "other/adapter.safetensors").read_bytes() == first


def test_ctrl_c_while_it_learns_leaves_nothing(models, sounds, monkeypatch, capsys):
    def stop(share, loss, left):
        raise KeyboardInterrupt

    monkeypatch.setattr("ui.report.teaching", lambda: contextlib.nullcontext(stop))
    before = sorted(models.iterdir())
    assert teach(sounds) == 130
    assert "Stopped." in capsys.readouterr().err
    assert sorted(models.iterdir()) == before


def test_a_disk_that_fills_up_while_it_is_written_leaves_nothing(models, sounds, monkeypatch, capsys):
    def full(path, data, **options):
        raise NotWritten(f"{path} could not be written: the disk is full.")

    monkeypatch.setattr(teaching, "write_atomically", full)
    before = sorted(models.iterdir())
    assert teach(sounds) == 1
    captured = capsys.readouterr()
    assert "disk is full" in captured.err
    assert "No --licence was given" in captured.err
    assert sorted(models.iterdir()) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount a small disk")
@pytest.mark.parametrize(("options", "told"), [("size=64k", "disk is full"), ("ro", "Read-only")])
def test_a_disk_that_cannot_take_it_is_told_before_anything_is_learned(models, sounds, options, told, capsys):
    import subprocess

    disk = models / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ONETAKE_MODELS", str(disk))
            patch.delattr("engine.training.lesson.Lesson.step")
            assert run(["teach", str(sounds), "--name", "Other", "--steps", "2"]) == 1
        assert told in capsys.readouterr().err
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)


def results(models):
    columns = [Column(Path(model).name, {"captions: family": Figure(0.5, "%", 0.4, 0.6)}) for model in models]
    return Results((Column("real sounds"), *columns), {})


def test_evaluate_measures_models_side_by_side_and_writes_what_it_found(models, monkeypatch, capsys):
    asked = []

    def evaluate(subjects, size, device, recordings, out=None, watch=None):
        asked.append((subjects, size, device, recordings, out))
        watch("drafts", 2, 2)
        return results(subjects)

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    Path("evaluation").mkdir()
    assert run(["evaluate", "my-metal", "starter", "--quick"]) == 0
    captured = capsys.readouterr()
    assert "50.0 (40.0 to 60.0)" in captured.out
    assert "drafts: 2" in captured.err
    assert "needs matplotlib" in captured.err
    assert asked[-1] == ([str(models / "my-metal"), "starter"], evaluation.QUICK, "cpu", None, None)
    content = json.loads(Path("evaluation_2/evaluation.json").read_text())
    assert [column["name"] for column in content["columns"]] == ["real sounds", "my-metal", "starter"]
    assert Path("evaluation_2/evaluation.md").read_text().startswith("| measure")
    monkeypatch.setattr(lab, "find_spec", lambda name: name)
    Path("real").mkdir()
    assert run(["evaluate", "-o", "found", "--real", "real"]) == 0
    assert asked[-1] == (["starter"], evaluation.FULL, "cpu", Path("real"), Path("found"))
    assert "found/sheet.png" in capsys.readouterr().out
    assert run(["evaluate", "-o", "evaluation_2"]) == 2
    assert "holds an evaluation already" in capsys.readouterr().err
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["stable"], "There is: starter, little, my-metal"),
        (["starter", "--real", "missing"], "not a folder"),
        (["--device", "tpu"], "cpu"),
    ],
)
def test_evaluate_tells_what_is_wrong_before_it_measures(words, told, models, capsys):
    assert run(["evaluate", *words]) == 2
    assert told in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_help_loads_neither_training_nor_torch():
    import subprocess

    code = (
        "import sys; from ui import cli; cli.run(['--help']);"
        "sys.exit('torch' in sys.modules or 'engine.training' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "teach" in done.stdout


@pytest.mark.long
def test_the_starter_is_taught_and_measured(models, sounds, monkeypatch, capsys):
    assert run(["teach", str(sounds), "--name", "Other", "--steps", "2"]) == 0
    assert run(["render", SCRAPE, "--model", "other", "--seed", "1", "-o", "x.wav"]) == 0
    monkeypatch.setattr(evaluation, "QUICK", Size(4, 2, 2, 1, 2, 1, 1, 0.8, 1))
    assert run(["evaluate", "other", "--quick"]) == 0
    assert "other" in capsys.readouterr().out
    assert Path("evaluation/evaluation.json").exists()
