"""The commands, from nothing to a model that renders; and what lies in a run's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from engine.errors import BadWeights
from engine.models import cards
from engine.models.catalog import STARTER
from engine.models.checkpoint import unpack
from engine.models.load import load
from engine.pipeline import render
from engine.plan import RENDERER
from engine.training import journal as journals
from engine.training import pictures, runs, saves, sizes
from engine.training.commands import app
from engine.training.journal import Journal, Reports, Screen, TensorBoard, read_journal
from engine.training.loop import Budget
from engine.training.runs import Run
from engine.training.teacher import new_network
from presets.errors import InvalidRequest
from presets.export import wav
from presets.schema import Prompt, Recipe

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def smallest():
    """The tiny size on a handful of real corpus sounds."""
    with pytest.MonkeyPatch.context() as patch:
        tiny = replace(sizes.TINY, codec_chunk=128, chunk=128, measured=1)
        training = replace(tiny.codec_training, batch=4)
        patch.setitem(sizes.SIZES, "tiny", replace(tiny, codec_training=training))
        yield sizes.SIZES["tiny"]


def command(*words):
    found = CliRunner().invoke(app, [str(word) for word in words])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture(scope="module")
def done(smallest, tmp_path_factory):
    """A run of all three stages by their commands."""
    out = tmp_path_factory.mktemp("run")
    wishes = ("--out", out, "--size", "tiny", "--device", "cpu", "--steps", 2)
    with torch.enable_grad():
        for stage in ("codec", "teacher", "distill"):
            found = command(stage, *wishes)
            assert found.exit_code == 0, found.output
    return out


def test_three_commands_make_a_model_that_loads_and_renders(done):
    card = cards.read(done / "model")
    assert card.shortest_frames == 32
    assert card.longest_frames == 64
    recipe = Recipe(
        model=card.id, model_hash=card.model_hash, prompt=Prompt(text="a glass bell"), seed=1, frames=64, steps=1,
        omega=3.0, decode_seed=1, renderer=RENDERER,
    )  # fmt: skip
    sound = render(load(card, CPU), recipe).sound
    assert sound.frames == 64 * 1024
    assert torch.isfinite(torch.tensor(sound.samples.copy())).all()


def test_the_codecs_file_holds_its_statistics(done):
    tensors, header = unpack(done / "codec.safetensors")
    assert header.kind == "tone-noise"
    assert float(tensors["latent_std"].min()) > 0
    assert float((tensors["latent_std"] - 1).abs().max()) > 0.01


def test_a_run_tells_its_settings_figures_sounds_and_curves(done):
    settings = json.loads((done / "run.json").read_text())["stages"]
    assert settings["teacher"]["training"]["noise"] == {"mean": 0.3, "spread": 1.8, "high_share": 0.1}
    assert settings["distill"]["training"]["distill"]["official_quirks"] is False
    assert settings["codec"]["budget"] == {"minutes": None, "steps": 2}
    stages = {line["stage"] for line in read_journal(done)}
    assert {"codec", "teacher", "distill"} <= stages
    samples = list((done / "distill" / "samples").glob("step-*/*.wav"))
    assert len(samples) == 16
    assert wav.read(samples[0]).sound.frames == 64 * 1024
    if pictures.optional("matplotlib.figure") is not None:
        assert (done / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_is_not_overwritten_but_resumed_or_warmed(done, smallest):
    wishes = ("--out", done, "--size", "tiny", "--device", "cpu")
    refused = command("teacher", *wishes, "--steps", 2)
    assert refused.exit_code == 2
    assert "--resume" in refused.output
    with torch.enable_grad():
        assert command("teacher", *wishes, "--steps", 3, "--resume").exit_code == 0
        assert read_journal(done)[-1]["said"].startswith("teacher: done after 3 steps")
        assert command("teacher", *wishes, "--steps", 1, "--warm").exit_code == 0
        assert read_journal(done)[-1]["said"].startswith("teacher: done after 1 steps")


def test_a_teacher_goes_on_from_a_finished_model(done, smallest, tmp_path):
    """With a step that changes next to nothing, it holds what the model's file says."""
    packed = done / "model" / "transformer.safetensors"
    wishes = ("--out", tmp_path / "run", "--size", "tiny", "--device", "cpu", "--steps", 1, "--seed", 5)
    with torch.enable_grad():
        found = command("teacher", *wishes, "--codec", done / "codec.safetensors", "--start", packed)
    assert found.exit_code == 0, found.output
    begun, _ = unpack(packed)
    trained = saves.read(tmp_path / "run" / "teacher" / "checkpoint")["network"]
    for name, weights in begun.items():
        assert float((trained[name] - weights).abs().max()) < 0.02, name
    fresh = new_network(smallest.transformer, 5, CPU).state_dict()
    assert any(float((fresh[name] - weights).abs().max()) > 0.02 for name, weights in begun.items())


def test_a_model_of_another_size_is_no_beginning(done, tmp_path):
    starter = STARTER.path("network")
    wishes = ("--out", tmp_path / "run", "--size", "tiny", "--steps", 1, "--codec", done / "codec.safetensors")
    found = command("teacher", *wishes, "--start", starter)
    assert found.exit_code == 2
    assert "no transformer of this --size" in found.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("teacher", "--size", "tiny", "--steps", "1"), "latent channels"),
        (("distill", "--size", "tiny", "--steps", "1"), "cannot be read"),
        (("codec", "--size", "tiny"), "--minutes or --steps"),
        (("codec", "--size", "huge", "--steps", "1"), "no size"),
        (("codec", "--device", "abacus", "--steps", "1"), "no device"),
        (("codec", "--resume", "--warm", "--steps", "1"), "not both"),
    ],
)
def test_wrong_wishes_are_refused_in_a_sentence(words, said, tmp_path):
    found = command(*words, "--out", tmp_path / "run")
    assert found.exit_code in (1, 2)
    assert said in found.output


