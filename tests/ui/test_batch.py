"""A table of prompts becomes a folder: made once, gone on with after any end; wrong rows are told first."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import ui
from presets.export.version import read_version
from presets.export.wav import read
from ui import batch, cli
from ui.batch_table import read_table

TABLE = "prompt,count,length,steps,seed,name,category\nglass bell,2,0.4,,5,,METLMisc\nsmall click,,,2,,tick,\n"


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch, engine):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("ui.engine_link.Engine", lambda model, device: engine)


@pytest.fixture
def run(monkeypatch):
    """The command line with this command, if it does not know it yet."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("batch")(batch.batch_)
    app.command("render")(cli.render)
    monkeypatch.setattr(cli, "app", app)
    return cli.run


def told():
    with Path("out/report.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files():
    return {path.name: path.read_bytes() for path in Path("out").glob("*.wav")}


def test_a_table_becomes_a_folder_with_a_report(run, capsys):
    Path("p.csv").write_text(TABLE, encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert "3 made" in capsys.readouterr().out
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "glass_bell_1.wav",
        "glass_bell_2.wav",
        "report.csv",
        "tick.wav",
    ]
    rows = told()
    assert [row["state"] for row in rows] == ["made"] * 3
    assert [row["file"] for row in rows] == ["glass_bell_1.wav", "glass_bell_2.wav", "tick.wav"]
    assert [row["seed"] for row in rows][:2] == ["5", "6"]
    assert rows[0]["category"] == "METLMisc"
    assert float(rows[0]["seconds"]) == pytest.approx(0.4)
    assert read_version(Path("out/tick.wav")).recipe.steps == 2


def test_a_row_is_what_render_makes(run):
    Path("p.csv").write_text("prompt,count,length,seed\nglass bell,2,0.4,5\n", encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert run(["render", "glass bell", "--count", "2", "--length", "0.4", "--seed", "5", "-o", "r.wav"]) == 0
    assert files() == {f"glass_bell_{n}.wav": Path(f"r_{n}.wav").read_bytes() for n in (1, 2)}


def test_what_is_there_is_not_made_again(run, capsys, engine, monkeypatch):
    Path("p.csv").write_text(TABLE, encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    first = files()
    made = []
    make = engine.make
    monkeypatch.setattr(engine, "make", lambda recipe, *rest: made.append(recipe) or make(recipe, *rest))
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert made == []
    assert [row["state"] for row in told()] == ["there already"] * 3
    Path("out/glass_bell_2.wav").unlink()
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert [row["state"] for row in told()] == ["there already", "made", "there already"]
    assert files() == first


class Died(BaseException):
    """What no handler of the program catches."""


def test_a_run_that_ended_inside_of_a_row_goes_on_with_the_next_sound(run, engine, monkeypatch):
    Path("p.csv").write_text("prompt,count,length,steps\nbell,3,0.4,2\n", encoding="utf-8")
    made, make = [], engine.make

    def dying(recipe, *rest):
        if len(made) == 2:
            raise Died
        made.append(recipe.seed)
        return make(recipe, *rest)

    monkeypatch.setattr(engine, "make", dying)
    with pytest.raises(Died):
        run(["batch", "p.csv", "-o", "out"])
    assert files() == {}
    again = []
    monkeypatch.setattr(engine, "make", lambda recipe, *rest: again.append(recipe.seed) or make(recipe, *rest))
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert len(again) == 1
    assert not {*again} & {*made}
    ended = files()
    monkeypatch.setattr(engine, "make", make)
    for path in Path("out").iterdir():
        path.unlink()
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert files() == ended


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_runs_end_with_the_same_folder_as_one_that_was_not(run):
    Path("p.csv").write_text("prompt,count,length,steps\nbell,6,0.4,4\nclick,6,0.4,4\n", encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    whole = files()
    Path("out").rename("whole")
    script = "import sys; from ui.cli import app; from ui import batch; app.command('batch')(batch.batch_); app()"
    environment = {**os.environ, "PYTHONPATH": str(Path(ui.__file__).parents[1])}
    words = [sys.executable, "-c", script, "batch", "p.csv", "-o", "out", "--local"]
    waiting = Path("out/.onetake-batch")
    for wanted in (1, 4):  # killed when so many native sounds lie there
        with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as child:
            while child.poll() is None and len(list(waiting.glob("*.wav"))) < wanted:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0.01)
            child.kill()
        for path in Path("out").glob("*.wav"):
            assert path.read_bytes() == whole[path.name]
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert files() == whole
    assert not waiting.exists()


@pytest.mark.parametrize(
    ("table", "status", "sentences"),
    [
        ("", 2, ["no column prompt"]),
        ("prompt\n", 2, ["no rows"]),
        ("words\nbell\n", 2, ["no column prompt"]),
        ("prompt,colour\nbell,red\n", 2, ["'colour'"]),
        (
            "prompt,count\nbell,0\n,3\nbell,many\n",
            2,
            ["3 of 3 rows", "row 2:", "1 to 100", "row 3:", "row 4:", "'many'"],
        ),
        ("prompt,length\nbell,99\nclick,short\n", 2, ["row 2:", "2.97", "row 3:", "'short'"]),
        ("prompt,steps\nbell,1000\n", 2, ["row 2:", "1 to 64"]),
        ("prompt,seed\nbell,-1\n", 2, ["row 2:", "seed"]),
        ("prompt\nbell\x00\n", None, []),
        ('prompt,count\n"bell\n', None, []),
    ],
)
def test_wrong_tables_are_told_by_row_before_anything_is_made(run, capsys, table, status, sentences):
    Path("p.csv").write_text(table, encoding="utf-8")
    got = run(["batch", "p.csv", "-o", "out"])
    captured = capsys.readouterr()
    if status is None:
        assert got in (0, 1, 2)
        assert "Traceback" not in captured.err
        return
    assert got == status
    for sentence in sentences:
        assert sentence in captured.err
    assert not Path("out").exists()


def test_tables_of_spreadsheets_are_read(tmp_path):
    Path("p.csv").write_bytes("\ufeffPrompt;Count;Name\r\n bell ;2;Glocke\r\n;;\r\nbell;;\r\n".encode())
    rows = read_table(Path("p.csv"), tmp_path, "starter")
    assert [(row.number, len(row.recipes)) for row in rows] == [(2, 2), (4, 1)]
    assert [path.name for row in rows for path in row.paths] == ["Glocke_1.wav", "Glocke_2.wav", "bell.wav"]


def test_equal_prompts_get_names_and_the_same_ones_every_time(tmp_path):
    Path("p.csv").write_text("prompt,seed\nbell,1\nBell,2\nbell,3\n", encoding="utf-8")
    names = [row.paths[0].name for row in read_table(Path("p.csv"), tmp_path, "starter")]
    assert names == ["bell.wav", "Bell_r2.wav", "bell_r3.wav"]


def test_another_sound_of_the_name_is_never_replaced(run, capsys):
    Path("p.csv").write_text("prompt,length,seed\nbell,0.4,1\n", encoding="utf-8")
    Path("out").mkdir()
    assert run(["render", "bell", "--length", "0.4", "--seed", "2", "-o", "out/bell.wav"]) == 0
    before = files()
    assert run(["batch", "p.csv", "-o", "out"]) == 2
    assert "row 2: bell.wav is there already" in capsys.readouterr().err
    assert files() == before


def test_what_cannot_be_made_is_told_and_the_rest_is_made(run, capsys, engine, monkeypatch):
    from engine.local import EngineError

    make = engine.make

    def failing(recipe, *rest):
        if recipe.prompt.text == "bell":
            raise EngineError("The engine is tired.")
        return make(recipe, *rest)

    monkeypatch.setattr(engine, "make", failing)
    Path("p.csv").write_text("prompt,length\nbell,0.4\nclick,0.4\n", encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 1
    assert "row 2: The engine is tired." in capsys.readouterr().err
    assert [row["state"] for row in told()] == ["failed", "made"]
    assert read(Path("out/click.wav")).sound.frames == 19200


def test_a_report_holds_no_formulas(run):
    Path("p.csv").write_text('prompt,length,category\n"=1+1 bell",0.4,@x\n', encoding="utf-8")
    assert run(["batch", "p.csv", "-o", "out"]) == 0
    assert (told()[0]["prompt"], told()[0]["category"]) == ("'=1+1 bell", "'@x")


def test_a_spotting_list_is_a_table_too(run, capsys):
    Path("spots.csv").write_text(
        "TC In;Description;Duration;Sync;Cat;File\n"
        "01:00:01:00;glass bell;00:00:00:10;sync;BELLMisc;\n"
        "01:00:02:00;glass bell;0.3;;;\n"
        "01:00:03:00;small click;;;;tick.wav\n",
        encoding="utf-8",
    )
    assert run(["batch", "spots.csv", "-o", "out"]) == 0
    assert "2 made" in capsys.readouterr().out
    assert sorted(files()) == ["glass_bell.wav", "tick.wav"]
    assert read_version(Path("out/glass_bell.wav")).recipe.prompt.length == 0.4  # ten frames of 25
    assert [(row["row"], row["category"]) for row in told()] == [("2", "BELLMisc"), ("4", "")]
    before = files()
    assert run(["batch", "spots.csv", "-o", "out"]) == 0
    assert "2 there already" in capsys.readouterr().out
    assert files() == before


def test_wrong_rows_of_a_spotting_list_are_told(run, capsys):
    Path("spots.csv").write_text("timecode,prompt\n01:00:99:00,bell\n", encoding="utf-8")
    assert run(["batch", "spots.csv", "-o", "out"]) == 2
    assert "row 2" in capsys.readouterr().err
    Path("spots.csv").write_text("timecode,prompt,file\n01:00:09:00,,x.wav\n", encoding="utf-8")
    assert run(["batch", "spots.csv", "-o", "out"]) == 2
    assert "row 2: The prompt is empty" in capsys.readouterr().err
    assert not Path("out").exists()
