"""What the model does not know is told; what it knows in other words is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import BadWeights
from engine.evaluation.familiar_training import collect
from engine.evaluation.lessons import Lesson
from engine.evaluation.retrieval import free_prompts
from engine.local import Engine
from engine.models import familiar
from engine.models.checkpoint import Header, pack
from engine.models.familiar import Familiar, different
from engine.models.judge import Features

NEAR = [
    ("whoosh", "whoosh"),
    ("rain on a tin roof", "rain on roof"),
    ("footsteps on gravel", "footsteps"),
    ("gunshot", "gunshot"),
    ("thunder", "thunder"),
    ("church bell", "church bell"),
]
FAR = [
    "quarterly tax report",
    "asdf qwer zxcv",
    "president of france",
    "photosynthesis in plants",
    "invoice number 4711",
    "contract law",
    "the stock market fell today",
    "how to learn spanish fast",
    "buy milk and eggs",
    "quantum field theory lecture",
]


@pytest.mark.parametrize(("prompt", "family"), NEAR)
def test_what_the_corpus_knows_is_near(engine: Engine, prompt: str, family: str) -> None:
    found = familiar.load().nearness(engine.embed(prompt))
    assert not found.strange
    assert found.family == family


def test_nonsense_and_other_things_are_far(engine: Engine) -> None:
    found = [familiar.load().nearness(engine.embed(prompt)) for prompt in FAR]
    assert sum(one.strange for one in found) >= 8
    assert min(one.distance for one in found) > 0.4


def test_nine_of_ten_prompts_in_free_words_are_not_called_strange(engine: Engine) -> None:
    found = [familiar.load().nearness(engine.embed(prompt)) for prompt, _ in free_prompts()[::4]]
    assert np.mean([one.strange for one in found]) <= 0.2


def unit(*rows: list[float]) -> np.ndarray:
    x = np.array(rows, np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_distance_is_one_minus_the_cosine_to_the_nearest_caption() -> None:
    known = Familiar(unit([1, 0], [0, 1]), np.array([0, 1]), ("a", "b"), 0.1)
    found = known.nearness([0.6, 0.8])
    assert (found.family, found.strange) == ("b", True)
    assert found.distance == pytest.approx(0.2)


def test_what_a_model_was_taught_is_no_longer_strange() -> None:
    known = Familiar(unit([1, 0]), np.array([0]), ("a",), 0.1)
    assert known.nearness([0.0, 1.0]).strange
    found = known.taught("my metal", unit([0, 1])).nearness([0.0, 1.0])
    assert (found.family, found.strange) == ("my metal", False)


def test_captions_that_differ_are_kept() -> None:
    x = unit([1, 0, 0], [1, 0.01, 0], [0, 1, 0], [1, 0.02, 0], [0, 0, 1])
    assert set(different(x, 3)) >= {2, 4}
    assert len(different(x, 9)) == 5
    assert different(x[:0], 3) == []


def test_what_is_collected_is_saved_and_read_again(tmp_path: Path) -> None:
    texts = torch.nn.functional.normalize(torch.randn(6, 384, generator=torch.Generator().manual_seed(1)))
    main = torch.tensor([0, 1, 0, 1, 0, 1])
    nothing = Features(torch.zeros(6, 64, 32), torch.zeros(6, 8))
    lesson = Lesson(nothing, texts, torch.nn.functional.one_hot(main).float())
    known = collect([lesson], ("a", "b"), lambda name: [1.0] + [0.0] * 383, captions=2)
    assert known.owners.tolist() == [0, 0, 0, 1, 1, 1]
    familiar.save(known, tmp_path / "familiar.safetensors", "a test")
    again = familiar.load(tmp_path / "familiar.safetensors")
    assert again.families == ("a", "b")
    assert (again.vectors * known.vectors).sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "familiar.safetensors"
    pack(path, {"x": torch.zeros(2)}, Header("dit", {}, "", ""))
    with pytest.raises(BadWeights, match="does not hold what a model knows"):
        familiar.load(path)


def test_a_prompt_far_from_all_that_is_known_is_told_with_the_nearest(engine):
    from engine.local import Ask, plan

    (strange,) = plan(Ask(FAR[0], length=0.4))
    told = " ".join(engine.make(strange).remarks)
    assert "nothing like this" in told
    assert familiar.load().nearness(engine.embed(FAR[0])).family.replace("_", " ") in told
    (known,) = plan(Ask("heavy metal door slam", length=0.4))
    assert not engine.make(known).remarks
