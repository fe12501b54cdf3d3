"""Fetching a model from a hub that speaks the hub's protocol, and from a folder; broken lines, lies, full disk."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from engine import lab
from engine.errors import BadWeights, Cancelled, EngineError, UnknownModel
from engine.local import Ask, Engine, own_models, plan
from engine.models import fetch, install, offers
from engine.networks.dit import DiT, DiTConfig
from engine.text.clap import Clap, ClapConfig
from presets.errors import InvalidRequest
from tests.engine.models.hub import Hub

SAMPLE = Path(__file__).parents[2] / "fixtures" / "gaussian_dac_weights.pth"
_WORDS = ["<s>", "<pad>", "</s>", "<unk>", "boom"]
DIT = DiTConfig(io_channels=8, embed_dim=64, depth=1, num_heads=2, cond_token_dim=64)
CLAP = ClapConfig(False, 16, 64, 1, 2, 64, len(_WORDS), 80)
V2 = "soundctm-dit-v2"


def saved(value):
    data = io.BytesIO()
    torch.save(value, data)
    return data.getvalue()


@pytest.fixture(scope="module")
def files():
    """The files of the 44.1 kHz model, version 2, of tiny size, by repository and path."""
    torch.manual_seed(6)
    student = {f"dit.{n}": t + 0.02 * torch.randn_like(t) for n, t in DiT(DIT).state_dict().items()}
    clap = {"state_dict": {f"module.{n}": t for n, t in Clap(CLAP).state_dict().items()}}
    statistics = {"z_mean": torch.zeros(8), "z_std": torch.ones(8)}
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(_WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return {
        "koichisaito/soundctm_dit": {
            "model_checkpoints/student/ac_v2_ema_0999_030000.pt": saved(student),
            "utils_checkpoint/gaussiandac/weights.pth": SAMPLE.read_bytes(),
            "utils_checkpoint/z_stats.pth": saved(statistics),
            "README.md": b"a card",
        },
        "lukewys/laion_clap": {"630k-audioset-best.pt": saved(clap)},
        "FacebookAI/roberta-base": {"tokenizer.json": tokenizer.to_str().encode()},
    }


@pytest.fixture
def hub(files):
    served = Hub()
    served.files = {repository: dict(inside) for repository, inside in files.items()}
    yield served
    served.close()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The user's models, and rows of tiny size."""
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 50_000)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)  # between two tries
    sizes = {"dit-v2": asdict(DIT), "clap-v2": asdict(CLAP)}
    rows = {n: replace(row, config=sizes.get(n, row.config)) for n, row in install._ROWS.items()}
    monkeypatch.setattr(install, "_ROWS", rows)
    return tmp_path / "models"


def get(source, heard=lambda what, done, total: None):
    return install.install(offers.find(V2), source, heard)


def test_from_the_hub_to_a_sound(hub, here):
    told = []
    card = lab.fetch(V2, None, hub.address, lambda *part: told.append(part))
    assert card.id == V2
    assert card.hop == 64  # what the codec's own file says
    assert "states none" in card.licence
    fetched = [part for part in told if part[0].startswith("Fetching")]
    assert fetched[-1][1] == fetched[-1][2] == sum(len(data) for data in _wanted(hub))
    assert [done for _, done, _ in fetched] == sorted(done for _, done, _ in fetched)
    assert [folder.name for folder in here.iterdir()] == [V2]  # nothing of the published files is left
    assert [one.id for one in own_models()[0]] == [V2]
    (recipe,) = plan(Ask("boom", model=V2, seed=1))
    assert recipe.frames == 432
    assert recipe.omega == 5.0
    made = Engine(V2, "cpu").make(recipe)
    assert made.sound.frames == 432 * 64
    assert made.version.model_licence == card.licence
    assert {offer.id: there for offer, there in lab.offered()}[V2]


def _wanted(hub):
    for inside in hub.files.values():
        for path, data in inside.items():
            if not path.endswith("README.md"):
                yield data


