"""The first start: shown once, skipped with one key, and a model that is fetched, given up, or refused."""

from __future__ import annotations

import threading

import pytest

from engine import lab
from plugin_bridge.audio.protocol import Device, Devices
from presets.errors import OnetakeError
from ui.dialogs.first_run import FirstRunPage
from ui.settings import SettingsFile


class Hub:
    """Stands for the network: every piece waits until the test lets it come."""

    def __init__(self):
        self.asked, self.pieces, self.refusal = [], threading.Semaphore(0), ""

    def __call__(self, offer, on_part):
        self.asked.append(offer)
        for done in range(1, 5):
            assert self.pieces.acquire(timeout=60)
            on_part("Fetching weights", done * 10**9, 4 * 10**9)
        if self.refusal:
            raise OnetakeError(self.refusal)


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def page(panel, hub):
    """The page of a first start."""
    window = panel.window
    made = FirstRunPage(panel.studio, window.deeds, window.learning, window, fetch=hub)
    made.show()
    panel.until(lambda: bool(made.offers))
    made.panel = panel
    yield made
    for _ in range(8):
        hub.pieces.release()
    made.fetching.close()


def accepted(page):
    card = next(iter(page.offers.values()))
    card.accept.setChecked(True)
    return card


def test_it_is_shown_once(panel):
    assert not panel.studio.settings().greeted
    panel.window.deeds.do("welcome")
    panel.window.pages["welcome"].close()
    assert SettingsFile(panel.folder / "settings")().greeted


def test_the_licences_stand_there_and_nothing_is_fetched_before_they_are_accepted(page, hub):
    assert set(page.offers) == {offer.id for offer, _ in lab.offered()}
    for offer, _ in lab.offered():
        card = page.offers[offer.id]
        assert card.fetch.isEnabled() != offer.accept
    assert not hub.asked


def test_a_model_is_fetched_with_its_progress(page, hub):
    card = accepted(page)
    card.fetch.click()
    hub.pieces.release()
    page.panel.until(lambda: card.words.text() == "Fetching weights  25 %")
    assert card.bar.value() == card.bar.maximum() // 4
    other = list(page.offers.values())[1]
    other.accept.setChecked(True)
    other.fetch.click()
    assert "One model at a time" in page.panel.sentences[-1]
    for _ in range(3):
        hub.pieces.release()
    page.panel.until(lambda: card.fetch.text() == "Here")
    assert hub.asked == [next(iter(page.offers))]
    assert "is ready" in page.panel.sentences[-1]


def test_a_fetch_is_given_up_at_the_next_piece_and_can_be_tried_again(page, hub):
    card = accepted(page)
    card.fetch.click()
    card.stop.click()
    hub.pieces.release()
    page.panel.until(lambda: not page.fetching.is_running)
    assert "given up" in page.panel.sentences[-1]
    assert card.fetch.isEnabled()
    card.fetch.click()
    assert page.fetching.is_running


def test_a_refusal_is_one_calm_line(page, hub):
    card = accepted(page)
    hub.refusal = "The hub does not answer. Try again later."
    card.fetch.click()
    for _ in range(4):
        hub.pieces.release()
    page.panel.until(lambda: not page.fetching.is_running)
    assert page.panel.sentences[-1] == hub.refusal
    assert not card.fetch.isHidden()


def test_how_a_daw_hears_it_is_told_whether_there_is_a_virtual_device_or_not(page):
    news = page.panel.studio.audio.news
    news.emit(Devices(devices=(), advice="There is none. Install one."))
    assert page.advice.text() == "There is none. Install one."
    cable = Device(name="Cable", host_api="ALSA", outputs=2, inputs=0, rate=48000, latency=0.0, virtual=True)
    news.emit(Devices(devices=(cable,)))
    assert "Cable" in page.advice.text()


def test_a_window_that_closes_meanwhile_leaves_no_thread(page, hub):
    """One that hangs in the network does not hold the window up; it ends at its next piece."""
    accepted(page).fetch.click()
    page.panel.until(lambda: bool(hub.asked))
    page.panel.window.close()
    assert not page.fetching.is_running
    hub.pieces.release()
    page.panel.until(lambda: not any(thread.name == "model-fetch" for thread in threading.enumerate()))
