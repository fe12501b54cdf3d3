"""How the panel starts, as a story: look, settings, session, window; and behind the window engine and audio.

The window stands first; what takes longer (the engine, the audio process, the large plots) follows while a person
reads it. Nothing here is imported by the command line before a panel is wanted.
"""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

from PyQt6.QtCore import QEvent, QTimer
from PyQt6.QtWidgets import QApplication

from presets.places import state_folder
from ui import theme
from ui.faults import Faults
from ui.message import Messages
from ui.session import Session
from ui.settings import MOST_SESSIONS, SettingsFile
from ui.studio import Studio
from ui.window import Window

_PULSE_MS = 200
_GREET_MS = 400  # when the devices are known
_SWITCH = 0.0005  # seconds; a thread that reads a file gives way to the window ten times as soon as usual


def run(folder: Path | None = None) -> int:
    """Open the panel and stay until it is closed; returns the exit status.

    Args:
        folder: the session; None is the one of the last time, or Onetake in the home folder.

    Raises:
        NotWritten: the session cannot be used.
    """
    sys.setswitchinterval(_SWITCH)
    gc.disable()  # hardly anything of what is loaded now is ever let go
    app = dressed()
    settings = SettingsFile()
    session = Session(folder or _last(settings))
    settings.change(sessions=_newest_first(session.folder, settings))
    messages = Messages()
    faults = Faults(state_folder(), messages)
    window = opened(session, settings, messages)
    _leave_on_signals(window)
    window.show()
    QTimer.singleShot(0, window.finish)
    QTimer.singleShot(0, _collect_from_now)
    QTimer.singleShot(0, window.studio.start)
    if not settings().greeted:
        QTimer.singleShot(_GREET_MS, lambda: window.show_page("welcome"))
    try:
        return app.exec()
    finally:
        faults.close()
        _take_apart(window)


def _collect_from_now() -> None:
    """Leave what stands out of every collection to come: one that looks at all of it takes longer than a frame."""
    gc.freeze()
    gc.enable()


def _take_apart(window: Window) -> None:
    """Let widgets go while their application stands: the interpreter's own end takes them in any order.

    Left to that, one end in ten was a crash inside PyQt, after everything was saved.
    """
    window.studio.deleteLater()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.unfreeze()
    gc.collect()


def dressed() -> QApplication:
    """The application, in the colours of the theme."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Onetake")
    app.setApplicationDisplayName("Onetake")
    app.setStyle("Fusion")
    app.setPalette(theme.palette())
    app.setFont(theme.font())
    app.setStyleSheet(theme.SHEET)
    return app


def opened(session: Session, settings: SettingsFile, messages: Messages) -> Window:
    """A window with the work of a session; nothing is started yet."""
    return Window(Studio(session, settings, messages))


def _last(settings: SettingsFile) -> Path:
    there = [Path(text) for text in settings().sessions]
    return next((path for path in there if path.is_dir()), Path.home() / "Onetake")


def _newest_first(folder: Path, settings: SettingsFile) -> tuple[str, ...]:
    others = [text for text in settings().sessions if text != str(folder)]
    return (str(folder), *others)[:MOST_SESSIONS]


def _leave_on_signals(window: Window) -> None:
    """Ctrl-C in a terminal and the end of a log-in close the window as a click does."""

    def leave() -> None:
        window.close()
        QApplication.quit()  # a page that was about to open would keep the rest alive

    for number in (signal.SIGINT, signal.SIGTERM):
        # By way of the event loop: a window that is closed before the loop runs ends nothing.
        signal.signal(number, lambda *_: QTimer.singleShot(0, leave))
    pulse = QTimer(window)  # lets Python see a signal while Qt waits
    pulse.start(_PULSE_MS)
    pulse.timeout.connect(lambda: None)
