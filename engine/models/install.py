"""From an offer to a model that renders: fetched, converted once, named when it is whole.

    look ──► space ──► fetch, one file after the other ──► convert each part ──► card ──► its folder appears

What was fetched stays until the model is there, so that a line that breaks costs nothing but time; then the
published files are removed, because the converted ones hold everything. Nothing of theirs is ever run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from engine.models import cards, published
from engine.models.cards import ModelCard, ModelFile, described
from engine.models.checkpoint import read_header
from engine.models.decoding import decoder_of
from engine.models.fetch import Source, check_space
from engine.models.offers import Offer, Wanted
from engine.models.official import convert
from engine.models.whole_folder import appearing, check_place
from engine.places import models_folder

OnPart = Callable[[str, int, int], None]
"""Called with what is being done, bytes done and bytes in all; may raise Cancelled."""

_FETCHED = ".fetched-"
_ROWS = {row.id: row for row in published.PUBLISHED}


def installed(offer: Offer) -> bool:
    """Whether a model of that name is there."""
    return (models_folder() / offer.id / cards.CARD).exists()


def install(offer: Offer, source: Source, on_part: OnPart = lambda what, done, total: None) -> ModelCard:
    """Fetch and convert a model.

    Args:
        offer: which.
        source: where its files come from.
        on_part: told of every piece; may raise to stop, and what was fetched so far is kept.

    Raises:
        InvalidRequest: there is a model of that name.
        EngineError: a file cannot be had, is not what it should be, or a package is missing.
        NotWritten: the disk is full or read-only.
    """
    place = models_folder() / offer.id
    check_place(place, 0)
    found = source.look(offer.files)
    total = sum(file.bytes for file in found)
    fetched = models_folder() / f"{_FETCHED}{offer.id}"
    fetched.mkdir(parents=True, exist_ok=True)
    check_space(fetched, total + 2 * offer.memory)
    there: dict[Wanted, Path] = {}
    done = 0
    for file in found:
        arrived = 0

        def count(new: int, name: str = file.wanted.name, before: int = done, most: int = file.bytes) -> None:
            nonlocal arrived
            arrived = min(arrived + new, most)
            on_part(f"Fetching {name}", before + arrived, total)

        there[file.wanted] = source.bring(file, fetched, count)
        done += file.bytes
        on_part(f"Fetching {file.wanted.name}", done, total)
    with appearing(place) as folder:
        card = _converted(offer, there, folder, on_part)
        cards.write(card)
    shutil.rmtree(fetched, ignore_errors=True)
    return cards.read(place)


def _converted(offer: Offer, there: dict[Wanted, Path], folder: Path, on_part: OnPart) -> ModelCard:
    files: list[ModelFile] = []
    for number, one in enumerate(offer.ingredients):
        on_part(f"Converting {one.file.name}", number, len(offer.ingredients))
        target = folder / f"{one.part}.safetensors"
        statistics = there[one.statistics] if one.statistics else None
        convert(_ROWS[one.row], there[one.file], target, statistics, tuple(_ROWS.values()))
        files.append(described(one.part, target))
    tokenizer = folder / "tokenizer.json"
    shutil.copyfile(there[offer.tokenizer], tokenizer)
    files.append(described("tokenizer", tokenizer))
    header = read_header(folder / "codec.safetensors")
    decoder = decoder_of(published.build(header.kind, header.config))
    default, lowest, highest = offer.omega
    return ModelCard(
        id=offer.id,
        title=offer.title,
        folder=folder,
        files=tuple(files),
        licence=offer.licence,
        training_data=offer.training_data,
        rate=decoder.rate,
        channels=1,
        hop=decoder.hop,
        latent_channels=decoder.channels,
        shortest_frames=offer.frames,
        longest_frames=offer.frames,
        frame_step=1,
        tokens=offer.tokens,
        omega=default,
        omega_range=(lowest, highest),
        dtype="bfloat16",
    )
