"""Published checkpoints: every key is known, each becomes a weight file that runs, mix-ups get their names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from engine.errors import BadWeights
from engine.models import official, tensor_file
from engine.models.checkpoint import fill, unpack
from engine.models.official import SOURCE_HASH, convert, misfit
from engine.models.published import (
    AUDIOLDM,
    CLAP_V1,
    CLAP_V2,
    DIT_V1,
    DIT_V2,
    GAUSSIAN_DAC,
    PUBLISHED,
    TEACHERS,
    UNET,
    UNET_EMA,
    build,
)
from engine.networks.dit import DiT, DiTConfig
from engine.networks.unet import UNetConfig
from presets.errors import NotWritten

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAMPLE = FIXTURES / "gaussian_dac_weights.pth"
TEACHER_V1, TEACHER_V2, TEACHER_16K = TEACHERS


@pytest.fixture(scope="module")
def keys():
    return json.loads((FIXTURES / "keys_official.json").read_text())


@pytest.fixture
def z_stats(tmp_path):
    path = tmp_path / "z_stats.pth"
    dice = torch.Generator().manual_seed(3)
    torch.save({"z_mean": torch.randn(8, generator=dice), "z_std": torch.rand(8, generator=dice) + 0.5}, path)
    return path


def saved(path, weights):
    torch.save(weights, path)
    return path


def loaded(path):
    """A weight file as a network, as models are loaded."""
    tensors, header = unpack(path)
    net = build(header.kind, header.config)
    fill(net, tensors, path)
    return net.eval()


def full_size(shapes):
    """Tensors of these shapes, each of a few bytes."""
    return {name: torch.full((), 0.5).expand(shape) for name, shape in shapes.items()}


def published(keys, row):
    """A checkpoint in the official format with every official key at full size, a few bytes a tensor."""
    if row.id.startswith("dit-"):
        weights = full_size(keys["dit_v1" if "v1" in row.id else "dit_v2"])
        extra = full_size({f"dit.{name}": (1536, 1536) for name in row.marks})
        return {("module." if extra else "") + name: t for name, t in (weights | extra).items()}
    if row.id.startswith("clap-"):
        clap = {n.split(".", 2)[2]: s for n, s in keys["dit_v1"].items() if n.startswith("text_encoder.model.")}
        names = {f"module.{name}": shape for name, shape in clap.items()}
        odd = {"module.text_branch.embeddings.position_ids": (1, 514)}
        return {"epoch": 3, "name": "HTSAT-tiny", "state_dict": full_size(names | odd)}
    if row.id == "audioldm":
        other = {"model.diffusion_model.out.2.bias": (8,), "betas": (1000,), "cond_stage_model.x": (3, 3)}
        return {"state_dict": full_size(keys["audioldm"] | other), "pytorch-lightning_version": "1.7"}
    unet = {n.removeprefix("ctm_unet."): s for n, s in keys["unet16k"].items() if n.startswith("ctm_unet.")}
    if row.id == "unet-ema":
        return full_size(unet)
    if row.id == "unet-teacher":
        return full_size({f"unet.{n}": s for n, s in unet.items() if not n.startswith("s_time_embedding.")})
    return full_size(keys["unet16k"])


SIZED = [row for row in PUBLISHED if row.config is not None]


@pytest.mark.parametrize("row", SIZED, ids=[row.id for row in SIZED])
def test_every_official_key_at_full_size_is_known(keys, tmp_path, row):
    if row.kind in {"clap", "flan-t5"}:
        pytest.importorskip("transformers")
    path = saved(tmp_path / "w.pt", published(keys, row))
    assert path.stat().st_size < 1_000_000
    assert misfit(row, official.untrusted.read(path), path) == ""


def test_clap_is_also_read_from_the_students_own_file(keys, tmp_path):
    pytest.importorskip("transformers")
    checkpoint = published(keys, DIT_V2)
    assert misfit(CLAP_V1, checkpoint, tmp_path) == misfit(CLAP_V2, checkpoint, tmp_path) == ""


@pytest.mark.parametrize(("given", "wanted"), [(DIT_V1, DIT_V2), (DIT_V2, DIT_V1), (TEACHER_V2, DIT_V2)])
def test_the_other_44k_file_at_full_size_is_called_by_its_name(keys, tmp_path, given, wanted):
    path = saved(tmp_path / "w.pt", published(keys, given))
    with pytest.raises(BadWeights, match=rf"w\.pt is {given.title} \({given.id}\), not {wanted.title}"):
        convert(wanted, path, tmp_path / "out", rows=[DIT_V1, DIT_V2, TEACHER_V1, TEACHER_V2])


# ---- conversion, load, run


TINY_DIT = DiTConfig(io_channels=8, embed_dim=64, depth=24, num_heads=1, cond_token_dim=64)


@pytest.fixture(scope="module")
def student():
    """Every name of the official student, at little width, with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        net = DiT(TINY_DIT)
        for weight in net.parameters():
            torch.nn.init.normal_(weight, std=0.05)
    return net.eval()


