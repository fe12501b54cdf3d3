"""The doors between packages, as an allow-list: what import-linter's contracts do not name is forbidden too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

DOORS = {
    "engine": {"engine.local", "engine.client", "engine.protocol", "engine.lab"},
    "plugin_bridge": {
        f"plugin_bridge.audio.{door}" for door in ("client", "protocol", "errors", "bounce", "seen", "kernel")
    }
    | {
        f"plugin_bridge.rack.{door}"
        for door in ("client", "protocol", "errors", "catalogue", "parameter", "scan", "store")
    },
}


def imports(path):
    """Every module that a file imports, wherever in it."""
    return imports_of(path.read_text())


def imports_of(source):
    """Every module that a text of Python imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from {
                f"{node.module}.{name.name}" if node.module == "engine" else node.module for name in node.names
            }


@pytest.mark.parametrize("package", DOORS)
def test_ui_enters_the_other_packages_by_their_doors_only(package):
    files = list((ROOT / "ui").rglob("*.py"))
    assert len(files) > 5
    found = {name for file in files for name in imports(file) if name and name.split(".")[0] == package}
    assert found == DOORS[package]


def test_nothing_imports_a_way_to_run_what_a_file_says():
    for package in ("engine", "presets", "ui", "plugin_bridge"):
        for file in (ROOT / package).rglob("*.py"):
            source = file.read_text().replace(
                "from pickle import UnpicklingError\n", ""
            )  # to catch it, not to read
            assert not {"pickle", "marshal", "shelve", "dill"} & set(imports_of(source)), file
            calls = (node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
            assert not {"eval", "exec"} & {call.id for call in calls if isinstance(call, ast.Name)}, file
