"""A scan: every bundle that is new or changed is looked at, each in a child of its own, a few at once.

What was found is kept bundle by bundle, so a scan that is stopped or killed loses only what it was looking at.
What crashed or hung goes on the block-list until its file changes or somebody says "try again"; what cannot be
loaded is only broken, and looked at again when its file changes.
"""

from __future__ import annotations

import os
import queue
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from plugin_bridge.rack import bundles, folders
from plugin_bridge.rack.bundles import Trouble, format_of
from plugin_bridge.rack.findings import BLOCKED, Outcome, Record, State
from plugin_bridge.rack.inspection import Answer, Ask, Inspector, Limits, Result
from plugin_bridge.rack.look import LONGEST_SECONDS
from plugin_bridge.rack.store import Store

__all__ = [
    "LONGEST_SECONDS",
    "Answer",
    "Ask",
    "Began",
    "Event",
    "Finished",
    "Limits",
    "Result",
    "Scan",
    "Summary",
    "Trouble",
    "forget_folder",
    "format_of",
    "own_folders",
    "remember_folders",
]

AT_ONCE = 2
"""Children at work: the machine has other things to do."""

_LISTEN_SECONDS = 0.3  # so that Ctrl-C is heard on every system


@dataclass(frozen=True)
class Began:
    """A child looks at a bundle. done, total: bundles."""

    path: Path
    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """What came of a bundle. done, total: bundles."""

    result: Result
    done: int
    total: int


@dataclass(frozen=True)
class Summary:
    """What a scan did. looked_at: bundles that a child was started for. outcomes: how many came out how."""

    total: int
    looked_at: int
    outcomes: dict[Outcome | None, int]
    cancelled: bool

    @property
    def blocked(self) -> int:
        """How many are on the block-list."""
        return sum(self.outcomes.get(outcome, 0) for outcome in BLOCKED)


Event = Began | Finished | Trouble


@dataclass(frozen=True)
class _Question:
    path: Path
    seconds: float
    answer: queue.SimpleQueue[Answer]


class Scan:
    """One scan of some folders."""

    def __init__(
        self,
        store: Store,
        places: Sequence[Path] | None = None,
        *,
        tell: Callable[[Event], None] = lambda event: None,
        ask: Ask | None = None,
        again: bool = False,
        limits: Limits | None = None,
    ) -> None:
        """Nothing happens before `run`.

        Args:
            store: where results are kept.
            places: folders; None is the system's and the user's own.
            tell: takes events, in the thread that calls `run`.
            ask: is asked in that thread about a bundle that takes long; None where nobody is there.
            again: look at unchanged bundles too, but for the blocked ones.
            limits: for tests.
        """
        self._store, self._places, self._tell, self._ask = store, places, tell, ask
        question = self._put_question if ask else None
        self._inspector = Inspector(store, question, again, limits or Limits(), self._put_began)
        self._news: queue.SimpleQueue[Path | Result | Trouble | _Question | BaseException] = queue.SimpleQueue()
        self._total = 0

    def cancel(self) -> None:
        """End what is being looked at; what was found stays. From any thread."""
        self._inspector.cancel()

    def run(self) -> Summary:
        """Scan.

        Raises:
            NotWritten: the results cannot be kept.
        """
        state = self._store.read()
        places = list(self._places) if self._places is not None else [*folders.standard(), *own_folders(state)]
        paths = list(bundles.find(places, self._tell, self._inspector.cancelled.is_set))
        if not self._inspector.cancelled.is_set():
            self._forget_what_is_gone(places, {str(path) for path in paths})
        self._total = len(paths)
        results: list[Result] = []
        with ThreadPoolExecutor(AT_ONCE, "scan") as workers:
            try:
                for path in paths:
                    workers.submit(self._work, path, state.bundles.get(str(path)))
                while len(results) < self._total:
                    self._pass_on(results)
            except BaseException:
                self.cancel()
                raise
        looked_at = sum(result.fresh for result in results)
        outcomes = dict(Counter(result.outcome for result in results))
        return Summary(self._total, looked_at, outcomes, self._inspector.cancelled.is_set())

    def _pass_on(self, results: list[Result]) -> None:
        """One event or question of a worker."""
        try:
            news = self._news.get(timeout=_LISTEN_SECONDS)
        except queue.Empty:
            return
        match news:
            case BaseException():
                raise news
            case _Question():
                assert self._ask is not None
                news.answer.put(self._ask(news.path, news.seconds))
            case Result():
                results.append(news)
                self._tell(Finished(news, len(results), self._total))
            case Path():
                self._tell(Began(news, len(results), self._total))

    def _forget_what_is_gone(self, places: Sequence[Path], there: set[str]) -> None:
        """Bundles that were in a folder which could be read, and are not any more."""
        inside = tuple(os.path.join(os.path.abspath(place), "") for place in places if place.is_dir())  # noqa: PTH100, PTH118

        def is_gone(path: str, record: Record) -> bool:
            lost = path.startswith(inside) and path not in there and not Path(path).exists()
            return lost and record.outcome != "never"

        def without(state: State) -> State:
            kept = {path: record for path, record in state.bundles.items() if not is_gone(path, record)}
            return structs.replace(state, bundles=kept)

        self._store.change(without)

    # ── in a worker's thread ──────────────────────────────────────────────────────────────────────────────────

    def _work(self, path: Path, known: Record | None) -> None:
        try:
            self._news.put(self._inspector.inspect(path, known))
        except BaseException as error:  # noqa: BLE001  (a thread's border: the caller's thread raises it)
            self._news.put(error)

    def _put_began(self, path: Path) -> None:
        self._news.put(path)

    def _put_question(self, path: Path, seconds: float) -> Answer:
        question = _Question(path, seconds, queue.SimpleQueue())
        self._news.put(question)
        while not self._inspector.cancelled.is_set():
            try:
                return question.answer.get(timeout=_LISTEN_SECONDS)
            except queue.Empty:
                continue
        return "skip"


def own_folders(state: State) -> list[Path]:
    """Folders of the user's own."""
    return [Path(folder) for folder in state.folders]


def remember_folders(store: Store, places: Sequence[Path]) -> State:
    """Let every later scan look in these folders too.

    Raises:
        NotWritten: this cannot be kept.
    """
    added = [str(Path(os.path.abspath(place))) for place in places]  # noqa: PTH100 (links stay)
    return store.change(lambda state: _with_folders(state, [*state.folders, *added]))


def forget_folder(store: Store, place: Path) -> State:
    """Look in a folder no more, and forget what was found in it.

    Raises:
        NotWritten: this cannot be kept.
    """
    name = str(Path(os.path.abspath(place)))  # noqa: PTH100

    def without(state: State) -> State:
        inside = os.path.join(name, "")  # noqa: PTH118
        kept = {path: record for path, record in state.bundles.items() if not path.startswith(inside)}
        return _with_folders(structs.replace(state, bundles=kept), [f for f in state.folders if f != name])

    return store.change(without)


def _with_folders(state: State, names: Sequence[str]) -> State:
    """The state with other folders of the user's own, each once."""
    return structs.replace(state, folders=tuple(dict.fromkeys(names)))