def student_file(path, student, **extra):
    weights = {f"dit.{name}": t for name, t in student.state_dict().items()}
    return saved(path, weights | {"text_encoder.model.logit_scale_a": torch.ones(())} | extra)


SMALL_V2 = replace(DIT_V2, config=asdict(TINY_DIT))
SMALL_V1 = replace(DIT_V1, config=asdict(replace(TINY_DIT, cond_token_dim=128, num_heads=1)))
SMALL_TEACHER = replace(TEACHER_V2, config=asdict(TINY_DIT))
SMALL = [SMALL_V1, SMALL_V2, SMALL_TEACHER]


def test_a_44k_student_converts_loads_and_runs(keys, student, tmp_path):
    assert {f"dit.{n}" for n in student.state_dict()} == {n for n in keys["dit_v2"] if n.startswith("dit.")}
    source, target = student_file(tmp_path / "ac_v2.pt", student), tmp_path / "w.safetensors"
    header = convert(SMALL_V2, source, target)
    net = loaded(target)
    x, token = torch.ones(1, 8, 5), torch.ones(1, 1, 64)
    one, level = torch.ones(1, 1, dtype=torch.bool), torch.ones(1)
    a, b = (n(x, level, n.context(token, one), level, level) for n in (student, net))
    assert torch.equal(a, b)
    assert header.licence == DIT_V2.licence


def test_the_header_says_what_it_is_and_what_it_was_made_of(student, tmp_path):
    source, target = student_file(tmp_path / "ac_v2.pt", student), tmp_path / "w.safetensors"
    convert(SMALL_V2, source, target)
    with safe_open(target, "pt") as file:
        metadata = file.metadata()
    assert metadata[SOURCE_HASH] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert json.loads(metadata["config"]) == asdict(TINY_DIT)
    assert metadata["kind"] == "dit"
    assert "soundctm_dit" in metadata["licence"]
    assert "ac_v2_ema_0999_030000.pt" in metadata["source"]


def test_a_wrapped_44k_teacher_converts(student, tmp_path):
    weights = {f"module.dit.{name}": t for name, t in student.state_dict().items()}
    odd = {
        "module.dit.to_global_embed.0.weight": torch.ones(2),
        "module.dit.to_global_embed.2.weight": torch.ones(2),
    }
    target = tmp_path / "w.safetensors"
    convert(SMALL_TEACHER, saved(tmp_path / "teacher.pt", weights | odd), target)
    assert loaded(target).state_dict().keys() == student.state_dict().keys()


def test_the_official_autoencoder_converts_and_decodes(reference, error, tmp_path, z_stats):
    tiny, target = reference("gaussian_dac_tiny"), tmp_path / "w.safetensors"
    header = convert(GAUSSIAN_DAC, SAMPLE, target, z_stats)
    assert header.config["encoder_rates"] == [2, 4, 8]
    net = loaded(target)
    assert error(net.decode_raw(tiny["io/a/z_in"]), tiny["io/a/decoded"]) < 1e-5
    assert error(net.posterior(tiny["io/a/audio"]).mean, tiny["io/a/mode"]) < 1e-5
    stats = torch.load(z_stats, weights_only=True)
    raw = 2 * stats["z_std"][:, None] * tiny["io/a/z_in"] + stats["z_mean"][:, None]
    assert torch.equal(net.decode(tiny["io/a/z_in"]), net.decode_raw(raw))


def test_the_16k_files_convert_and_run(reference, error, tmp_path):
    tiny = reference("ctm_unet_tiny")
    config = asdict(UNetConfig(4, 4, (32, 64), (2, 0), 4, 1, 32, 8))
    weights = tiny.under("student/")
    both = {f"ctm_unet.{n}": t for n, t in weights.items()} | {"text_encoder.shared.weight": torch.ones(2)}
    for row, stored in ((UNET, both), (UNET_EMA, weights)):
        target = tmp_path / f"{row.id}.safetensors"
        convert(replace(row, config=config), saved(tmp_path / "w.bin", stored), target)
        net = loaded(target)
        context = net.context(tiny["io/h16w8/cond"], tiny["io/h16w8/mask"])
        out = net(tiny["io/h16w8/x"], tiny["io/t"], context, tiny["io/s"], tiny["io/omega"])
        assert error(out, tiny["io/h16w8/student_out"]) < 1e-5


