"""Real sounds in a folder: what they are called, how they are cut, and files that are no sounds."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.training.corpus.file_names import words_of
from engine.training.corpus.filters import RATE
from engine.training.corpus.folder import Folder, read
from engine.training.corpus.wav_labels import labels
from presets.errors import InvalidRequest


def _tone(seconds: float, hertz: float = 440.0, rate: int = RATE, channels: int = 1) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return np.repeat(0.5 * np.sin(2 * np.pi * hertz * t)[:, None], channels, 1).astype(np.float32)


def _write(path: Path, seconds: float = 0.5, **tone: float) -> Path:
    rate = int(tone.get("rate", RATE))
    soundfile.write(path, _tone(seconds, **tone), rate)
    return path


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _add(path: Path, *chunks: bytes) -> None:
    """Put chunks behind those that a WAV has."""
    content = path.read_bytes() + b"".join(chunks)
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])


@pytest.mark.parametrize(
    ("stem", "caption", "category"),
    [
        ("DOORMetl_Metal Door Slam 01_ABC_Library", "metal door slam", "door"),
        ("WHSH_Fast Pass By_ME_NONE", "fast pass by", "whoosh"),
        ("GLASBrk-Kitchen_Bottle Smash Close_AA_BB_192k", "bottle smash close", "glass"),
        ("AMBPubl_Busy Pub_AA_BB", "busy pub", "ambience"),
        ("QQQQ_Odd Thing_AA_BB", "odd thing", ""),
        ("perc_door-02", "perc door", ""),
        ("MetalDoorSlam_v3_48k", "metal door slam", ""),
        ("01", "", ""),
    ],
)
def test_file_names_say_what_they_say(stem, caption, category):
    assert words_of(stem) == (caption, category)


def test_every_source_of_captions_is_found_in_order_of_trust(tmp_path):
    _write(tmp_path / "one.wav")
    _write(tmp_path / "two.wav")
    (tmp_path / "two.txt").write_text("a rusty gate\n\nold hinge\n")
    _write(tmp_path / "DOORWood_Cellar Door_AA_BB.wav")
    inside = _write(tmp_path / "tagged.wav")
    _add(
        inside,
        _chunk(b"bext", b"Heavy anvil hit".ljust(602, b"\0")),
        _chunk(b"LIST", b"INFO" + _chunk(b"INAM", b"anvil\0") + _chunk(b"ISFT", b"Recorder\0")),
        _chunk(b"iXML", b"<BWFXML><NOTE>blacksmith &amp; son</NOTE></BWFXML>"),
    )
    (tmp_path / "captions.csv").write_text("file,caption\none.wav,a plain tone\none.wav,beep\n")
    found = {e.path.name: e.captions for e in Folder(tmp_path).entries}
    assert found["one.wav"] == ("a plain tone", "beep")
    assert found["two.wav"] == ("a rusty gate", "old hinge")
    assert found["DOORWood_Cellar Door_AA_BB.wav"] == ("cellar door",)
    assert found["tagged.wav"] == ("Heavy anvil hit", "blacksmith & son", "anvil", "tagged")


def test_every_rate_and_shape_comes_as_mono_at_44100(tmp_path):
    for name, rate, channels in (
        ("a.wav", 48000, 2),
        ("b.flac", 96000, 1),
        ("c.wav", 22050, 1),
        ("d.aiff", 44100, 2),
    ):
        sound = read(_write(tmp_path / name, 0.5, hertz=1000.0, rate=rate, channels=channels))
        assert sound.dtype == np.float32
        assert len(sound) == pytest.approx(RATE / 2, abs=2)
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(1000, abs=3)
        assert np.abs(sound).max() == pytest.approx(0.5, abs=0.02)


def test_chunks_are_reproducible_and_differ(tmp_path):
    for i in range(5):
        _write(tmp_path / f"tone {'abcde'[i]}.wav", 0.4 + i, hertz=200.0 * (i + 1))
    folder = Folder(tmp_path)
    first = folder.chunk(1, 4, 12, 1.0)
    folder.chunk(1, 0, 12, 1.0)
    again, other = Folder(tmp_path).chunk(1, 4, 12, 1.0), folder.chunk(1, 5, 12, 1.0)
    assert torch.equal(first.audio, again.audio)
    assert first.captions == again.captions
    assert not torch.equal(first.audio, other.audio)
    assert first.audio.shape == (12, RATE)
    assert torch.isfinite(first.audio).all()


def test_long_files_are_cut_where_they_sound_and_short_ones_are_padded(tmp_path):
    long = np.zeros((10 * RATE, 1), np.float32)
    long[6 * RATE : 7 * RATE] = _tone(1.0)
    soundfile.write(tmp_path / "mostly silent.wav", long, RATE)
    clips = Folder(tmp_path).chunk(1, 0, 16, 2.0)
    assert (clips.audio.square().mean(1) > 1e-6).float().mean() > 0.8
    (tmp_path / "mostly silent.wav").unlink()
    _write(tmp_path / "short.wav", 0.3)
    clips = Folder(tmp_path).chunk(1, 0, 4, 1.0)
    assert clips.audio[:, int(0.3 * RATE) :].abs().max() == 0
    assert all(f["seconds"] == pytest.approx(0.3) and f["start"] == 0 for f in clips.facts)
    levels = torch.tensor([f["level"] for f in clips.facts])
    assert torch.allclose(20 * clips.audio.abs().amax(1).log10(), levels, atol=0.01)


def test_bad_files_are_left_out_and_told(tmp_path):
    _write(tmp_path / "good.wav")
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.flac").write_bytes(b"")
    (tmp_path / "cut.wav").write_bytes((tmp_path / "good.wav").read_bytes()[:60])
    soundfile.write(tmp_path / "silence.wav", np.zeros((RATE, 1), np.float32), RATE)
    soundfile.write(tmp_path / "broken.wav", np.full((RATE, 1), np.nan, np.float32), RATE, "FLOAT")
    _write(tmp_path / "0001.wav")
    folder = Folder(tmp_path)
    assert [e.path.name for e in folder.entries] == ["good.wav"]
    reasons = {s.path.name: s.reason for s in folder.skipped}
    assert set(reasons) == {"text.wav", "empty.flac", "cut.wav", "silence.wav", "broken.wav", "0001.wav"}
    assert "silent" in reasons["silence.wav"]
    assert "not numbers" in reasons["broken.wav"]
    assert "says what it is" in reasons["0001.wav"]
    assert folder.chunk(1, 0, 4, 0.5).audio.shape == (4, RATE // 2)


def test_a_folder_without_sounds_is_told(tmp_path):
    with pytest.raises(InvalidRequest, match="holds no sounds"):
        Folder(tmp_path)
    (tmp_path / "noise.wav").write_bytes(b"RIFF")
    with pytest.raises(InvalidRequest, match=r"noise\.wav"):
        Folder(tmp_path)
    with pytest.raises(InvalidRequest, match="not a folder"):
        Folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,text\na.wav,beep\n", "file and caption"),
        ("file,caption\na.wav,\n", "line 2"),
        ("file,caption\na.wav,beep\n,beep\n", "line 3"),
        ("file,caption\nb.wav,beep\n", "no file"),
        ("file,caption\n../a.wav,beep\n", "outside"),
        ("file,caption\n/etc/passwd,beep\n", "outside"),
        ('file,caption\na.wav,"beep\n', "cannot be read"),
        ("file,caption\na\x00.wav,beep\n", "line 2|cannot be read"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tmp_path, content, words):
    _write(tmp_path / "a.wav")
    (tmp_path / "captions.csv").write_text(content)
    with pytest.raises(InvalidRequest, match=words):
        Folder(tmp_path)


def test_a_table_may_come_from_a_spreadsheet(tmp_path):
    _write(tmp_path / "a.wav")
    (tmp_path / "metadata.csv").write_bytes('\ufeffCaption,File,Notes\r\n"a tone, pure",a.wav,x\r\n'.encode())
    assert Folder(tmp_path).entries[0].captions == ("a tone, pure",)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"INFO",
        b"INFOINAM",
        b"INFOINAM\xff\xff\xff\xff",
        b"INFO" + _chunk(b"INAM", b"\xff\xfe\0"),
        b"adtl" + b"\0" * 64,
    ],
)
def test_hostile_chunks_say_nothing_and_break_nothing(tmp_path, body):
    path = _write(tmp_path / "sound.wav")
    _add(path, _chunk(b"LIST", body), _chunk(b"bext", body), _chunk(b"iXML", b"<!ENTITY a '" + body * 5 + b"'>"))
    assert all(isinstance(text, str) and text.isprintable() for text in labels(path))
    assert Folder(tmp_path).entries


def test_descriptions_of_recorders_are_cleaned(tmp_path):
    path = _write(tmp_path / "take.wav")
    _add(path, _chunk(b"bext", b"sSPEED=025.000-ND\r\nsTAKE=01\r\nBusy\tstreet\r\n".ljust(602, b"\0")))
    assert labels(path) == ["Busy street"]
