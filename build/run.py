"""Sets up whatever is missing, then starts Onetake: `python3 build/run.py "a glass bell" -o bell.wav`.

Why: one command is to be enough on a fresh machine, and the same command costs next to nothing ever after.
All arguments go to Onetake unchanged, and paths in them count from the folder that the user stands in.
"""

import os
import subprocess
import sys
from pathlib import Path

# Python leaves the script's folder out when PYTHONSAFEPATH is set.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import which_python


def main() -> None:
    """Set up, then become `python -P -m ui ARGS…` of the environment."""
    which_python.ensure()
    import setup_env  # noqa: PLC0415 (a Python that is too old could not read it)

    python = str(setup_env.ready_or_exit())
    command = [python, "-P", "-m", "ui", *sys.argv[1:]]
    if sys.platform == "win32":
        # exec on Windows gives the prompt back before the new program has ended.
        sys.exit(subprocess.call(command))
    os.execv(python, command)  # noqa: S606 (no shell is the point)


if __name__ == "__main__":
    main()
