"""The words of Onetake as plain values: Prompt, Recipe, Take, Edit, Chain, Kit, Preset.

Frozen msgspec Structs. They cross every border as canonical JSON: keys sorted, no spaces, every field written,
numbers in the field's own type, so that equal values are equal bytes and a hash of them is an identity.
Whatever is stored says its kind and version; unknown fields, kinds and newer versions are refused, never
guessed at.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from presets import migrations
from presets.errors import UnreadableFile

SEED_LIMIT = 2**53
"""Seeds are below this: whole numbers that every JSON reader keeps."""

Seed = Annotated[int, Meta(ge=0, lt=SEED_LIMIT)]
Unit = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0, le=3600.0)]
Start = Annotated[float, Meta(ge=-1.0, le=3600.0)]
Length = Annotated[float, Meta(ge=0.001, le=3600.0)]
Decibels = Annotated[float, Meta(ge=-120.0, le=120.0)]
Note = Annotated[int, Meta(ge=0, le=127)]
Velocity = Annotated[int, Meta(ge=1, le=127)]
Semitones = Annotated[float, Meta(ge=-48.0, le=48.0)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
FileRate = Literal[44100, 48000, 88200, 96000]
FILE_RATES: tuple[int, ...] = get_args(FileRate)
SlotRate = Literal[44100, 48000, 88200, 96000, 176400, 192000]
SLOT_RATES: tuple[int, ...] = get_args(SlotRate)
Sampler = Literal["deterministic", "cm_multistep", "gamma_multistep"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of something stored."""


