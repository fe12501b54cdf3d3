"""Write the JSON Schemas anew: python -m presets.schemas."""

from __future__ import annotations

from presets.files import write_atomically
from presets.schemas import FOLDER, schemas

if __name__ == "__main__":
    for name, schema in schemas().items():
        write_atomically(FOLDER / name, schema, overwrite=True)
