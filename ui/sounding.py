"""What is heard: sounds are made ready beside the window, loaded into the audio process, and played there.

The sound that a slot had stays on its key until the new one is loaded, so a finger on a pad never meets silence.
Auto-audition plays the selected take once when new words or new seeds bring new drafts: never over MIDI, never
into a hit while the words are unchanged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_bridge.audio.protocol import Failed, Loaded, Monitor, Opened, State
from presets.kits import FIRST_NOTE
from presets.schema import Kit, Recipe
from ui import families, hearing
from ui.audio_live import AudioLive
from ui.flow import SLOTS, Flow, Wishes, lineage
from ui.session import Session
from ui.settings import Settings, SettingsFile
from ui.shelf import Heard, Made, Shelf, edit_of, heard_name
from ui.throttle import Throttle
from ui.work import Work

_MIDI_QUIET = 1.0  # seconds without MIDI before auto-audition may speak again
_TRIES = 2


@dataclass(frozen=True)
class Playing:
    """An audition. take: lineage; began: time.monotonic() when it was sent; seconds: how long it lasts."""

    take: str
    began: float
    seconds: float

    @property
    def position(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def over(self) -> bool:
        """Whether it has ended by itself."""
        return self.position > self.seconds


class Sounding(QObject):
    """Sounds that are ready, and the audition.

    Signals: `ready` a sound that can be played now; `played` when an audition begins or ends.
    """

    ready = pyqtSignal(object)
    played = pyqtSignal()

    def __init__(
        self, audio: AudioLive, work: Work, session: Session, shelf: Shelf, settings: SettingsFile, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._audio, self._work, self._session, self._shelf, self._settings = audio, work, session, shelf, settings
        self._flow: Flow | None = None
        self._loading: set[str] = set()
        self._loaded: dict[str, float] = {}
        self._on_key: dict[tuple[int, str], tuple[str, float]] = {}
        self._preparing: set[str] = set()
        self._failures: dict[str, int] = {}
        self._wish: int | None = None
        self._auditioned: tuple[Wishes, tuple[int, ...]] | None = None
        self._midi = 0.0
        self.playing: Playing | None = None
        self._kit = Throttle(30, self._send_kit, self)
        audio.news.connect(self._hear)
        audio.state.connect(self._state)
        audio.fresh.connect(self._say_everything)
        settings.listen(self._set)

    def follow(self, flow: Flow) -> None:
        """Make ready and load what can be heard of this Flow, and let go what cannot."""
        self._flow = flow
        needed = set()
        for recipe in self._audible(flow):
            made = self._shelf.shown(flow, recipe)
            if made is None:
                continue
            edit = edit_of(flow, self._shelf, made.recipe)
            name = heard_name(made, edit)
            needed.add(name)
            wet = self._shelf.wet_of(flow, made)
            if wet is not None:
                needed.add(wet.name)
                self._load(wet)
            heard = self._shelf.heard.get(name)
            if heard is not None:
                self._load(heard)
            elif name not in self._preparing and self._failures.get(name, 0) < _TRIES:
                self._prepare(name, made, flow)
        needed |= {name for name, _ in self._on_key.values()}
        for name in self._loading - needed:
            self._loading.discard(name)
            self._loaded.pop(name, None)
            self._audio.say(lambda client, name=name: client.unload(name))  # type: ignore[misc]
        self._kit.poke()

    def hear(self, index: int) -> None:
        """Play the take of a slot; one that is on its way is played when it is there."""
        self._wish = None if self._play(index) else index

    def stop(self) -> None:
        """End the audition."""
        self._wish = None
        self._audio.say(lambda client: client.stop())
        self.playing = None
        self.played.emit()

    def panic(self) -> None:
        """Silence, now."""
        self._audio.say(lambda client: client.panic())
        self.playing = None
        self.played.emit()

    def retry(self) -> None:
        """What could not be made ready may be tried again."""
        self._failures.clear()

    def use_ports(self) -> None:
        """Listen to the MIDI inputs of the settings, and pass on what comes in."""
        settings = self._settings()
        self._audio.say(lambda client: client.midi_ports(settings.midi_inputs, settings.midi_thru, watch=True))

    def note(self, number: int, velocity: int) -> None:
        """A key on the screen goes down, or up with velocity 0."""
        data = bytes((0x90, number, velocity) if velocity else (0x80, number, 64))
        self._audio.say(lambda client: client.midi(data))

    @property
    def is_playing(self) -> bool:
        """Whether an audition can still be heard."""
        return self.playing is not None and not self.playing.over

    def on_keys(self) -> dict[int, str]:
        """The sounds that lie on notes now."""
        return {note: name for (note, _), (name, _) in reversed(self._on_key.items())}

    def _fail(self, name: str, sentence: str) -> None:
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] >= _TRIES:
            self._work.refuse(sentence)

    # ── making ready ──────────────────────────────────────────────────────────────────────────────────────────

    def _audible(self, flow: Flow) -> list[Recipe]:
        recipes = [slot.recipe for slot in flow.slots if slot.recipe] + list(flow.pads.values())
        return list(dict.fromkeys(recipes + families.recipes(flow)))

    def _playable(self, flow: Flow, recipe: Recipe) -> Heard | None:
        """What is heard of a take, once it is loaded."""
        heard = self._shelf.sound(flow, recipe)
        return heard if heard is not None and heard.name in self._loaded else None

    def _prepare(self, name: str, made: Made, flow: Flow) -> None:
        self._preparing.add(name)
        edit, session = edit_of(flow, self._shelf, made.recipe), self._session

        def gone(sentence: str) -> None:
            self._preparing.discard(name)
            self._fail(name, sentence)
            self._shelf.forget(made)  # its file may be gone: it is made again

        self._work.do(f"hear {name}", lambda: hearing.prepare(session, made, edit), self._prepared, gone)

    def _prepared(self, heard: Heard) -> None:
        self._preparing.discard(heard.name)
        self._shelf.remember(heard)
        self._load(heard)
        self.ready.emit(heard)

    def _load(self, heard: Heard) -> None:
        if heard.name not in self._loading:
            self._loading.add(heard.name)
            self._audio.say(lambda client: client.load(heard.name, heard.path))

    def _hear(self, news: object) -> None:
        if isinstance(news, Loaded):
            self._loaded[news.sound] = news.seconds
            self._kit.poke()
            self._greet(news.sound)
        elif isinstance(news, Failed) and news.about in self._loading:
            self._loading.discard(news.about)
            self._shelf.forget_sound(news.about)  # written anew, should its file be gone
            self._fail(news.about, news.sentence)
        elif isinstance(news, Opened):
            self._kit.poke()

    def _state(self, state: State) -> None:
        if state.midi_active:
            self._midi = time.monotonic()
        if self.playing is not None and self.playing.over:
            self.playing = None
            self.played.emit()

    def _say_everything(self) -> None:
        """A new audio process knows nothing."""
        self._loading.clear()
        self._loaded.clear()
        self._on_key.clear()
        self._set(self._settings())
        self._audio.say(lambda client: client.open(self._settings().output))
        self.use_ports()
        if self._flow is not None:
            self.follow(self._flow)

    def _set(self, settings: Settings) -> None:
        monitor = Monitor(
            hear=settings.hear,
            level_db=settings.level_db,
            dim=settings.dim,
            mute=settings.mute,
            match=settings.match,
            limiter=settings.limiter,
        )
        self._audio.say(lambda client: client.monitor(monitor))

    # ── playing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _play(self, index: int) -> bool:
        flow = self._flow
        slot = flow.slots[index] if flow else None
        if flow is None or slot is None or slot.recipe is None:
            return False
        heard = self._shelf.sound(flow, slot.recipe)
        if heard is None or heard.name not in self._loaded:
            heard = self._before(flow, slot.recipe)
        if heard is None:
            return False
        gain = 0.0 if self._settings().match else slot.gain_db
        self._audio.say(lambda client: client.audition(heard.name, gain))
        self.playing = Playing(lineage(slot.recipe), time.monotonic(), heard.seconds)
        self.played.emit()
        return True

    def _before(self, flow: Flow, recipe: Recipe) -> Heard | None:
        """The version without effects, where it is loaded already: one that has just come is not waited for."""
        made = self._shelf.shown(flow, recipe)
        name = heard_name(made, edit_of(flow, self._shelf, made.recipe)) if made else ""
        return self._shelf.heard.get(name) if name in self._loaded else None

    def _greet(self, name: str) -> None:
        """A sound can be played now: somebody may be waiting for it, or auto-audition."""
        flow = self._flow
        if flow is None:
            return
        sounds = [self._shelf.sound(flow, slot.recipe) for slot in flow.slots]
        here = [i for i, sound in enumerate(sounds) if sound is not None and sound.name == name]
        if self._wish in here and self._wish is not None:
            self.hear(self._wish)
        elif flow.selected in here:
            self._audition(flow)

    def _audition(self, flow: Flow) -> None:
        what = (flow.made_for, tuple(slot.seed for slot in flow.slots))
        if what == self._auditioned:
            return
        same_words = self._auditioned is not None and self._auditioned[0].text == what[0].text
        self._auditioned = what
        quiet = time.monotonic() - self._midi > _MIDI_QUIET
        if self._settings().auto_audition and quiet and not (same_words and self.is_playing):
            self._play(flow.selected)

    def _send_kit(self) -> None:
        flow = self._flow
        if flow is None:
            return
        kept = {take for _, take in self._on_key}
        laid = families.laid(
            flow, lambda recipe: lineage(recipe) in kept or self._playable(flow, recipe) is not None
        )
        on_key, zones = {}, []
        for one in laid:
            heard = self._playable(flow, one.recipe)
            if heard is not None:
                on_key[one.place] = (heard.name, one.gain_db)
            elif one.place in self._on_key:
                on_key[one.place] = self._on_key[one.place]
            else:
                continue
            zones.append(one.zone(*on_key[one.place]))
        self._on_key = on_key
        kit = Kit(name="Onetake", zones=tuple(zones))
        self._audio.say(lambda client: client.use_kit(kit))


PADS = range(FIRST_NOTE, FIRST_NOTE + 2 * SLOTS)
"""Notes of the sixteen pads; the first eight play the slots."""
