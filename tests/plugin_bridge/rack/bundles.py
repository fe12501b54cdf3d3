"""Bundles that no host should have to meet, built with gcc: each breaks in its own way while it is loaded.

Also a real shell, one bundle with two of Debian's zam-plugins in it; it can be made to wait for a file first.
"""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.plugin_bridge.rack.hosting import bundle

INSTALL = "apt-get install -y --no-install-recommends gcc libc6-dev"

_MODULE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((visibility("default"))) int ModuleEntry(void *handle) { return 1; }
__attribute__((visibility("default"))) int ModuleExit(void) { return 1; }
"""

_FACTORY = '__attribute__((visibility("default"))) void *GetPluginFactory(void) { %s return 0; }'

_BODIES = {
    "segfault": 'puts("words before the end"); fflush(stdout); *(volatile int *)0 = 1;',
    "abort": "abort();",
    "exit": "exit(0);",
    "loop": "volatile int on = 1; while (on) {}",
    "flood": 'for (;;) puts("a line without end");',
    "family": "if (!fork()) for (;;) pause(); for (;;) pause();",
    "deaf": "for (int n = 3; n < 99; ++n) close(n); close(1); close(2); volatile int on = 1; while (on) {}",
    "null": "",
}

DIE = ("segfault", "abort", "exit", "truncated")
HANG = ("loop", "flood", "family")
REFUSED = ("missing", "empty", "text", "random", "no factory", "null")

_SHELL = """
typedef struct { int (*query)(void *, const char *, void **); unsigned (*add)(void *); unsigned (*release)(void *);
  int (*info)(void *, void *); int (*count)(void *); int (*about)(void *, int, void *);
  int (*create)(void *, const char *, const char *, void **); } Table;
#define CALL(object, name, ...) ((*(Table **)(object))->name(object, ##__VA_ARGS__))
static void *inner[2];
static int query(void *me, const char *id, void **out) { *out = 0; return -1; }
static unsigned count_up(void *me) { return 2; }
static unsigned count_down(void *me) { return 1; }
static int info(void *me, void *out) { return CALL(inner[0], info, out); }
static int count(void *me) { return CALL(inner[0], count) + CALL(inner[1], count); }
static int about(void *me, int n, void *out) {
  int first = CALL(inner[0], count);
  return n < first ? CALL(inner[0], about, n, out) : CALL(inner[1], about, n - first, out);
}
static int create(void *me, const char *id, const char *kind, void **out) {
  return CALL(inner[0], create, id, kind, out) ? CALL(inner[1], create, id, kind, out) : 0;
}
static Table table = {query, count_up, count_down, info, count, about, create};
static Table *self = &table;
__attribute__((visibility("default"))) void *GetPluginFactory(void) {
  const char *paths[] = {"%s", "%s"}, *wait = "%s";
  while (wait[0] && access(wait, F_OK)) usleep(10000);
  for (int n = 0; n < 2 && !inner[n]; ++n) {
    void *library = dlopen(paths[n], RTLD_NOW | RTLD_LOCAL);
    ((int (*)(void *))dlsym(library, "ModuleEntry"))(library);
    inner[n] = ((void *(*)(void))dlsym(library, "GetPluginFactory"))();
  }
  return &self;
}
"""

SHELL = ("ZamGate", "ZamTube")
"""What the shell holds."""


def program(folder: Path, name: str) -> Path:
    """Where the program of a bundle lies; its folders are made."""
    place = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def broken(folder: Path, kind: str, name: str = "") -> Path:
    """A bundle that breaks in the way its kind says, under its name or another."""
    place = program(folder, name or kind.replace(" ", "-"))
    made = place.parents[2]
    if kind in _BODIES:
        _compile(_MODULE + _FACTORY % _BODIES[kind], place)
    elif kind == "no factory":
        _compile(_MODULE, place)
    elif kind == "missing":
        shutil.rmtree(made / "Contents")
    elif kind == "truncated":
        whole = next(bundle("ZamGate").rglob("*.so")).read_bytes()
        place.write_bytes(whole[: len(whole) // 2])
    else:
        place.write_bytes({"empty": b"", "text": b"hello\n", "random": bytes(range(7, 256, 3)) * 700}[kind])
    return made


def shell(folder: Path, name: str = "Shell", wait_for: Path | str = "") -> Path:
    """A bundle with the two plug-ins SHELL in it. wait_for: a file that it waits for when it is loaded."""
    place = program(folder, name)
    inner = [str(next(bundle(one).rglob("*.so"))) for one in SHELL]
    _compile(_MODULE + _SHELL % (*inner, wait_for), place)
    return place.parents[2]


def _compile(source: str, to: Path) -> None:
    to.write_bytes(_compiled(source))


@functools.cache
def _compiled(source: str) -> bytes:
    if not shutil.which("gcc"):
        pytest.skip(f"plug-ins cannot be built here: {INSTALL}")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.so"
        command = ["gcc", "-w", "-O0", "-fPIC", "-shared", "-x", "c", "-", "-o", str(made), "-ldl"]
        subprocess.run(command, input=source.encode(), check=True)
        return made.read_bytes()
