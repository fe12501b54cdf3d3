"""The device page: what is chosen is opened and remembered; a tone, a measurement, MIDI, and what is told."""

from __future__ import annotations

import pytest
import soundfile
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

from plugin_bridge.audio.protocol import (
    Device,
    Devices,
    Failed,
    Learned,
    Measured,
    MidiSeen,
    Opened,
    Output,
    State,
)
from ui.settings import SettingsFile

CARD = Device(name="Studio card", host_api="ALSA", outputs=2, inputs=2, rate=48000, latency=0.01, default=True)
JACK = Device(name="system", host_api="JACK Audio Connection Kit", outputs=2, inputs=0, rate=48000, latency=0.005)
CABLE = Device(name="Onetake cable", host_api="ALSA", outputs=2, inputs=0, rate=48000, latency=0.0, virtual=True)
ADVICE = "There is no virtual device. Install one and log in again."


class Says:
    """What the page told the audio process."""

    def __init__(self, audio, monkeypatch):
        self.said = []
        for name in ("open", "devices", "test_tone", "measure", "midi_ports", "learn"):
            monkeypatch.setattr(audio, name, self._note(name), raising=False)

    def _note(self, name):
        return lambda *args, **named: self.said.append((name, args, named))

    def last(self, name):
        return next(args for said, args, _ in reversed(self.said) if said == name)


@pytest.fixture
def page(panel, monkeypatch):
    """The page, with two devices and a virtual one."""
    said = Says(panel.studio.audio, monkeypatch)
    panel.window.deeds.do("devices")
    made = panel.window.pages["devices"]
    made.said, made.panel = said, panel
    tell(panel, Devices(devices=(CARD, JACK, CABLE), midi_inputs=("Keys", "Pads"), advice=ADVICE))
    return made


def tell(panel, news):
    panel.studio.audio.news.emit(news)


def choose(box, words):
    index = next(i for i in range(box.count()) if words in box.itemText(i))
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_opening_the_page_asks_which_devices_there_are_and_refresh_asks_again(page):
    assert page.isVisible()
    assert page.output.refresh.isEnabled()
    page.output.refresh.click()
    assert [name for name, _, _ in page.said.said].count("devices") == 2
    assert not page.output.refresh.isEnabled()


def test_a_chosen_device_is_opened_and_remembered(page):
    choose(page.output.device, "Studio card")
    output = page.said.last("open")[0]
    assert (output.driver, output.device, output.host_api) == ("portaudio", "Studio card", "ALSA")
    choose(page.output.daw, "Onetake cable")
    choose(page.output.rate, "96 kHz")
    choose(page.output.block, "256")
    output = page.said.last("open")[0]
    assert (output.daw, output.rate, output.block) == ("Onetake cable", 96000, 256)
    assert SettingsFile(page.panel.folder / "settings")().output == output


def test_jack_no_sound_and_the_systems_default_are_choices_too(page):
    choose(page.output.device, "system  –  JACK")
    assert page.said.last("open")[0].driver == "jack"
    choose(page.output.device, "No sound")
    assert page.said.last("open")[0] == Output(driver="none")
    choose(page.output.device, "default, also when it changes")
    assert page.said.last("open")[0] == Output(driver="auto")


def test_a_device_that_is_gone_stays_chosen(page):
    choose(page.output.device, "Studio card")
    tell(page.panel, Devices(devices=(JACK,)))
    assert "Studio card (not here now)" in page.output.device.currentText()
    assert page.panel.studio.settings().output.device == "Studio card"


def test_who_hears_it_is_a_setting(page):
    page.output.hear.button(0).click()
    assert page.panel.studio.settings().hear == "here"


def test_tone_measurement_and_advice(page):
    page.tone.click()
    assert page.said.last("test_tone")
    choose(page.output.device, "Studio card")
    page.measure.click()
    ticket, source = page.said.last("measure")
    assert source == "Studio card"
    assert not page.measure.isEnabled()
    tell(page.panel, Measured(ticket=ticket, frames=480, rate=48000))
    assert page.latency.text() == "Latency: 10.0 ms (480 samples at 48000 Hz)"
    page.measure.click()
    tell(page.panel, Failed(about=ticket, sentence="Connect the output with an input, then measure again."))
    assert page.measure.isEnabled()
    assert page.panel.sentences[-1].startswith("Connect the output")
    assert page.advice.text() == ADVICE
    assert not page.advice.isHidden()


