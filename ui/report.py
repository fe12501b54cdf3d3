"""How the command line looks: tables and levels to standard output, remarks and progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from engine.lab import Offer
from engine.local import SHORTEST, Made, ModelCard, Provenance
from plugin_bridge.audio.protocol import State
from presets.edit import SILENT_DB
from presets.export.wav import WavFile
from presets.intensity import written
from presets.schema import Chain, Version, content_id, lineage_id
from presets.sound import Sound, decibels

_OUT = Console(highlight=False, emoji=False)
_ERR = Console(stderr=True, highlight=False, emoji=False)
_CLEAR = 0.05
_WORTH_TELLING = 5.0  # seconds
_BARS = " ▁▂▃▄▅▆▇█"
_BOTTOM_DB = -60.0


def line(words: str) -> None:
    """A result in words."""
    _OUT.print(Text(words), soft_wrap=True)


def error(sentence: str) -> None:
    """What went wrong and what to do."""
    _ERR.print(Text("error: ", "bold red"), Text(_plain(sentence)), sep="", soft_wrap=True)


def warn(sentence: str) -> None:
    """What a person should know before they use the result."""
    _ERR.print(Text("warning: ", "yellow"), Text(_plain(sentence)), sep="", soft_wrap=True)


def note(sentence: str) -> None:
    """What was done differently than asked, without harm."""
    _ERR.print(Text("note: ", "cyan"), Text(_plain(sentence)), sep="", soft_wrap=True)


@contextmanager
def progress(what: str, jumps: int) -> Iterator[Callable[[object], None]]:
    """A bar over all jumps; yields what the engine calls after each."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *columns, TimeRemainingColumn(), console=_ERR, transient=True, disable=not _ERR.is_terminal
    ) as bar:
        task = bar.add_task(what, total=jumps)
        yield lambda step: bar.advance(task)


def hundredths(advance: Callable[[object], None]) -> Callable[[float], bool]:
    """A bar of a hundred steps for what tells its share; nobody stops it here but Ctrl-C, so it goes on."""
    done = 0

    def told(share: float) -> bool:
        nonlocal done
        while done < int(100 * share):
            advance(None)
            done += 1
        return True

    return told


def duration(seconds: float, a_step: float = 0.0) -> None:
    """What a slow sound takes at least, before it is begun; a_step: seconds of a step, where they are known."""
    if seconds >= _WORTH_TELLING:
        whole = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"
        note(f"This takes {whole} or more on this machine" + (f", {a_step:.1f} s a step." if a_step else "."))


def made(rows: Sequence[tuple[Path, Made, Sound]]) -> None:
    """The table of what was made and is heard."""
    refined = any(one.version.identity is not None for _, one, _ in rows)
    table = [["file", "seed", "seconds", "peak dB", "text ms", "network ms", "codec ms"]]
    table[0] += ["identity"] * refined
    for path, one, heard in rows:
        timing = one.timing
        cells = [_plain(str(path)), str(one.version.recipe.seed), f"{heard.seconds:.3f}", _peak(heard)]
        cells += [f"{1000 * seconds:.0f}" for seconds in (timing.text, timing.network, timing.codec)]
        if refined:
            cells.append("" if one.version.identity is None else f"{one.version.identity:.3f}")
        table.append(cells)
    columns(table, figures=True)