def test_from_a_folder_without_any_network(files, tmp_path, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    for repository, inside in files.items():
        for path, data in inside.items():
            place = tmp_path / "stick" / repository.partition("/")[2] / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    assert lab.fetch(V2, tmp_path / "stick", None, lambda *_: None).id == V2
    assert (tmp_path / "stick/soundctm_dit/utils_checkpoint/z_stats.pth").exists()


def test_a_folder_that_lacks_a_file_is_told_before_anything_is_made(tmp_path, here):
    (tmp_path / "stick").mkdir()
    with pytest.raises(EngineError, match=r"ac_v2_ema_0999_030000.pt .* is not there"):
        get(fetch.Shelf(tmp_path / "stick"))
    with pytest.raises(EngineError, match="no folder"):
        fetch.Shelf(tmp_path / "nowhere")
    assert not list(here.glob("[!.]*"))


def test_a_line_that_breaks_is_taken_up_where_it_broke(hub, here):
    hub.budget = 150_000
    with pytest.raises(EngineError, match="what came so far is kept"):
        get(fetch.Hub(hub.address))
    hub.budget = None
    hub.asked.clear()
    assert get(fetch.Hub(hub.address)).id == V2
    assert ("GET", "bytes=150000-") in [(command, wanted) for command, _, wanted in hub.asked]


def test_stopping_keeps_what_came_and_leaves_no_model(hub, here):
    def stop(what, done, total):
        if "630k" in what:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        get(fetch.Hub(hub.address), stop)
    assert not (here / V2).exists()
    assert own_models() == ([], [])
    hub.asked.clear()
    get(fetch.Hub(hub.address))
    assert not [path for command, path, _ in hub.asked if command == "GET" and path.endswith("030000.pt")]


def test_what_is_not_what_the_hub_states_is_refused_and_fetched_anew(hub, here):
    hub.lies = b"something else"
    with pytest.raises(EngineError, match="checksum"):
        get(fetch.Hub(hub.address))
    hub.lies = None
    assert get(fetch.Hub(hub.address)).id == V2


def test_a_proxys_page_is_no_model(hub):
    hub.page = b"<html>Please log in to the proxy</html>"
    with pytest.raises(EngineError, match="could not be fetched"):
        get(fetch.Hub(hub.address))


def test_no_network_is_told_in_a_sentence():
    with pytest.raises(EngineError, match="Check the connection"):
        get(fetch.Hub("http://127.0.0.1:9"))


def test_a_file_or_a_repository_that_is_gone_is_told(hub):
    del hub.files["koichisaito/soundctm_dit"]["utils_checkpoint/z_stats.pth"]
    with pytest.raises(EngineError, match=r"no file z_stats.pth any more.*--from"):
        get(fetch.Hub(hub.address))
    del hub.files["koichisaito/soundctm_dit"]
    with pytest.raises(EngineError, match=r"not there.*--from"):
        get(fetch.Hub(hub.address))


def test_the_other_variant_under_the_wanted_name_is_called_by_its_name(hub, here):
    hub.files["lukewys/laion_clap"]["630k-audioset-best.pt"] = hub.files["koichisaito/soundctm_dit"][
        "model_checkpoints/student/ac_v2_ema_0999_030000.pt"
    ]
    with pytest.raises(BadWeights, match=r"dit-v2|student v2"):
        get(fetch.Hub(hub.address))
    assert not (here / V2).exists()


def test_a_full_disk_is_told_before_anything_is_fetched(hub, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(EngineError, match="GB are needed"):
        get(fetch.Hub(hub.address))
    assert not [path for command, path, _ in hub.asked if command == "GET" and "resolve" in path]


def test_what_is_there_is_not_replaced(hub):
    get(fetch.Hub(hub.address))
    with pytest.raises(InvalidRequest, match="there already"):
        get(fetch.Hub(hub.address))


def test_the_hubs_library_is_whole_in_a_process_that_has_used_nothing_of_it():
    """Its parts are there only once they are named; whatever runs before hides that."""
    code = "from engine.models.fetch import Hub; print(Hub('http://127.0.0.1:9')._hub.utils.build_hf_headers()['user-agent'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr


def test_unknown_offers_are_named_with_those_there_are():
    with pytest.raises(UnknownModel, match="soundctm-16k"):
        lab.fetch("soundctm-2", None, None, lambda *_: None)


@pytest.mark.parametrize("offer", offers.OFFERS, ids=lambda offer: offer.id)
def test_every_offer_is_complete(offer):
    assert {one.part for one in offer.ingredients} == {"network", "codec", "text"}
    assert all(one.row in install._ROWS for one in offer.ingredients)
    assert all(install._ROWS[one.row].file.endswith(one.file.name) for one in offer.ingredients)
    assert offer.licence
    assert offer.omega[1] <= offer.omega[0] <= offer.omega[2]