def test_what_is_open_is_told_with_its_remark(page):
    opened = Opened(
        driver="portaudio", device="Studio card", daw="", rate=48000, block=256, latency=512, remark="Slow."
    )
    tell(page.panel, opened)
    assert page.open_label.text() == "Open: Studio card, 48 kHz, 256 samples a block, 10.7 ms late. Slow."


def test_meters_move(page):
    page.panel.studio.audio.state.emit(State(open=True, beat=2, peaks=(-6.0, -12.0)))
    assert max(page.meter._levels) > -20


def test_midi_inputs_are_chosen_one_by_one(page):
    midi = page.midi
    assert midi.every.isChecked()
    midi.every.click()
    assert page.said.last("midi_ports")[0] == ("Keys", "Pads")
    midi.inputs.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert page.said.last("midi_ports")[0] == ("Keys",)
    assert page.panel.studio.settings().midi_inputs == ("Keys",)
    tell(page.panel, Devices(devices=()))
    assert "Keys (not here now)" in [midi.inputs.item(i).text() for i in range(midi.inputs.count())]


def test_midi_is_learnt_within_ten_seconds_and_forgotten(page):
    midi = page.midi
    choose(midi.what, "Refine")
    midi.learn.click()
    assert page.said.last("learn") == ("learn-refine", 10.0)
    assert not midi.learn.isEnabled()
    tell(page.panel, Learned(ticket="learn-refine", kind="controller", channel=1, number=20, value=127))
    assert midi.learn.isEnabled()
    assert "controller 20, channel 1" in midi.learnt.item(0).text()
    midi.learnt.setCurrentRow(0)
    midi.forget.click()
    assert page.panel.studio.settings().learnt == ()
    midi.learn.click()
    tell(page.panel, Failed(about="learn-refine", sentence="Nothing came."))
    assert midi.learn.text() == "Learn"
    midi.learn.click()
    for _ in range(11):
        midi._tick()
    assert midi.learn.isEnabled()


def test_the_monitor_writes_what_comes_in_with_the_chosen_octaves(page):
    page.midi.octave.button(4).click()
    tell(page.panel, MidiSeen(events=((0.0, bytes((0x90, 60, 100))),)))
    assert "C4 (60)" in page.midi.monitor.toPlainText()
    page.hide()
    tell(page.panel, MidiSeen(events=((0.0, bytes((0x90, 61, 100))),)))
    assert "(61)" not in page.midi.monitor.toPlainText()


def test_everything_can_be_reached_by_keyboard_and_has_a_name(page):
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for widget in page.findChildren(kind):
            if widget.isVisibleTo(page):
                named = widget.accessibleName() or getattr(widget, "text", str)()
                assert named, widget
                assert widget.focusPolicy() != Qt.FocusPolicy.NoFocus or not isinstance(widget, QComboBox)


def test_files_for_the_daw_get_the_chosen_rate_and_depth_at_once(page):
    panel = page.panel
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    carrying = panel.studio.archive.carrying
    panel.until(lambda: carrying.is_ready)
    (before,) = carrying.paths()
    choose(page.handoff.rate, "88.2 kHz")
    choose(page.handoff.bits, "32 bit float")
    settings = panel.studio.settings()
    assert (settings.handoff_rate, settings.handoff_depth) == (88_200, "32f")
    assert SettingsFile(panel.folder / "settings")().handoff_rate == 88_200
    assert not carrying.is_ready  # what lies there has the old rate
    panel.until(lambda: carrying.is_ready)
    (path,) = carrying.paths()
    info = soundfile.info(str(path))
    assert (info.samplerate, info.subtype) == (88200, "FLOAT")
    assert [one.name for one in before.parent.glob("*.wav")] == [path.name]


def test_a_rate_beyond_the_models_is_told_to_hold_nothing_more(page):
    choose(page.handoff.rate, "96 kHz")
    assert "No content above 22.05 kHz" in page.handoff.note.text()
    choose(page.handoff.rate, "48 kHz")
    assert "No content" not in page.handoff.note.text()
    assert all(box.accessibleName() for box in (page.handoff.rate, page.handoff.bits))