class Stored(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Something stored on its own: it says its kind and, in `version`, the version of that kind."""


class Prompt(Value, frozen=True, kw_only=True):
    """What the designer asked for. length: seconds, None is auto. intensity: (position 0..1, dB) points.

    reference: content hash of a reference sound, "" for none.
    """

    text: str
    length: Length | None = None
    loop: bool = False
    intensity: tuple[tuple[Unit, float], ...] = ()
    reference: str = ""


class Recipe(Stored, frozen=True, kw_only=True, tag="recipe"):
    """All that determines the native audio: same recipe, same device, same bytes.

    model_hash covers every weight file; frames are the latent frames that are rendered; renderer is raised
    whenever bytes change; guidance holds the hashes of guidance inputs.
    """

    version: Literal[1] = 1
    model: str
    model_hash: str
    prompt: Prompt
    seed: Seed
    variation_seed: Seed = 0
    variation_radius: Unit = 0.0
    frames: Annotated[int, Meta(ge=1)]
    steps: Annotated[int, Meta(ge=1)] = 1
    sampler: Sampler = "deterministic"
    omega: float
    nu: float = 1.0
    gamma: float = 0.5
    guidance: tuple[str, ...] = ()
    decode_seed: Seed
    dtype: Literal["float32", "bfloat16"] = "float32"
    renderer: int


class Edit(Value, frozen=True, kw_only=True):
    """What is cut out of the native sound; found once, on the draft, and inherited by every version.

    Times are seconds: start in the native sound (a negative one puts silence before it), everything else from
    there. length is what is heard, fades included. onset is where it begins to be heard, sync the moment a
    picture would be cut to. gain_db applies to every version alike. pitch: semitones, as a tape that runs faster
    or slower: before the cut, so that length, fades and loop are of what is heard. loop: where a loop begins and
    ends, None is none; crossfade: seconds of what is before its end that flow into what is before its begin.
    """

    start: Start = 0.0
    length: Length
    onset: Seconds = 0.0
    sync: Seconds | None = None
    fade_in: Seconds = 0.0
    fade_out: Seconds = 0.0
    gain_db: Decibels = 0.0
    pitch: Semitones = 0.0
    loop: tuple[Seconds, Seconds] | None = None
    crossfade: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.0


class Slot(Value, frozen=True, kw_only=True):
    """One effect in a chain: who it is, its state, and the parameter values as a fallback.

    effect: a built-in's id, or a plug-in's name; maker and effect_version belong to plug-ins. state: a plug-in's
    own, as it gave it. parameters: by id, normalised. files: content hashes of the user's own files that it plays
    with (impulse responses), by what they are for. tail: seconds that ring on behind this slot where a stretch of
    the chain ends, found on the draft and inherited; None is not found yet. rate: Hz at which the effect gets the
    sound; None is the sound's own.
    """

    effect: str
    format: Literal["builtin", "vst3", "au"] = "builtin"
    maker: str = ""
    effect_version: str = ""
    state: bytes = b""
    parameters: dict[str, Unit] = {}
    files: dict[str, str] = {}
    enabled: bool = True
    mix: Unit = 1.0
    tail: Seconds | None = None
    rate: SlotRate | None = None


class Chain(Stored, frozen=True, kw_only=True, tag="chain"):
    """Ordered effects; wet = Chain(Edit(Sound))."""

    version: Literal[2] = 2
    slots: tuple[Slot, ...] = ()


class Version(Stored, frozen=True, kw_only=True, tag="version"):
    """One version of a take, as it travels inside its file.

    checksum: of the untrimmed native float32 (Sound.checksum). match_db: what brings this version to its
    draft's level. identity: log-mel correlation with the draft, None for the draft. chain: the effects that are
    printed into the file, None for a dry one. model_licence, device and made_by tell whoever finds the file what
    they hold: a generated sound, and from what.
    """

    version: Literal[2] = 2
    recipe: Recipe
    edit: Edit
    checksum: str
    match_db: Decibels = 0.0
    identity: float | None = None
    chain: Chain | None = None
    device: str = ""
    made_by: str = ""
    model_licence: str = ""
    generated: Literal[True] = True


class Piece(Value, frozen=True, kw_only=True):
    """A stretch of a sound inside another one.

    source: the version it comes from, None for a sound that was not generated; name: what that sound is called.
    begin, end: seconds of what is heard of the source. at: where it lies in the new sound, seconds. gain_db and
    pitch (semitones, as a tape) are what was done to it on the way.
    """

    source: Version | None = None
    name: str = ""
    begin: Seconds = 0.0
    end: Seconds
    at: Seconds = 0.0
    gain_db: Decibels = 0.0
    pitch: Semitones = 0.0


class Assembly(Stored, frozen=True, kw_only=True, tag="assembly"):
    """A sound that was cut out of one take or layered from several, as it travels inside its file.

    pieces: all that it is made of; a slice has one. checksum: of the file's own samples (Sound.checksum).
    """

    version: Literal[1] = 1
    pieces: tuple[Piece, ...]
    checksum: str = ""
    made_by: str = ""


class Take(Stored, frozen=True, kw_only=True, tag="take"):
    """A lineage: its draft's recipe, the edit found on it, and the versions made so far (steps only differ)."""

    version: Literal[2] = 2
    recipe: Recipe
    edit: Edit
    versions: tuple[Version, ...] = ()


class Zone(Value, frozen=True, kw_only=True):
    """Which notes and velocities play a take, and how.

    take: lineage id, or the file name of a sound without a recipe. round_robin: 0 always plays; zones with 1, 2,
    3 … take turns. choke: a note of a group ends what the group plays, 0 is no group. tracking: the pitch follows
    the note, root plays it as it is; tune: cents. touch: how much the velocity changes the level, 0 not at all.
    mode: a one-shot ignores note-off; gate and loop end with the note. loop: seconds where it begins and ends,
    crossfade: seconds of what is before the end that flow into what is before the begin. attack, release:
    seconds. channel: MIDI channel, 0 is any. output: pair of outputs.
    """

    take: Name
    low: Note
    high: Note
    root: Note
    softest: Velocity = 1
    loudest: Velocity = 127
    round_robin: Annotated[int, Meta(ge=0, le=128)] = 0
    choke: Annotated[int, Meta(ge=0, le=128)] = 0
    tracking: bool = False
    tune: Annotated[float, Meta(ge=-2400.0, le=2400.0)] = 0.0
    touch: Unit = 1.0
    mode: Literal["one-shot", "gate", "loop"] = "one-shot"
    loop: tuple[Seconds, Seconds] | None = None
    crossfade: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.02
    attack: Annotated[float, Meta(ge=0.0, le=60.0)] = 0.0
    release: Annotated[float, Meta(ge=0.001, le=60.0)] = 0.02
    gain_db: Annotated[float, Meta(ge=-120.0, le=24.0)] = 0.0
    pan: Annotated[float, Meta(ge=-1.0, le=1.0)] = 0.0
    channel: Annotated[int, Meta(ge=0, le=16)] = 0
    output: Annotated[int, Meta(ge=1, le=16)] = 1


class Kit(Stored, frozen=True, kw_only=True, tag="kit"):
    """Which note plays which takes. program: the MIDI program that selects it; bend: semitones of the wheel."""

    version: Literal[1] = 1
    name: str
    zones: tuple[Zone, ...] = ()
    program: Annotated[int, Meta(ge=0, le=127)] = 0
    bend: Annotated[float, Meta(ge=0.0, le=48.0)] = 2.0


class Preset(Stored, frozen=True, kw_only=True, tag="preset"):
    """What a designer saves and shares."""

    version: Literal[2] = 2
    name: str
    prompt: Prompt
    recipe: Recipe | None = None
    edit: Edit | None = None
    chain: Chain | None = None
    kit: Kit | None = None


STORED: tuple[type[Stored], ...] = (Recipe, Version, Assembly, Take, Chain, Kit, Preset)
"""Every kind of this file that is stored on its own."""

_T = TypeVar("_T", bound=Struct)


def canonical(value: Struct) -> bytes:
    """The canonical JSON of a value: equal values give equal bytes.

    Raises:
        msgspec.ValidationError: a field holds what its type forbids (NaN, a negative length, …).
    """
    return msgspec.json.encode(_checked(value), order="sorted")


def decode(data: bytes, kind: type[_T], what: str) -> _T:
    """A stored value from JSON.

    Args:
        data: JSON.
        kind: the type it must be.
        what: what the data is, for the person who reads the error ("the recipe in boom.wav").

    Raises:
        UnreadableFile: broken, of another kind, or written by a newer Onetake.
    """
    try:
        document = migrations.upgraded(msgspec.json.decode(data))
        return msgspec.convert(document, type=kind)
    except migrations.Newer as newer:
        raise UnreadableFile(
            f"{what} was written by a newer Onetake (version {newer.version} of its format, this one reads "
            f"{newer.newest}). Update Onetake to open it; the file is untouched."
        ) from newer
    except msgspec.ValidationError as error:
        raise UnreadableFile(f"{what} is not what Onetake writes: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"{what} cannot be read: {error}.") from error


def content_id(recipe: Recipe) -> str:
    """Identity of one version: hash of the recipe with its steps."""
    return _digest(canonical(recipe))


def lineage_id(recipe: Recipe) -> str:
    """Identity of a take: hash of the recipe without its steps."""
    fields: dict[str, Any] = msgspec.to_builtins(_checked(recipe))
    del fields["steps"]
    return _digest(msgspec.json.encode(fields, order="sorted"))


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """The same take, refined in that many steps; 1 is its draft."""
    return msgspec.structs.replace(recipe, steps=steps)


def _checked(value: _T) -> _T:
    """The value as it comes back from JSON: types enforced, whole numbers in float fields made floats."""
    back = msgspec.json.decode(msgspec.json.encode(value), type=type(value))
    if back != value:  # JSON has no NaN and no infinity: they come back as nothing
        raise msgspec.ValidationError("A number is not finite.")
    return back


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
