"""`onetake models`: which there are, which can be fetched, and fetching one.

Nothing is fetched unless it is asked for by name, and nothing whose licence has to be accepted before it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine import lab
from engine.local import MODELS, own_models, provenance
from presets.errors import InvalidRequest
from ui import report

models = typer.Typer(help="List the models, and fetch others.", no_args_is_help=False)


@models.callback(invoke_without_command=True)
def models_(context: typer.Context) -> None:
    """List the models: size, licence, training data, what they can make; and those that can be fetched."""
    if context.invoked_subcommand is None:
        list_()


@models.command("list")
def list_() -> None:
    """The same."""
    report.models([(card, None) for card in MODELS], own=False)
    mine, broken = own_models()
    report.models([(card, provenance(card)) for card in mine], own=True)
    report.offers([offer for offer, here in lab.offered() if not here])
    for one in broken:
        report.warn(f"{one.folder.name} cannot be used. {one.trouble}")


@models.command("get")
def get_(
    name: Annotated[str, typer.Argument(help="One of those that onetake models offers.")],
    folder: Annotated[
        Path | None, typer.Option("--from", help="A folder that holds the files, in place of the network.")
    ] = None,
    mirror: Annotated[str | None, typer.Option(help="The address of a mirror of the hub.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept-licence", help="You have read the licence and accept it.")
    ] = False,
) -> None:
    """Fetch a model: its files are checked, converted once, and can then be used without the network."""
    offer = lab.find_offer(name)
    report.offers([offer])
    if offer.accept and not accept:
        question = "Have you read the licence, and do you accept it?"
        if not report.is_interactive() or not typer.confirm(question, default=False, err=True):
            raise InvalidRequest(
                f"{offer.id} is fetched when its licence is accepted. Read it above, then add --accept-licence."
            )
    with report.fetching() as on_part:
        card = lab.fetch(name, folder, mirror, on_part)
    report.line(f'\nReady. onetake render "huge metal door slam" --model {card.id}')
