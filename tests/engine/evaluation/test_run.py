"""The whole of it at the smallest size: models from the catalog and from a folder side by side."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import Cancelled, UnknownModel
from engine.evaluation import __main__ as command
from engine.evaluation import sheet
from engine.evaluation.ground import Size
from engine.evaluation.run import evaluate
from engine.evaluation.subject import Subject, card
from engine.evaluation.table import Column, Figure, Results, markdown, table, write
from engine.evaluation.teacher import Teacher
from engine.models import cards
from engine.models.catalog import STARTER
from presets.errors import InvalidRequest, NotWritten

TINY = Size(4, 2, 2, 1, 2, 1, 1, 0.8, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that was just trained: a transformer of its own, the rest is the starter's."""
    made = tmp_path / "fresh"
    made.mkdir()
    shutil.copy(STARTER.path("network"), made / "transformer.safetensors")
    return made


def test_a_folder_is_a_model_that_takes_from_the_starter_what_it_lacks(folder: Path) -> None:
    made = card(str(folder))
    assert made.id == "fresh"
    assert made.model_hash == STARTER.model_hash
    fresh, shipped = Subject(str(folder)), Subject("starter")
    assert fresh.render("a knock", 1, 1, 0.8).checksum() == shipped.render("a knock", 1, 1, 0.8).checksum()


def test_a_folder_with_a_card_is_what_its_card_says(folder: Path) -> None:
    cards.write(replace(STARTER, id="taught", folder=folder))
    assert card(str(folder)).id == "taught"


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="Or give a folder"):
        card("stater")
    with pytest.raises(UnknownModel, match=r"holds neither card\.json nor transformer\.safetensors"):
        card(str(tmp_path))


def test_a_sound_goes_through_the_codec_and_comes_back_as_long() -> None:
    subject = Subject("starter")
    sound = subject.render("a knock", 1, 1, 0.8)
    assert subject.through_codec(sound).frames == subject.through_maps(sound).frames == sound.frames


def test_a_teacher_is_sampled_from_the_students_noise() -> None:
    subject = Subject("starter")
    teacher = Teacher(subject, STARTER.path("network"))
    first, second = (teacher.render("a knock", 1, 2, 0.8).checksum() for _ in range(2))
    assert first == second != teacher.render("a knock", 2, 2, 0.8).checksum()


@pytest.mark.long
def test_models_are_measured_side_by_side_and_written(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = evaluate(["starter", str(folder)], TINY, teacher=STARTER.path("network"), out=tmp_path / "out")
    real, starter, fresh = found.columns
    assert (real.name, starter.name, fresh.name) == ("real sounds", "starter", "fresh")
    alone = {name for name in starter.figures if "teacher" in name}
    assert {n: str(f) for n, f in starter.figures.items() if n not in alone} == {
        n: str(f) for n, f in fresh.figures.items()
    }
    content = json.loads((tmp_path / "out/evaluation.json").read_text())
    assert [column["name"] for column in content["columns"]] == ["real sounds", "starter", "fresh"]
    assert content["settings"]["models"]["starter"] == STARTER.model_hash
    assert (tmp_path / "out/sheet.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out/evaluation.md").read_text().startswith("| measure")


def test_whoever_watches_may_cancel_and_nothing_is_written(tmp_path: Path) -> None:
    def watch(what: str, done: int, total: int) -> None:
        raise Cancelled(what)

    with pytest.raises(Cancelled):
        evaluate(["starter"], TINY, out=tmp_path / "out", watch=watch)
    assert not (tmp_path / "out").exists()


def test_models_of_one_name_and_no_models_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="same name"):
        evaluate(["starter", "starter"], TINY)
    with pytest.raises(InvalidRequest, match="at least one"):
        evaluate([], TINY)


def test_the_command_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["stater", "--quick", "--out", str(tmp_path)]) == 2
    assert "no model called 'stater'" in capsys.readouterr().err


def results() -> Results:
    first, second = Column("real sounds"), Column("starter")
    first.figures["family"] = Figure(0.875, "%", 0.8, 0.9)
    second.figures |= {"family": Figure(0.5, "%"), "distance": Figure(float("nan"), "dB")}
    return Results((first, second), {"seconds": 3.0})


def test_the_table_has_a_row_a_figure_and_a_column_a_model() -> None:
    shown = table(results())
    assert [column.header for column in shown.columns] == [
        "measure (95 % interval)",
        "unit",
        "real sounds",
        "starter",
    ]
    assert list(shown.columns[2].cells) == ["87.5 (80.0 to 90.0)", ""]
    assert list(shown.columns[3].cells) == ["50.0", "-"]
    assert markdown(results()).splitlines()[2] == "| family | % | 87.5 (80.0 to 90.0) | 50.0 |"


def test_what_is_not_known_is_null(tmp_path: Path) -> None:
    write(results(), tmp_path / "evaluation.json")
    content = json.loads((tmp_path / "evaluation.json").read_text())
    assert content["columns"][1]["figures"]["distance"]["value"] is None
    assert (content["format"], content["version"]) == ("onetake-evaluation", 1)


def test_a_sheet_without_matplotlib_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(NotWritten, match="pip install matplotlib"):
        sheet.write([], tmp_path / "sheet.png")


def test_a_sheet_is_drawn_with_gaps_where_there_is_no_sound(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    sound = Subject("starter").render("a knock", 1, 1, 0.8)
    sheet.write([sheet.Strip("starter, 1", ("a knock", "nothing"), (sound, None))], tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000
