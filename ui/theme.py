"""How the panel looks: every colour, distance, font and the one style sheet.

Dark, because it stands beside a DAW in a dark room; calm, because the sounds are what matters. One accent says
what is chosen, one what is working, one what is wrong; the rest is grey. Waveforms are tinted by brightness: deep
sounds warm, bright ones cool, so that eight takes can be told apart before they are heard.
"""

from __future__ import annotations

from PyQt6.QtGui import QColor, QFont, QPalette

GROUND, PANEL, RAISED, LINE, EDGE = "#141619", "#1a1d21", "#22262b", "#2b3036", "#3a4149"
TEXT, SOFT, FAINT = "#e4e7ea", "#9aa3ad", "#68717b"
ACCENT, WORKING, WRONG, GOOD, KEPT = "#6fb1d6", "#d6a556", "#d8695f", "#76b884", "#b59bdc"
DEEP, MIDDLE, BRIGHT = "#c98355", "#a9b7a0", "#63b4cf"
"""Waveforms: what lies below about 300 Hz, in the middle, and above about 5 kHz."""

HEAT = ("#0f1114", "#1b2a3a", "#245a70", "#3f9a92", "#c9b469", "#fff3d6")
"""Spectrograms, from silence to loud."""

GAP, SPACE, ROUND = 6, 10, 5
"""Pixels between things that belong together, between groups, and of a corner."""

FAMILIES = ("Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "DejaVu Sans")
SMALL, NORMAL, LARGE = 8, 9, 15
"""Points."""

SHEET = f"""
* {{ color: {TEXT}; outline: none; }}
QMainWindow, QDialog, QWidget#ground {{ background: {GROUND}; }}
QWidget#card {{ background: {PANEL}; border-radius: {ROUND}px; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {EDGE}; padding: 4px; }}
QLabel#soft {{ color: {SOFT}; }} QLabel#faint {{ color: {FAINT}; }}
QLineEdit {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: {ROUND}px; padding: 3px 7px;
  selection-background-color: {ACCENT}; selection-color: {GROUND}; }}
QLineEdit:focus {{ border-color: {ACCENT}; }}
QSpinBox#small {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: {ROUND}px; padding: 3px 5px; }}
QSpinBox#small:focus {{ border-color: {ACCENT}; }}
QLineEdit#prompt {{ padding: 9px 14px; background: {PANEL}; }}
QPushButton, QToolButton {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: {ROUND}px;
  padding: 4px 9px; color: {SOFT}; }}
QPushButton:hover, QToolButton:hover {{ border-color: {EDGE}; color: {TEXT}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {ACCENT}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {LINE}; }}
QPushButton:checked, QToolButton:checked {{ background: #28414f; border-color: #3a6177; color: {TEXT}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {FAINT}; }}
QPushButton#first {{ background: #28414f; border-color: #3a6177; color: {TEXT}; }}
QPushButton#step {{ padding: 4px 0; border-radius: 0; border-right-width: 0; }}
QPushButton#step:checked {{ border-right-width: 0; }}
QPushButton#plain {{ border-color: transparent; background: transparent; padding: 4px 6px; }}
QPushButton#plain:hover {{ background: {RAISED}; }} QPushButton#plain:focus {{ border-color: {ACCENT}; }}
QDockWidget {{ color: {SOFT}; titlebar-close-icon: none; }}
QDockWidget::title {{ background: {GROUND}; padding: 4px 8px; }}
QMainWindow::separator {{ background: {GROUND}; width: {GAP}px; height: {GAP}px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; }} QScrollBar:horizontal {{ height: 8px; }}
QScrollBar::handle {{ background: {EDGE}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QTabBar::tab {{ background: transparent; color: {SOFT}; padding: 5px 12px; }}
QTabBar::tab:selected {{ color: {TEXT}; border-bottom: 2px solid {ACCENT}; }}
QTableWidget, QTreeView, QListView, QTextBrowser {{ background: {PANEL}; border: none; gridline-color: {LINE};
  alternate-background-color: {RAISED}; selection-background-color: #28414f; selection-color: {TEXT}; }}
QTreeView::item {{ padding: 3px 2px; }} QTabWidget::pane {{ border: none; }}
QProgressBar {{ background: {RAISED}; border: none; border-radius: 3px; }}
QProgressBar::chunk {{ background: {WORKING}; border-radius: 3px; }}
QHeaderView::section {{ background: {PANEL}; color: {SOFT}; border: none; padding: 4px 8px; }}
QMenu {{ background: {RAISED}; border: 1px solid {EDGE}; padding: 4px; }}
QMenu::item {{ padding: 4px 18px; }} QMenu::item:selected {{ background: #28414f; }}
QComboBox {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: {ROUND}px; padding: 3px 8px; }}
QComboBox:focus {{ border-color: {ACCENT}; }} QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ width: 0; height: 0; border-left: 4px solid {RAISED}; border-right: 4px solid {RAISED};
  border-top: 5px solid {SOFT}; }}
QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {EDGE}; border-radius: 3px;
  background: {RAISED}; }}
QCheckBox::indicator:checked {{ background: {ACCENT}; }} QCheckBox::indicator:focus {{ border-color: {ACCENT}; }}
QComboBox QAbstractItemView {{ background: {RAISED}; selection-background-color: #28414f; }}
QSplitter::handle {{ background: {GROUND}; }}
"""


def font(points: int = NORMAL, heavy: bool = False) -> QFont:
    """The panel's font; figures stand below one another where the family has such figures."""
    made = QFont()
    made.setFamilies(list(FAMILIES))
    made.setPointSize(points)
    if heavy:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def colour(name: str, alpha: float = 1.0) -> QColor:
    """A colour of the table, more or less transparent (0 .. 1)."""
    made = QColor(name)
    made.setAlphaF(alpha)
    return made


def palette() -> QPalette:
    """The colours for what the style sheet does not reach."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, GROUND),
        (roles.Base, PANEL),
        (roles.AlternateBase, RAISED),
        (roles.Button, RAISED),
        (roles.Text, TEXT),
        (roles.WindowText, TEXT),
        (roles.ButtonText, TEXT),
        (roles.Highlight, ACCENT),
        (roles.HighlightedText, GROUND),
        (roles.PlaceholderText, FAINT),
        (roles.ToolTipBase, RAISED),
        (roles.ToolTipText, TEXT),
    ):
        made.setColor(role, QColor(name))
    return made