def test_one_command_for_all_splits_its_minutes(smallest, tmp_path, monkeypatch):
    asked = []

    def stage(name, result):
        def train(run, budget, *rest, **more):
            asked.append((name, round(budget.minutes, 2)))
            return result

        return train

    done = runs.Outcome(1, 1.0, True, {})
    monkeypatch.setattr(runs, "train_codec", stage("codec", done))
    monkeypatch.setattr(runs, "train_teacher", stage("teacher", done))
    monkeypatch.setattr(runs, "train_student", stage("distill", (done, None)))
    assert (
        command("starter", "--gpu-minutes", 40, "--size", "tiny", "--device", "cpu", "--out", tmp_path).exit_code
        == 0
    )
    assert asked == [("codec", 10.0), ("teacher", 16.8), ("distill", 13.2)]
    monkeypatch.setattr(runs, "train_teacher", stage("teacher", replace(done, done=False)))
    asked.clear()
    command("starter", "--gpu-minutes", 40, "--size", "tiny", "--device", "cpu", "--out", tmp_path, "--codec", "c")
    assert asked == [("teacher", 22.4)]  # and stopped there


def test_official_settings_reach_the_student(done, smallest, stages, tmp_path):
    run = Run(tmp_path, smallest, stages.hardware)
    teacher = done / "teacher" / "checkpoint"
    outcome, card = runs.train_student(run, Budget(steps=1), done / "codec.safetensors", teacher, official=True)
    assert outcome.done
    assert card is not None
    assert card.omega_range == (1.0, 10.0)


def test_screen_and_tensorboard_are_told(tmp_path, done):
    from rich.console import Console

    with (tmp_path / "screen").open("w") as file:
        screen = Screen(Console(file=file, width=160))
        sinks = [screen, Journal(tmp_path)]
        if journals.optional("torch.utils.tensorboard") is not None:
            sinks.append(TensorBoard(tmp_path))
        reports = Reports(sinks)
        reports.begin("teacher")
        reports.figures(5, 1.0, 0.25, {"loss": 0.5, "sigma 2, right": 0.1, "bad": float("nan")})
        reports.sound(5, "a bell", wav.read(next((done / "distill" / "samples").glob("*/*.wav"))).sound)
        reports.say("A sentence.")
        reports.end()
    told = (tmp_path / "screen").read_text()
    assert "A sentence." in told
    assert "25 %" in told
    assert read_journal(tmp_path)[0]["figures"]["bad"] is None
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"cut')
    assert len(read_journal(tmp_path)) == 2


def test_without_optional_packages_training_says_so_or_goes_without(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "optional", lambda name: None)
    monkeypatch.setattr(pictures, "optional", lambda name: None)
    with pytest.raises(InvalidRequest, match="TensorBoard"):
        TensorBoard(tmp_path)
    assert pictures.curves(tmp_path) is False


@pytest.mark.parametrize(
    "change",
    [{"format": "other"}, {"version": 2}, {"files": [{"part": "codec"}]}, {"rate": "fast"}, {"files": None}],
)
def test_broken_cards_are_refused(done, tmp_path, change):
    about = json.loads((done / "model" / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps({**about, **change}))
    with pytest.raises(BadWeights):
        cards.read(tmp_path)


def test_a_card_names_no_files_elsewhere(done, tmp_path):
    about = json.loads((done / "model" / "card.json").read_text())
    about["files"][0]["name"] = "../../secret.safetensors"
    (tmp_path / "card.json").write_text(json.dumps(about))
    with pytest.raises(BadWeights, match="outside"):
        cards.read(tmp_path)


@pytest.mark.long
def test_a_real_run_with_workers_can_be_interrupted_and_resumed(tmp_path):
    words = [sys.executable, "-m", "engine.training"]
    wishes = ["--out", str(tmp_path), "--size", "tiny", "--device", "cpu", "--workers", "2"]
    process = subprocess.Popen([*words, "codec", *wishes, "--minutes", "30"], stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and "steps/s" in journal.read_text()):
        os.sched_yield()
    process.send_signal(2)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    step = json.loads((tmp_path / "codec" / "checkpoint" / "checkpoint.json").read_text())["step"]
    assert step > 0
    subprocess.run([*words, "codec", *wishes, "--steps", str(step + 5), "--resume"], check=True)
    assert (tmp_path / "codec.safetensors").exists()


SEVERAL = """
import torch, sys
from engine.training import hardware
found = hardware.find("cpu")
p = torch.nn.Parameter(torch.zeros(3))
p.grad = torch.full((3,), float(found.rank))
found.average_gradients([p])
assert torch.equal(p.grad, torch.full((3,), 0.5)), p.grad
assert found.mean(float(found.rank)) == 0.5
assert found.agree(found.rank == 1) and not found.agree(False)
print("agreed", found.rank, found.world)
"""


@pytest.mark.long
def test_two_processes_agree_by_accelerate(tmp_path):
    pytest.importorskip("accelerate")
    script = tmp_path / "several.py"
    script.write_text(SEVERAL)
    base = {
        **os.environ,
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29571",
        "ACCELERATE_USE_CPU": "1",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, str(script)],
            env={**base, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for rank in range(2)
    ]
    for rank, process in enumerate(processes):
        out, err = process.communicate(timeout=180)
        assert f"agreed {rank} 2" in out, err
