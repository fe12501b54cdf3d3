"""Plug-ins of the tests' own, built in seconds from Debian's dpf-source: real VST3 that misbehave when told to.

"Odd" is a stereo effect with a gain; its knob "Deed" makes it loop or crash in the middle of a sound, print
without end, or make no numbers; its knob "Trap" makes it loop when asked for its state, where it never lets the
interpreter go. Its state can be several MiB long. "Player" is an instrument, "Widener" makes stereo of mono only.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

INSTALL = "apt-get install -y --no-install-recommends dpf-source g++"
DPF = Path("/usr/share/dpf/distrho")
DEEDS = ("none", "loop", "crash", "abort", "exit", "print", "nan")
TURN_AND_LOOP = 1.0
"""Where the knob "Trap" stands when the plug-in loops as soon as it is asked for its state."""

_KINDS = {"Odd": (2, 2, 0), "Player": (0, 2, 1), "Widener": (1, 2, 0)}

_INFO = """
#define DISTRHO_PLUGIN_BRAND "Tests"
#define DISTRHO_PLUGIN_NAME "{name}"
#define DISTRHO_PLUGIN_URI "urn:tests:{name}"
#define DISTRHO_PLUGIN_CLAP_ID "tests.{name}"
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_SYNTH {synth}
#define DISTRHO_PLUGIN_NUM_INPUTS {ins}
#define DISTRHO_PLUGIN_NUM_OUTPUTS {outs}
#define DISTRHO_PLUGIN_WANT_MIDI_INPUT {synth}
#define DISTRHO_PLUGIN_WANT_STATE 1
#define DISTRHO_PLUGIN_WANT_FULL_STATE 1
#define DISTRHO_PLUGIN_VST3_CATEGORIES "{category}"
"""

_SOURCE = """
#include "DistrhoPlugin.hpp"
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
START_NAMESPACE_DISTRHO
static const char* deeds[] = {"none", "loop", "crash", "abort", "exit", "print", "nan"};
class Odd : public Plugin {
  float v[4] = {1.f, 0.f, 0.f, 0.f};
public:
  Odd() : Plugin(4, 0, 1) {}
  const char* getLabel() const override { return DISTRHO_PLUGIN_NAME; }
  const char* getMaker() const override { return "Tests"; }
  const char* getLicense() const override { return "ISC"; }
  uint32_t getVersion() const override { return d_version(1, 2, 3); }
  int64_t getUniqueId() const override { return d_cconst('t', 'O', DISTRHO_PLUGIN_NUM_INPUTS + '0', 'd'); }
  void initParameter(uint32_t i, Parameter& p) override {
    static const char* names[] = {"Gain", "Deed", "Trap", "Mebibytes"};
    p.hints = kParameterIsAutomatable | (i == 1 || i == 3 ? kParameterIsInteger : 0);
    p.name = names[i]; p.symbol = names[i];
    p.ranges.min = 0; p.ranges.max = i == 1 ? 6 : i == 3 ? 4 : 1; p.ranges.def = i == 0 ? 1 : 0;
    if (i == 1) {
      ParameterEnumerationValue* values = new ParameterEnumerationValue[7];
      for (int k = 0; k < 7; ++k) { values[k].value = k; values[k].label = deeds[k]; }
      p.enumValues.count = 7; p.enumValues.restrictedMode = true; p.enumValues.values = values;
    }
  }
  void initState(uint32_t, State& s) override { s.key = "ballast"; s.defaultValue = ""; }
  String getState(const char*) const override {
    volatile bool on = true;
    if (v[2] > 0.99f) while (on) {}
    const size_t n = size_t(v[3]) << 20;
    char* text = static_cast<char*>(std::malloc(n + 1));
    for (size_t i = 0; i < n; ++i) text[i] = 'a' + i % 23;
    text[n] = 0;
    return String(text, false);
  }
  void setState(const char*, const char*) override {}
  float getParameterValue(uint32_t i) const override { return v[i]; }
  void setParameterValue(uint32_t i, float to) override {
    v[i] = to;
  }
  void run(const float** in, float** out, uint32_t n
#if DISTRHO_PLUGIN_WANT_MIDI_INPUT
    , const MidiEvent*, uint32_t
#endif
  ) override {
    volatile bool on = true;
    float gain = v[0];
    bool sounds = false;
    for (uint32_t i = 0; DISTRHO_PLUGIN_NUM_INPUTS && i < n; ++i) sounds |= in[0][i] != 0.f;
    if (sounds) switch (int(v[1])) {  // silence passes, so that the knob itself can be turned
      case 1: while (on) {} break;
      case 2: std::raise(SIGSEGV); break;
      case 3: std::abort();
      case 4: _exit(3);
      case 5: for (int k = 0; k < 20000; ++k) std::printf("one more line %d\\n", k); break;
      case 6: gain = NAN; break;
    }
    for (uint32_t i = 0; i < n; ++i)
      for (int c = 0; c < 2; ++c)
        out[c][i] = DISTRHO_PLUGIN_NUM_INPUTS ? in[c < DISTRHO_PLUGIN_NUM_INPUTS ? c : 0][i] * gain : 0.f;
  }
};
Plugin* createPlugin() { return new Odd; }
END_NAMESPACE_DISTRHO
"""


def odd_plugin(name: str = "Odd") -> Path:
    """The bundle of one of _KINDS, built if it is not there yet."""
    if not (DPF / "DistrhoPluginMain.cpp").exists() or not shutil.which("g++"):
        pytest.skip(f"plug-ins cannot be built here: {INSTALL}")
    if name not in _built:
        _built[name] = _build(name, Path(_folder.name))
    return _built[name]


def deed(name: str) -> float:
    """Where the knob "Deed" stands for it."""
    return DEEDS.index(name) / (len(DEEDS) - 1)


def _build(name: str, folder: Path) -> Path:
    ins, outs, synth = _KINDS[name]
    category = "Instrument|Synth" if synth else "Fx"
    work = folder / f"{name}-source"
    work.mkdir()
    (work / "DistrhoPluginInfo.h").write_text(
        _INFO.format(name=name, ins=ins, outs=outs, synth=synth, category=category)
    )
    (work / "odd.cpp").write_text(_SOURCE)
    made = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
    made.parent.mkdir(parents=True)
    subprocess.run(
        ["g++", "-O0", "-w", "-fPIC", "-shared", "-DDISTRHO_PLUGIN_TARGET_VST3", "-I", str(work), "-I", str(DPF),
         str(work / "odd.cpp"), str(DPF / "DistrhoPluginMain.cpp"), "-o", str(made), "-lpthread", "-ldl"],
        check=True,
    )  # fmt: skip
    return folder / f"{name}.vst3"


_folder = tempfile.TemporaryDirectory(prefix="odd-plugins-", ignore_cleanup_errors=True)
_built: dict[str, Path] = {}
