"""What the name of a sound file says: the Universal Category System's fields, or simply its words.

A UCS name is CatID_FXName_CreatorID_SourceID, perhaps with a user category after a hyphen in the CatID and user
data at the end (universalcategorysystem.com): "DOORMetl_Metal Door Slam 01_ABC_Library.wav". Only the CatID and
the FXName say what is heard.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Named(NamedTuple):
    """What a name says: a caption, and the category ("" where there is none)."""

    caption: str
    category: str


_CAT_ID = re.compile(r"^([A-Z]{2,5})([A-Z0-9][A-Za-z0-9]{1,5})?(?:-[^_]*)?$")
_COUNTS = re.compile(
    r"^(\d+|v\d+|take\d*|tk\d+|alt\d*|final|edit\d*|stereo|mono|st|mn|\d+k|\d+khz|\d+bit|\d+bpm|wav|loop\d+|\d+db)$"
)
_CATEGORIES = {
    "AERO": "aircraft",
    "AIR": "air",
    "ALRM": "alarm",
    "AMB": "ambience",
    "ANML": "animal",
    "BEEP": "beep",
    "BELL": "bell",
    "BIRD": "bird",
    "BOAT": "boat",
    "CLOC": "clock",
    "CLTH": "cloth",
    "CMPT": "computer",
    "CREA": "creature",
    "CRWD": "crowd",
    "DESN": "sound design",
    "DOOR": "door",
    "DSGN": "designed",
    "ELEC": "electricity",
    "EXPL": "explosion",
    "FEET": "footsteps",
    "FGHT": "fight",
    "FIRE": "fire",
    "FOLY": "foley",
    "FOOD": "food",
    "FRWK": "fireworks",
    "GAME": "game",
    "GLAS": "glass",
    "GORE": "gore",
    "GUN": "gun",
    "HUMN": "human",
    "ICE": "ice",
    "LASR": "laser",
    "LIQD": "liquid",
    "MACH": "machine",
    "MAGC": "magic",
    "MECH": "mechanical",
    "METL": "metal",
    "MOTR": "motor",
    "MUSC": "musical",
    "OBJ": "object",
    "PAPR": "paper",
    "PLAS": "plastic",
    "RAIN": "rain",
    "ROBT": "robot",
    "ROCK": "rock",
    "SCI": "science fiction",
    "SWSH": "swoosh",
    "TOON": "cartoon",
    "TRN": "train",
    "TRAN": "train",
    "UI": "user interface",
    "VEH": "vehicle",
    "VOX": "voice",
    "WATR": "water",
    "WEAP": "weapon",
    "WHSH": "whoosh",
    "WIND": "wind",
    "WING": "wings",
    "WOOD": "wood",
}
"""Category by the capitals that a CatID begins with; a CatID that is not here says nothing."""


def words_of(stem: str) -> Named:
    """What a file name without its ending says."""
    fields = stem.split("_")
    if len(fields) >= 3 and (cat_id := _CAT_ID.match(fields[0])):
        category = _category(cat_id[1])
        return Named(_plain(fields[1]) or category, category)
    return Named(_plain(stem), "")


def _category(capitals: str) -> str:
    """The longest known beginning of the capitals: METLImpt begins with "METLI"."""
    for length in range(len(capitals), 1, -1):
        if word := _CATEGORIES.get(capitals[:length]):
            return word
    return ""


def _plain(text: str) -> str:
    """Lower-case words without numbering and technical marks."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = re.sub(r"[^\w']+|_+", " ", text)
    words = [w for w in text.lower().split() if not _COUNTS.match(w)]
    return " ".join(words)
