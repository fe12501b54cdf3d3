"""FLAN-T5's encoder: shapes, masks and padding, with random weights: the reference gives no numbers for it."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from engine.text.flan_t5 import FlanT5, FlanT5Config, FlanT5Text

pytest.importorskip("transformers", reason="the extra `official` is not installed")

CONFIG = FlanT5Config(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, vocab_size=16, tokens=6)
WORDS = ["<pad>", "</s>", "<unk>", "a", "dog", "barks", "rain"]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    path = tmp_path_factory.mktemp("t5") / "tokenizer.json"
    made.save(str(path))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return FlanT5Text(FlanT5(CONFIG).eval(), path)


@pytest.mark.parametrize(("prompt", "tokens"), [("", 1), ("a dog barks", 4), ("rain " * 20, 6)])
def test_a_prompt_is_its_words_and_an_end_unpadded(text, prompt, tokens):
    found = text(prompt)
    assert found.tokens.shape == (1, tokens, 32)
    assert torch.equal(found.mask, torch.ones(1, tokens, dtype=torch.bool))
    assert found.truncated == (tokens == 6)


def test_a_prompt_is_read_once(text):
    assert text("a dog") is text("a dog")


def test_unknown_words_are_told(text):
    assert (text("a dog").foreign, text("a cat").foreign) == (False, True)


def test_padding_changes_nothing_but_rounding(text, error):
    alone = text("a dog barks").tokens
    ids = torch.tensor([[3, 4, 5, 1, 0, 0, 0]])
    padded = text._network(ids, ids != 0)
    assert error(padded[:, :4], alone) < 1e-5


def test_a_token_changes_with_the_whole_prompt(text):
    assert not torch.equal(text("a dog").tokens[:, 0], text("a rain").tokens[:, 0])


def test_it_is_built_without_memory_and_filled(text, error):
    with torch.device("meta"):
        other = FlanT5(CONFIG).eval()
    other.load_state_dict(text._network.state_dict(), assign=True)
    ids = torch.tensor([[3, 4, 1]])
    assert error(other.to("cpu")(ids, ids > 0), text("a dog").tokens) == 0
