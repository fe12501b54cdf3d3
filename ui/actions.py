"""Everything a person can do, as one table: from it follow shortcuts, the help sheet, OSC addresses and the docs.

Where a key works: "prompt" while words are typed, "grid" while they are not, "anywhere" in both. So typing never
fights the keys. No Qt here: keys are written as Qt reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["anywhere", "prompt", "grid", "library", "history"]
Group = Literal["Hear", "Takes", "Sets", "Keys", "Move", "Effects", "Part", "Library", "Sound", "Window"]

OSC_ROOT = "/onetake/"


@dataclass(frozen=True)
class Action:
    """Something that can be done. id: its name for settings and OSC; words: what its button says."""

    id: str
    group: Group
    words: str
    help: str
    keys: tuple[str, ...] = ()
    where: Where = "grid"

    @property
    def osc(self) -> str:
        """Its OSC address; an argument of 0 is a button that was let go and does nothing."""
        return OSC_ROOT + self.id.replace(".", "/")


def _numbers() -> tuple[Action, ...]:
    made = []
    for n in range(1, 9):
        words = f"Hear {n}"
        made.append(Action(f"hear.{n}", "Hear", words, f"Select take {n} and hear it.", (str(n),)))
        made.append(
            Action(
                f"hear.anywhere.{n}",
                "Hear",
                words,
                f"The same while you type: take {n}.",
                (f"Ctrl+{n}",),
                "anywhere",
            )
        )
    return tuple(made)


def _stars() -> tuple[Action, ...]:
    words = [f"{n} star{'s' * (n != 1)}" for n in range(6)]
    return tuple(
        Action(f"library.rate.{n}", "Library", words[n], f"Give the takes {words[n]}.", (f"Alt+{n}",), "library")
        for n in range(6)
    )


_LIBRARY: tuple[Action, ...] = (
    Action("library", "Window", "Library", "Show or hide what was kept.", ("F4",), "anywhere"),
    Action("library.find", "Library", "Find", "Find takes in the library.", ("Ctrl+F",), "anywhere"),
    Action("history", "Sets", "What was asked for", "Search all earlier words.", ("Ctrl+H",), "anywhere"),
    Action(
        "history.open", "Sets", "Bring back", "The takes of these words again.", ("Return", "Enter"), "history"
    ),
    Action("history.renew", "Sets", "Look again", "Read the history again.", ("F5",), "history"),
    Action("library.open", "Library", "Open", "Bring the take back into a slot.", ("Return", "Enter"), "library"),
    Action("library.play", "Library", "Play or stop", "Play the take, or stop what plays.", ("Space",), "library"),
    Action("library.rename", "Library", "Rename", "Call the take otherwise.", ("F2",), "library"),
    Action("library.tag", "Library", "Tags", "Say words to find the takes by.", ("T",), "library"),
    Action("library.category", "Library", "Category", "Give the takes a UCS category.", ("C",), "library"),
    *_stars(),
    Action("library.like", "Library", "Sounds like", "Find what sounds like the take.", ("S",), "library"),
    Action("library.used", "Library", "Used in", "Say what plays or holds the take.", ("I",), "library"),
    Action("library.duplicates", "Library", "Duplicates", "Find what is here more than once.", ("Y",), "library"),
    Action("library.trash", "Library", "Trash", "Into the trash, or out of it.", ("Delete",), "library"),
    Action("library.empty", "Library", "Empty …", "Delete what is in the trash.", ("Shift+Delete",), "library"),
    Action("library.renew", "Library", "Look again", "Read what others changed.", ("F5",), "library"),
    Action("copy", "Library", "Copy as file", "Copy the selected takes as files for a DAW.", ("Ctrl+C",)),
    Action("export", "Library", "Export …", "Write takes or the kit for other programs.", ("Ctrl+E",), "anywhere"),
    Action(
        "handoff.link", "Library", "Hand off linked", "Files for the DAW that follow their takes.", ("Ctrl+L",)
    ),
    Action(
        "handoff.update",
        "Library",
        "Update in DAW",
        "Bring every linked file to what its take is now.",
        ("Ctrl+U",),
        "anywhere",
    ),
    Action("handoff.commit", "Library", "Commit", "End the link of files: they never change again."),
)

_MODELS: tuple[Action, ...] = (
    Action("model", "Sets", "Model", "Choose the model that makes the sounds.", ("Ctrl+M",), "anywhere"),
    Action("model.next", "Sets", "Next model", "The next of the models that are here.", ("Shift+M",)),
    Action(
        "model.larger",
        "Sets",
        "Larger model",
        "Use the largest model that is here, or fetch one.",
        ("Ctrl+Shift+M",),
        "anywhere",
    ),
)

_PRESETS: tuple[Action, ...] = (
    Action(
        "preset.save",
        "Takes",
        "Save as preset …",
        "Save the take with recipe, cut and effects as a file to share.",
        ("Ctrl+S",),
        "anywhere",
    ),
    Action("preset.open", "Takes", "Open a preset …", "Bring a preset's take back.", ("Ctrl+O",), "anywhere"),
)

_PART: tuple[Action, ...] = (
    Action("part.begin", "Part", "Begin here", "The part begins where the take plays now.", ("[",)),
    Action("part.end", "Part", "End here", "The part ends where the take plays now.", ("]",)),
    Action("part.begin.earlier", "Part", "Begin earlier", "The part begins 10 ms earlier.", ("Ctrl+Left",)),
    Action("part.begin.later", "Part", "Begin later", "The part begins 10 ms later.", ("Ctrl+Right",)),
    Action("part.end.earlier", "Part", "End earlier", "The part ends 10 ms earlier.", ("Shift+Left",)),
    Action("part.end.later", "Part", "End later", "The part ends 10 ms later.", ("Shift+Right",)),
    Action("part.all", "Part", "All", "The part is the whole take.", ("Ctrl+A",)),
    Action("part.none", "Part", "No part", "Drag and copy the whole take again.", ("Ctrl+Shift+A",)),
    Action("part.play", "Part", "Play the part", "Hear the part as it is handed off.", ("Shift+Space",)),
    Action("part.trim", "Part", "Trim to it", "Nothing but the part stays of the take.", ("Ctrl+T",)),
    Action(
        "part", "Part", "Loop as part", "Drag and copy what lies in the loop, or again the whole.", ("Shift+C",)
    ),
)

_KEYS: tuple[Action, ...] = (
    Action("keys.family", "Keys", "Family", "Build a family of the take on its key.", ("F",)),
    Action("keys.robin", "Keys", "Round robin", "Variations of the take on its key take turns.", ("N",)),
    Action("keys.layers", "Keys", "Velocity layers", "The take soft, as it is and hard, by velocity.", ("V",)),
    Action("keys.stop", "Keys", "Stop", "Stop making the family; the key plays what is there.", ("Shift+F",)),
    Action("keys.clear", "Keys", "Clear the key", "Nothing lies on the chosen key any more.", ("Shift+K",)),
    Action("softer", "Takes", "Softer", "The take asked for softer, in the same noise.", ("Shift+I",)),
    Action("harder", "Takes", "Harder", "The take asked for harder, in the same noise.", ("I",)),
    Action("curve", "Takes", "Curve", "Show or hide the intensity curve; shown, it is drawn on the take.", ("G",)),
    Action("curve.reset", "Takes", "No curve", "The take without its intensity curve.", ("Shift+G",)),
)

ACTIONS: tuple[Action, ...] = (
    *_numbers(),
    Action("hear.left", "Move", "Left", "Select the take to the left and hear it.", ("Left",)),
    Action("hear.right", "Move", "Right", "Select the take to the right and hear it.", ("Right",)),
    Action("hear.up", "Move", "Up", "Select the take above and hear it.", ("Up",)),
    Action("hear.down", "Move", "Down", "Select the take below and hear it.", ("Down",)),
    Action("play", "Hear", "Play or stop", "Play the selected take, or stop what plays.", ("Space",)),
    Action("panic", "Hear", "Silence", "End every note and sound at once.", ("Ctrl+.",), "anywhere"),
    Action("auto", "Hear", "Auto-audition", "Play the selected take once when new drafts come.", ("U",)),
    Action(
        "draft", "Hear", "Draft / refined", "Hear the draft, or again the refined version, equally loud.", ("D",)
    ),
    Action("words.ab", "Hear", "Words A/B", "The takes of the words before, and back.", ("W",)),
    Action(
        "keep", "Takes", "Keep", "Keep the take and refine it for as long as that is heard.", ("Return", "Enter")
    ),
    Action("refine", "Takes", "Refine", "Refine the take to the chosen steps, in the background.", ("R",)),
    Action("discard", "Takes", "Discard", "Take the take away; the next drafts fill its place.", ("X", "Delete")),
    Action("pin", "Takes", "Pin", "Neither words nor new drafts replace a pinned take.", ("P",)),
    Action("more", "Takes", "More like this", "Seven neighbours of the take's noise; it stays.", ("M",)),
    Action("cancel", "Takes", "Stop refining", "Give up the refinement of the take.", ("C",)),
    Action("edit.reset", "Takes", "Cut as found", "Forget your cut of the take.", ("Shift+E",)),
    Action("steps.fewer", "Takes", "Fewer steps", "Refine to fewer steps.", ("-",)),
    Action("steps.more", "Takes", "More steps", "Refine to more steps.", ("+", "=")),
    Action(
        "seeds.new",
        "Sets",
        "New seeds",
        "Eight new takes of the same words.",
        ("Ctrl+Return", "Ctrl+Enter"),
        "anywhere",
    ),
    Action("seeds.none", "Sets", "None of these", "Away with these: eight new ones.", ("Shift+X",)),
    Action("seeds.lock", "Sets", "Hold noise", "Hold the noise while the words change, or let it go.", ("L",)),
    Action(
        "best", "Sets", "Best of 24", "Make 24, show the eight that fit and differ most; again: give up.", ("B",)
    ),
    Action("page.earlier", "Sets", "Earlier set", "The set before.", ("Alt+Left",), "anywhere"),
    Action("page.later", "Sets", "Later set", "The set after.", ("Alt+Right",), "anywhere"),
    Action("undo", "Sets", "Undo", "Take back what was done last; in the prompt, what was typed.", ("Ctrl+Z",)),
    Action("redo", "Sets", "Redo", "Do it again.", ("Ctrl+Y", "Ctrl+Shift+Z")),
    Action("grid", "Move", "To the takes", "From the words to the takes.", ("Tab", "Down", "Escape"), "prompt"),
    Action("prompt", "Move", "To the words", "Back to the words.", ("/",)),
    Action("rack", "Window", "Rack", "Show or hide the effects of the take.", ("F11",), "anywhere"),
    Action("chain.add", "Effects", "Add an effect", "Choose an effect: built in, or your own.", ("A",)),
    Action("chain.dry", "Effects", "Dry / wet", "Hear the takes without effects, and with them again.", ("Y",)),
    Action(
        "chain.all",
        "Effects",
        "Effects for all",
        "Every take gets these effects, or only this one.",
        ("E",),
    ),
    Action(
        "devices", "Window", "Devices", "Where the sound goes, and where MIDI comes from.", ("F12",), "anywhere"
    ),
    Action(
        "welcome",
        "Window",
        "First steps",
        "Device, virtual device and models, as at the first start.",
        ("Shift+F12",),
        "anywhere",
    ),
    *_MODELS,
    *_PRESETS,
    *_PART,
    *_KEYS,
    *_LIBRARY,
    Action("dim", "Sound", "Dim", "20 dB softer, for your ears only.", ("F7",), "anywhere"),
    Action("mute", "Sound", "Mute", "Silence for your ears only.", ("F8",), "anywhere"),
    Action("match", "Sound", "Match loudness", "Hear takes equally loud.", ("F6",), "anywhere"),
    Action(
        "loudness.reset", "Sound", "Reset loudness", "Integrate what plays from now on.", ("Shift+F6",), "anywhere"
    ),
    Action("strip", "Window", "Strip", "Words and takes only, above every other window.", ("F9",), "anywhere"),
    Action("keys", "Window", "Keys and pads", "Show or hide the keyboard and the pads.", ("F10",), "anywhere"),
    Action("help", "Window", "All keys", "Show every key, and its OSC address.", ("?", "F1")),
    Action("quit", "Window", "Close", "Close Onetake; everything is kept.", ("Ctrl+Q",), "anywhere"),
)

BY_ID = {action.id: action for action in ACTIONS}
BY_OSC = {action.osc: action for action in ACTIONS}


_PLACES = {"prompt": "   in the words", "library": "   in the library", "history": "   in the history"}


@dataclass(frozen=True)
class Row:
    """A line of the help sheet."""

    group: Group
    keys: str
    help: str
    osc: str


def sheet() -> list[Row]:
    """The table as a person reads it: what differs by a number only is one line."""
    groups = list(dict.fromkeys(action.group for action in ACTIONS))
    rows = [
        Row("Hear", "1 … 8", "Select a take and hear it.", "/onetake/hear/1 … 8"),
        Row("Hear", "Ctrl+1 … Ctrl+8", "The same while you type.", "/onetake/hear/anywhere/1 … 8"),
        Row("Library", "Alt+0 … Alt+5   in the library", "Give the takes stars.", "/onetake/library/rate/0 … 5"),
    ]
    for action in ACTIONS:
        if not action.id[-1].isdigit():
            keys = "  or  ".join(action.keys) + _PLACES.get(action.where, "")
            rows.append(Row(action.group, keys, action.help, action.osc))
    return sorted(rows, key=lambda row: groups.index(row.group))


def table() -> str:
    """The actions as a Markdown table, for the documentation."""
    rows = ["| | key | what it does | OSC |", "|---|---|---|---|"]
    rows += [f"| {row.group} | {row.keys} | {row.help} | `{row.osc}` |" for row in sheet()]
    return "\n".join(rows) + "\n"