def test_the_16k_autoencoder_converts_and_runs(reference, error, tmp_path):
    tiny = reference("audioldm_vae_hifigan_tiny")
    small = {"ch": 32, "ch_mult": [1, 2], "num_res_blocks": 1, "z_channels": 4, "embed_dim": 4}
    row = replace(AUDIOLDM, config=AUDIOLDM.config | small | {"vocoder": {"upsample_initial_channel": 32}})
    weights = tiny.under("vae/") | {f"vocoder.{name}": t for name, t in tiny.under("vocoder/").items()}
    stored = {f"first_stage_model.{name}": t for name, t in weights.items()}
    stored |= {"scale_factor": torch.tensor(tiny.about["scale_factor"]), "betas": torch.ones(4)}
    target = tmp_path / "w.safetensors"
    convert(row, saved(tmp_path / "audioldm-s-full.ckpt", {"state_dict": stored}), target)
    assert error(loaded(target).decode(tiny["io/a/z"])[:, 0], tiny["io/a/wav_of_mel"]) < 1e-5


@pytest.mark.parametrize("row", [CLAP_V1, CLAP_V2], ids=["v1", "v2"])
def test_clap_converts_and_runs(reference, error, tmp_path, row):
    pytest.importorskip("transformers")
    tiny, about = reference("clap_text_tiny"), reference("clap_text_tiny").about["roberta_config"]
    sizes = {name: about[name] for name in row.config if name in about} | {"projection_dim": 24}
    stored = {f"module.{name}": t for name, t in tiny.under("weights/").items()}
    stored |= {"module.audio_branch.head.weight": torch.ones(2), "module.logit_scale_a": torch.ones(())}
    target = tmp_path / "w.safetensors"
    source = saved(tmp_path / "630k-audioset-best.pt", {"epoch": 3, "state_dict": stored})
    convert(replace(row, config=row.config | sizes), source, target)
    found = loaded(target)(tiny["io/input_ids"], tiny["io/attention_mask"].bool())
    assert error(found, tiny[f"io/{row.id[-2:]}_embedding"]) < 1e-5


# ---- what is refused


def test_missing_and_unknown_tensors_are_named(student, tmp_path):
    weights = {f"dit.{name}": t for name, t in student.state_dict().items()}
    del weights["dit.preprocess_conv.weight"]
    weights |= {"dit.odd": torch.ones(1), "dit.postprocess_conv.weight": torch.ones(8, 8, 2)}
    with pytest.raises(BadWeights) as told:
        convert(SMALL_V2, saved(tmp_path / "w.pt", weights), tmp_path / "out", rows=SMALL)
    for said in (
        "lacks preprocess_conv.weight",
        "has unknown odd",
        "postprocess_conv.weight [8, 8, 2], not [8, 8, 1]",
    ):
        assert said in str(told.value)
    assert not (tmp_path / "out").exists()


def test_a_teacher_and_a_student_are_told_apart(student, tmp_path):
    odd = {f"dit.to_global_embed.{i}.weight": torch.ones(2) for i in (0, 2)}
    teacher = student_file(tmp_path / "teacher.pt", student, **odd)
    with pytest.raises(BadWeights, match="is the teacher of v2"):
        convert(SMALL_V2, teacher, tmp_path / "out", rows=SMALL)
    with pytest.raises(BadWeights, match=r"is the 44\.1 kHz student v2"):
        convert(SMALL_TEACHER, student_file(tmp_path / "s.pt", student), tmp_path / "out", rows=SMALL)


def test_a_whole_16k_file_is_not_its_average(reference, tmp_path):
    config = asdict(UNetConfig(4, 4, (32, 64), (2, 0), 4, 1, 32, 8))
    rows = [replace(row, config=config) for row in (UNET, UNET_EMA)]
    stored = {f"ctm_unet.{n}": t for n, t in reference("ctm_unet_tiny").under("student/").items()}
    with pytest.raises(BadWeights, match=r"is the 16 kHz student \(unet\), not the averaged"):
        convert(rows[1], saved(tmp_path / "w.bin", stored), tmp_path / "out", rows=rows)


