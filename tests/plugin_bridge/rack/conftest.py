"""Hosted plug-ins that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from plugin_bridge.rack.hosted import HostedPlugin
from tests.plugin_bridge.rack.hosting import PATIENCE, bundle
from tests.plugin_bridge.rack.odd_plugins import odd_plugin


@pytest.fixture
def hosted() -> Iterator[Callable[..., HostedPlugin]]:
    """Starts zam-plugins, and "Odd", by name, and ends them after the test."""
    started: list[HostedPlugin] = []

    def start(name: str, patience: float = PATIENCE) -> HostedPlugin:
        plugin = HostedPlugin(odd_plugin() if name == "Odd" else bundle(name), patience=patience)
        plugin.answer_seconds = PATIENCE
        started.append(plugin)
        return plugin

    yield start
    for plugin in started:
        plugin.close()
