"""The history in the window: searched, brought back as one step, however old; and what it reads."""

from __future__ import annotations

import time

import pytest
from PyQt6.QtCore import Qt

from presets import history
from presets.history import Moment
from presets.prompts import prompts
from presets.schema import canonical, with_steps
from tests.ui.panel.conftest import recipe

Key = Qt.Key
DAY = 86_400.0


def note(folder, *asked):
    """Lines as another machine wrote them: (days ago, seconds after that, prompt, seeds)."""
    (folder / history.HISTORY).mkdir(parents=True, exist_ok=True)
    noon = time.time() // DAY * DAY
    moments = [
        Moment(at=noon - days * DAY + seconds, recipe=recipe(text, seed=seed))
        for days, seconds, text, seeds in asked
        for seed in seeds
    ]
    lines = b"".join(canonical(moment) + b"\n" for moment in moments)
    with (folder / history.HISTORY / "other.jsonl").open("ab") as file:
        file.write(lines)


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / "session"
    note(
        folder,
        (400, 0, "old thunder", range(12)),
        (2, 0, "metal", range(8)),
        (2, 3, "metal door", range(8)),
        (2, 60, "metal door", range(100, 104)),
        (1, 0, "soft rain", range(8)),
    )
    return folder


@pytest.fixture
def panel(session, open_panel):
    made = open_panel()
    made.window.deeds.do("history")
    made.list = made.window.docks["library"].widget().history
    made.until(lambda: len(made.list.rows.rows) == 3)
    return made


def texts(panel):
    return [one.prompt for one in panel.list.rows.rows]


def test_a_session_in_which_nothing_was_asked_for_has_an_empty_history(tmp_path):
    assert prompts(tmp_path) == []


def test_words_on_the_way_are_one_row_with_what_they_became_but_are_found(session):
    found = {(one.prompt, one.is_partial): one for one in prompts(session)}
    assert set(found) == {("old thunder", False), ("metal", True), ("metal door", False), ("soft rain", False)}
    assert len(found["metal door", False].recipes) == 12
    assert [one.prompt for one in prompts(session)] == ["soft rain", "metal door", "metal", "old thunder"]


def test_steps_of_a_take_are_one_take_and_another_day_is_another_row(tmp_path):
    for _ in range(2):
        note(tmp_path, (0, 0, "bell", [1, 2]), (1, 0, "bell", [1]))
    history.remember(tmp_path, with_steps(recipe("bell", seed=1), 4))
    assert sorted(len(one.recipes) for one in prompts(tmp_path)) == [1, 2]
    assert {one.steps for row in prompts(tmp_path) for one in row.recipes} == {1}


def test_whoever_stops_gets_what_was_read_and_progress_ends_at_the_whole(session):
    told = []
    note(session, (0, 0, "long", range(1000)))
    prompts(session, lambda done, total: told.append((done, total)) is None)
    assert len(told) >= 4
    assert all(0 < done <= total == history.size(session) for done, total in told)
    assert sum(len(one.recipes) for one in prompts(session, lambda done, total: False)) < 1000


def test_it_is_searched_while_typed_and_return_brings_the_takes_back_as_one_step(panel):
    assert texts(panel) == ["soft rain", "metal door", "old thunder"]
    panel.qtbot.keyClicks(panel.list.words, "thunder")
    panel.until(lambda: texts(panel) == ["old thunder"])
    panel.press(Key.Key_Down)
    assert panel.list.table.hasFocus()
    panel.press(Key.Key_Return)
    panel.settled()
    assert panel.window.prompt.text() == "old thunder"
    assert [slot.recipe.seed for slot in panel.flow.slots] == list(range(8))
    assert not panel.flow.marks  # Return in the list keeps nothing
    panel.window.deeds.do("page.later")
    panel.until(lambda: panel.flow.complete and panel.flow.slots[0].recipe.seed == 8)
    assert [slot.recipe.seed for slot in panel.flow.slots if slot.recipe] == [8, 9, 10, 11]
    panel.studio.undo.undo()
    panel.studio.undo.undo()
    assert panel.flow.wishes.text == ""
    assert not any(slot.recipe for slot in panel.flow.slots)


def test_pinned_takes_stay_and_what_is_half_typed_is_found_when_looked_for(panel):
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    panel.window.deeds.do("hear.2")
    panel.press(Key.Key_P)
    pinned = panel.flow.slots[1].recipe
    panel.window.deeds.do("history")
    panel.qtbot.keyClicks(panel.list.words, "metal")
    panel.until(lambda: texts(panel) == ["metal door", "metal"])
    panel.list.table.selectRow(1)
    panel.window.deeds.do("history.open")
    panel.settled()
    assert panel.flow.slots[1].recipe == pinned
    assert {slot.recipe.prompt.text for slot in panel.flow.slots} == {"glass bell", "metal"}


def test_a_model_that_is_not_here_is_told_and_nothing_changes(panel):
    (row,) = [one for one in panel.list.rows.rows if one.prompt == "soft rain"]
    before = panel.flow
    panel.list.remembered.bring_back(type(row)(row.prompt, "gone", row.day, row.first, row.last, row.recipes))
    assert "gone, which is not here" in panel.sentences[-1]
    assert panel.flow == before


def test_what_is_asked_now_is_there_when_it_is_read_again(panel):
    panel.write("wooden click")
    panel.settled()
    panel.window.deeds.do("history")
    panel.until(lambda: not panel.studio.archive._remembering.waits)
    panel.until(lambda: panel.list.remembered.look() or "wooden click" in texts(panel))
