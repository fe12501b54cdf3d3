"""Checkpoints that nobody vouches for: read without running anything, or refused with a sentence."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadWeights
from engine.models import untrusted

SAMPLE = Path(__file__).parents[2] / "fixtures" / "gaussian_dac_weights.pth"


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def saved(path, value, **options):
    torch.save(value, path, **options)
    return path


def test_the_official_sample_file_is_read():
    checkpoint = untrusted.read(SAMPLE)
    assert checkpoint["metadata"]["kwargs"]["encoder_rates"] == [2, 4, 8]
    assert len(untrusted.tensors(checkpoint)) > 100


def test_numpy_numbers_of_training_scripts_are_let_through_unread(tmp_path):
    numbers = {"epoch": np.int64(7), "best": np.float64(0.5), "loss": np.float32(1), "on": np.bool_(True)}
    extra = numbers | {"history": np.arange(3.0), "name": "HTSAT", "dtype": np.dtype("f4")}
    path = saved(tmp_path / "w.pt", extra | {"state_dict": {"w": torch.arange(4.0)}})
    checkpoint = untrusted.read(path)
    assert torch.equal(untrusted.tensors(checkpoint)["w"], torch.arange(4.0))
    assert checkpoint["name"] == "HTSAT"
    assert isinstance(checkpoint["epoch"], untrusted._Unread)


def test_numpy_numbers_of_older_versions_too(tmp_path):
    path = saved(tmp_path / "new.pt", {"epoch": np.float64(1), "state_dict": {"w": torch.ones(2)}})
    old = tmp_path / "old.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(old, "w") as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info).replace(b"numpy._core", b"numpy.core"))
    assert untrusted.tensors(untrusted.read(old)).keys() == {"w"}


def test_what_torch_wrote_before_zips_is_read(tmp_path):
    path = saved(tmp_path / "w.ckpt", {"w": torch.ones(3)}, _use_new_zipfile_serialization=False)
    assert torch.equal(untrusted.tensors(untrusted.read(path))["w"], torch.ones(3))


def test_counters_and_other_things_are_no_tensors():
    found = untrusted.tensors(
        {"state_dict": {"w": torch.ones(1), "n": torch.tensor(3), "scale": 0.9, "flag": True, "name": "x"}}
    )
    assert found.keys() == {"w", "scale"}
    assert untrusted.tensors({"state_dict": 3}) == {}


@pytest.mark.parametrize("kind", ["zip", "before zips", "bare"])
def test_a_pickle_that_asks_to_run_code_is_refused_and_not_run(tmp_path, kind):
    marker, path = tmp_path / "ran", tmp_path / "w.pt"
    value = {"state_dict": {"w": torch.ones(2), "evil": Evil(marker)}}
    if kind == "bare":
        path.write_bytes(pickle.dumps(Evil(marker), protocol=2))
    else:
        saved(path, value, _use_new_zipfile_serialization=kind == "zip")
    with pytest.raises(BadWeights, match=r"take over a computer.*Nothing of it was run"):
        untrusted.read(path)
    assert not marker.exists()


def test_the_refusal_names_what_was_asked_for(tmp_path):
    path = saved(tmp_path / "w.pt", {"state_dict": Evil(tmp_path / "ran")})
    with pytest.raises(BadWeights, match=r"w\.pt asks for \w+"):
        untrusted.read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"\n\n  <html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"", "not a file that PyTorch saved"),
        (b"{}", "not a file that PyTorch saved"),
        (b"\x80\x02garbage", "cut off or altered"),
        (pickle.dumps({"w": 1}, protocol=5), "not a file that PyTorch saved"),
        (b"PK\x03\x04garbage", "end is missing"),
    ],
)
def test_what_is_no_checkpoint_is_told(tmp_path, content, said):
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    with pytest.raises(BadWeights, match=said):
        untrusted.read(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_told(tmp_path, share):
    path = tmp_path / "w.pt"
    path.write_bytes(SAMPLE.read_bytes()[: int(share * SAMPLE.stat().st_size)])
    with pytest.raises(BadWeights, match="Download it again"):
        untrusted.read(path)


def test_other_things_are_told(tmp_path):
    with pytest.raises(BadWeights, match="Check the path"):
        untrusted.read(tmp_path / "none.pt")
    with pytest.raises(BadWeights, match="holds no weights but a list"):
        untrusted.read(saved(tmp_path / "list.pt", [torch.ones(1)]))
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("readme.txt", "no weights")
    with pytest.raises(BadWeights, match="Download it again"):
        untrusted.read(other)


@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_altered_bytes_are_read_or_refused(tmp_path_factory, places):
    """In the pickle, where every byte counts."""
    path = tmp_path_factory.mktemp("fuzz") / "w.pt"
    shutil.copyfile(SAMPLE, path)
    with zipfile.ZipFile(path) as file:
        info = next(i for i in file.infolist() if i.filename.endswith("data.pkl"))
        start = info.header_offset + 30 + len(info.filename)
    data = bytearray(path.read_bytes())
    for place, value in places:
        data[start + int(place * info.file_size)] = value
    path.write_bytes(data)
    try:
        untrusted.tensors(untrusted.read(path))
    except BadWeights as error:
        assert str(error)


def test_tensors_are_mapped_from_the_disk(monkeypatch):
    asked = []
    whole = torch.load
    monkeypatch.setattr(torch, "load", lambda *args, **options: asked.append(options) or whole(*args, **options))
    untrusted.read(SAMPLE)
    assert asked == [{"map_location": "cpu", "weights_only": True, "mmap": True}]