def test_missing_statistics_are_told(tmp_path, z_stats):
    out = tmp_path / "out"
    for path in (None, tmp_path / "none.pth"):
        with pytest.raises(BadWeights, match=r"needs z_stats\.pth"):
            convert(GAUSSIAN_DAC, SAMPLE, out, path)
    with pytest.raises(BadWeights, match="lacks z_std"):
        convert(GAUSSIAN_DAC, SAMPLE, out, saved(z_stats, {"z_mean": torch.ones(8)}))
    with pytest.raises(BadWeights, match="does not belong to"):
        convert(GAUSSIAN_DAC, SAMPLE, out, saved(z_stats, {"z_mean": torch.ones(64), "z_std": torch.ones(64)}))


@pytest.mark.parametrize(
    "kwargs",
    [
        None,
        {},
        {"encoder_dim": "8"},
        {"encoder_rates": [2] * 99},
        {"latent_dim": 10**9},
        {"decoder_rates": 3},
        {"encoder_rates": [0]},
    ],
)
def test_a_codec_of_no_size_is_refused(tmp_path, z_stats, kwargs):
    checkpoint = torch.load(SAMPLE, weights_only=True)
    whole = checkpoint["metadata"]["kwargs"]
    checkpoint["metadata"]["kwargs"] = whole | kwargs if kwargs else kwargs
    with pytest.raises(BadWeights, match=r"how large|cannot be built"):
        convert(GAUSSIAN_DAC, saved(tmp_path / "w.pth", checkpoint), tmp_path / "out", z_stats)


def test_a_folder_that_is_not_there_is_told(student, tmp_path):
    with pytest.raises(NotWritten, match="folder does not exist"):
        convert(SMALL_V2, student_file(tmp_path / "w.pt", student), tmp_path / "none" / "out")


# ---- memory


def test_one_tensor_at_a_time_is_made():
    made = []
    parts = {
        name: tensor_file.Part((2,), lambda name=name: made.append(name) or torch.ones(2)) for name in ("a", "b")
    }
    stream = tensor_file.pieces(parts, {})
    next(stream)
    assert made == []
    assert bytes(next(stream)) == bytes(torch.ones(2).numpy())
    assert made == ["a"]


def test_a_part_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="has 3 numbers, not 2"):
        list(tensor_file.pieces({"a": tensor_file.Part((2,), lambda: torch.ones(3))}, {}))


@pytest.mark.long
def test_a_full_size_conversion_needs_the_memory_of_its_largest_tensor(keys, tmp_path, monkeypatch):
    """4.2 GB are made, told by the system's own count of what this process holds, and thrown away."""
    held, written = [], []

    def sink(path, data, overwrite):
        for piece in data:
            held.append(_held())
            written.append(len(piece))

    path = saved(tmp_path / "w.pt", published(keys, DIT_V2))
    monkeypatch.setattr(official, "write_atomically", sink)
    convert(DIT_V2, path, tmp_path / "out")
    assert sum(written) == pytest.approx(4 * 1_052_109_952, rel=1e-3)
    assert max(held) - held[0] < 3 * max(written)


@pytest.mark.long
@pytest.mark.parametrize("row", [DIT_V1, DIT_V2, UNET], ids=["dit-v1", "dit-v2", "unet"])
def test_a_full_size_checkpoint_loads_and_runs(keys, tmp_path, row):
    """Its tensors are a number each, repeated: a network of a billion weights in the memory of one layer."""
    path = saved(tmp_path / "w.pt", published(keys, row))
    parts = official._found(row, official.untrusted.read(path), path).parts
    net = build(row.kind, row.config)
    fill(net, {name: 1e-3 * part.make()[..., :1].expand(part.shape) for name, part in parts.items()}, path)
    frames = (8,) if row.kind == "dit" else (8, 16)
    width = row.config["cond_token_dim" if row.kind == "dit" else "cross_attention_dim"]
    x = torch.ones(1, row.config["io_channels" if row.kind == "dit" else "in_channels"], *frames)
    context = net.context(torch.ones(1, 1, width), torch.ones(1, 1, dtype=torch.bool))
    out = net(x, torch.ones(1), context, torch.ones(1), torch.ones(1))
    assert out.shape == x.shape
    assert torch.isfinite(out).all()


def _held():
    """Bytes of this process that no file stands behind."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("RssAnon:")[1].split()[0])