def columns(rows: Sequence[Sequence[str]], figures: bool = False) -> None:
    """A table, its head first. figures: whether all but the first column are numbers."""
    plain = [[_plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    for name, *cells in plain:  # not wrapped: a name must stay whole to be copied
        sign = ">" if figures else "<"
        aligned = [f"{cell:{sign}{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        line("  ".join([f"{name:<{widths[0]}}", *aligned]).rstrip())


@contextmanager
def meter() -> Iterator[Callable[[State], None]]:
    """A line that is drawn over itself while something plays; nothing where nobody looks."""
    if not _ERR.is_terminal:
        yield lambda state: None
        return
    with Live(console=_ERR, transient=True, auto_refresh=False) as live:
        yield lambda state: live.update(Text(_meters(state)), refresh=True)


def identity(own: float, stranger: float) -> None:
    """How close a refinement stayed, beside what another seed gives."""
    line(f"like its draft: {own:.3f}   another seed would be: {stranger:.3f}   (log-mel correlation, 1 is equal)")
    if own < stranger + _CLEAR:
        line("Takes of this prompt are much alike, whatever the seed: the figure tells little here.")


def models(cards: Sequence[tuple[ModelCard, Provenance | None]], own: bool) -> None:
    """What there is to know of each model, and what it was taught. own: whether they are the user's."""
    for card, taught in cards:
        channels = "mono" if card.channels == 1 else f"{card.channels} channels"
        line(_plain(f"{card.id}: {card.title}"))
        facts = [
            ("  makes", f"{SHORTEST} to {card.longest:.2f} seconds at {card.rate / 1000:g} kHz, {channels}"),
            (
                "  guidance",
                f"omega {card.omega_range[0]:g} to {card.omega_range[1]:g}, usually {card.omega:g}",
            ),
            ("  size", f"{card.bytes / 1e6:.0f} MB, {f'in {card.folder}' if own else 'comes with Onetake'}"),
            ("  licence", card.licence),
            ("  trained on", card.training_data),
        ]
        if taught is not None:
            facts.append(("  taught", provenance(taught)))
        pairs(facts)


def offers(rows: Sequence[Offer]) -> None:
    """What there is to know of models before they are fetched."""
    for offer in rows:
        line(f"{offer.id}: {offer.title} (not here; onetake models get {offer.id})")
        pairs(
            [
                ("  fetches", f"about {offer.about / 1e9:.1f} GB in {len(offer.files)} files"),
                ("  memory", f"at least {offer.memory / 1e9:.1f} GB"),
                ("  licence", offer.licence),
                ("  trained on", offer.training_data),
            ]
        )


@contextmanager
def fetching() -> Iterator[Callable[[str, int, int], None]]:
    """A bar of what is fetched and converted; a line for each where nobody looks at a bar."""
    told = ""

    def lines(what: str, done: int, total: int) -> None:
        nonlocal told
        if what != told:
            told = what
            note(f"{what} …")

    if not _ERR.is_terminal:
        yield lines
        return
    shown = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*shown, TimeRemainingColumn(), console=_ERR, transient=True) as bar:
        task = bar.add_task("Looking", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and _ERR.is_terminal


def provenance(taught: Provenance) -> str:
    """What a model was taught, in a line."""
    files = f"{taught.count} sound file{'s' * (taught.count != 1)}"
    return f"{files} ({taught.licence or 'no licence told'}), on {taught.date[:10]}, from {taught.base}"


@contextmanager
def teaching() -> Iterator[Callable[[float, float, float], None]]:
    """A bar while a model is taught; yields what is told share, loss and seconds left after every step.

    Where nobody looks at a bar, a line for every tenth.
    """
    if not _ERR.is_terminal:
        told = 0

        def tenths(share: float, loss: float, left: float) -> None:
            nonlocal told
            if int(10 * share) > told:
                told = int(10 * share)
                _ERR.print(f"{10 * told} %, loss {loss:.3f}, {_time(left)} left", soft_wrap=True)

        yield tenths
        return
    words = TextColumn("loss {task.fields[loss]:.3f}, {task.fields[left]} left")
    with Progress(
        TextColumn("Teaching"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        words,
        console=_ERR,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0, loss=0.0, left="?")
        yield lambda share, loss, left: bar.update(task, completed=share, loss=loss, left=_time(left))


@contextmanager
def measuring() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for what is being measured; where nobody looks, a line for what is done."""
    if not _ERR.is_terminal:
        yield lambda what, done, total: _ERR.print(f"{what}: {total}", soft_wrap=True) if done == total else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def evaluation(found: Table) -> None:
    """The table of an evaluation; nothing of it is cut where it goes to a file."""
    _OUT.print(found, width=None if _OUT.is_terminal else max(_OUT.width, 200))


def sound(path: Path, content: WavFile) -> None:
    """A file's waveform and level."""
    audio = content.sound
    shape = f"{audio.rate} Hz, {audio.channels} channel(s), {content.depth} bit"
    line(f"{_plain(str(path))}: {audio.seconds:.3f} s, {shape}")
    level = (
        "silent"
        if audio.peak_db < SILENT_DB
        else f"peak {audio.peak_db:.1f} dBFS, RMS {decibels(audio.rms):.1f} dBFS"
    )
    line(level)
    for row in waveform(audio.samples, min(_OUT.width, 100)):
        line(row)


def version(one: Version) -> None:
    """A file's recipe."""
    recipe, edit = one.recipe, one.edit
    steps = "draft (1 step)" if recipe.steps == 1 else f"refined in {recipe.steps} steps"
    sync = "" if edit.sync is None else f", sync point {1000 * edit.sync:.0f} ms"
    like = "" if one.identity is None else f", {one.identity:.3f} like its draft"
    rows = {
        "prompt": recipe.prompt.text,
        "made by": f"{one.made_by}, {recipe.model}, on {one.device} (generated sound)",
        "licence": one.model_licence,
        "version": f"{steps}{like}",
        "recipe": f"seed {recipe.seed}, {recipe.sampler}, omega {recipe.omega:g}, nu {recipe.nu:g}, "
        f"gamma {recipe.gamma:g}, {recipe.frames} frames, decoder seed {recipe.decode_seed}, variation "
        f"{recipe.variation_radius:g} of seed {recipe.variation_seed}, renderer {recipe.renderer}",
        "intensity": written(recipe.prompt.intensity),
        "edit": f"starts {1000 * edit.start:.0f} ms into the native sound, {edit.length:.3f} s, onset "
        f"{1000 * edit.onset:.0f} ms{sync}, gain {edit.gain_db + one.match_db:+.1f} dB",
        "effects": _effects(one.chain),
        "take": lineage_id(recipe),
        "content": content_id(recipe),
        "checksum": one.checksum,
    }
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value or name not in ("effects", "intensity"):
            table.add_row(name, Text(_plain(value)))
    _OUT.print(table)


def _effects(chain: Chain | None) -> str:
    """The effects that are printed into a file, in their order; "" without any."""
    slots = [slot for slot in chain.slots if slot.enabled] if chain else []
    return " > ".join(slot.effect + (f" ({slot.mix:.0%})" if slot.mix < 1 else "") for slot in slots)


def pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Facts, a line each."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        line(_plain(f"{name:<{width}}  {value}"))


def waveform(samples: np.ndarray, width: int) -> list[str]:
    """Peak levels of (C, N) samples, -60 to 0 dBFS, as two rows of `width` characters."""
    if samples.shape[1] == 0:
        return []
    columns = np.array_split(np.abs(samples).max(axis=0), min(width, samples.shape[1]))
    peaks = np.array([column.max() for column in columns])
    decibels = 20 * np.log10(np.maximum(peaks, 1e-6))
    heights = np.clip(np.ceil((decibels - _BOTTOM_DB) / -_BOTTOM_DB * 16), 0, 16).astype(int)
    upper = "".join(_BARS[max(0, h - 8)] for h in heights)
    lower = "".join(_BARS[min(8, h)] for h in heights)
    return [upper.rstrip(), lower.rstrip()]


def _meters(state: State) -> str:
    """Levels, voices and load of the audio process."""
    left, right = state.peaks[-2:] if state.peaks else (_BOTTOM_DB, _BOTTOM_DB)
    bars = "".join(_BARS[round(8 * max(0.0, 1 - db / _BOTTOM_DB))] for db in (left, right))
    words = [
        f"{bars} {max(left, right, _BOTTOM_DB):6.1f} dB",
        f"{state.voices:2d} voices",
        f"load {state.load[1]:4.0%}",
    ]
    words += [f"{state.loudness[0]:.1f} LUFS"] * (state.loudness[0] > _BOTTOM_DB)
    words += [f"{state.underruns} underruns"] * bool(state.underruns) + ["CLIP"] * bool(state.clips)
    words += [f"{state.tempo:.1f} bpm"] * bool(state.tempo)
    return "   ".join(words)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _peak(sound: Sound) -> str:
    return "silent" if sound.peak_db < SILENT_DB else f"{sound.peak_db:.1f}"


def _plain(words: str) -> str:
    """Text from a file or a name, without what would command the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
