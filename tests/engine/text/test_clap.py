"""CLAP's text branch against the reference, and what a prompt becomes."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from engine.text.clap import Clap, ClapConfig, ClapText

pytest.importorskip("transformers", reason="the extra `official` is not installed")

SIZES = {
    "projection_dim": 24,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 80,
}
VERSIONS = {1: ClapConfig(projected=True, vocab_size=120, **SIZES), 2: ClapConfig(False, vocab_size=120, **SIZES)}


@pytest.fixture(scope="module")
def tiny(reference):
    return reference("clap_text_tiny")


def network(tiny, version):
    """Built without memory, as weight files are loaded."""
    with torch.device("meta"):
        net = Clap(VERSIONS[version]).eval()
    weights = {n: t for n, t in tiny.under("weights/").items() if version == 1 or n.startswith("text_branch.")}
    net.load_state_dict(weights, assign=True)
    return net.to("cpu")


@pytest.mark.parametrize("version", [1, 2])
def test_embeddings_equal_the_reference(tiny, error, version):
    net = network(tiny, version)
    ids, mask = tiny["io/input_ids"], tiny["io/attention_mask"]
    assert error(net(ids, mask.bool()), tiny[f"io/v{version}_embedding"]) < 1e-5
    inner = net.text_branch(input_ids=ids, attention_mask=mask)
    assert error(inner.pooler_output, tiny["io/pooler_output"]) < 1e-5
    assert error(inner.last_hidden_state[:, :12], tiny["io/last_hidden_state"]) < 1e-5


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """Bytes as tokens, begun and ended as roberta-base does."""
    words = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, [], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    path = tmp_path_factory.mktemp("clap") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.fixture(scope="module", params=[True, False], ids=["v1", "v2"])
def text(request, tokenizer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return ClapText(Clap(ClapConfig(request.param, vocab_size=260, **SIZES)).eval(), tokenizer)


def test_a_prompt_is_one_token_of_length_1(text):
    for prompt in ("", "a dog barks", "rain " * 100):
        found = text(prompt)
        assert found.tokens.shape in {(1, 1, 24), (1, 1, 32)}
        assert torch.equal(found.mask, torch.ones(1, 1, dtype=torch.bool))
        assert float(found.tokens.norm()) == pytest.approx(1, abs=1e-6)
    assert not torch.equal(text("a dog barks").tokens, text("a cat meows").tokens)


def test_a_prompt_is_read_once(text):
    assert text("a wooden knock") is text("a wooden knock")


def test_padding_changes_nothing_but_rounding(text, error):
    ids = torch.tensor([text._tokenizer.encode("a dog").ids])
    short = ids[:, : int((ids != 1).sum())]
    assert ids.shape == (1, 77)
    assert error(text._network(short, short != 1), text("a dog").tokens[:, 0]) < 1e-5


def test_foreign_and_long_prompts_are_told(text):
    assert (text("стук").foreign, text("knock").foreign) == (True, False)
    assert (text("x" * 76).truncated, text("x" * 75).truncated) == (True, False)


def test_what_is_remembered_may_be_trained_on(text):
    with torch.inference_mode():
        found = text("made while rendering")
    assert not found.tokens.is_inference()
