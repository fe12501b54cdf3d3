"""Options of the commands that are heard: where the sound goes, and how it gets there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from plugin_bridge.audio.protocol import Output
from presets.errors import InvalidRequest


class DriverName(StrEnum):
    """How sound gets out."""

    AUTO = "auto"
    JACK = "jack"
    PORTAUDIO = "portaudio"


Ears = Annotated[
    str, typer.Option("--output", help="Where you listen; see onetake devices.", show_default="default")
]
Way = Annotated[DriverName, typer.Option("--driver", help="auto is JACK where it runs.")]
HostApi = Annotated[
    str,
    typer.Option("--host-api", help="The system's way to the device; see onetake devices.", show_default="any"),
]
Frames = Annotated[int, typer.Option(help="Frames a block; 0 is the device's own.")]
Hertz = Annotated[int, typer.Option(help="Sample rate; 0 is the device's own.")]


def output_of(
    device: str, driver: DriverName, host_api: str, rate: int = 0, block: int = 0, **more: str | bool
) -> Output:
    """What the options ask for. more: other fields of Output.

    Raises:
        InvalidRequest: they contradict each other.
    """
    if host_api and driver is DriverName.JACK:
        raise InvalidRequest("JACK is asked itself and has no host APIs. Leave out --host-api or --driver jack.")
    fields = {"driver": driver.value, "device": device, "host_api": host_api, "rate": rate, "block": block}
    return Output(**fields, **more)  # type: ignore[arg-type]
