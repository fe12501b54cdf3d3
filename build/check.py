"""Sets up the test packages, then runs every check: `python3 build/check.py [--long] [--only NAME]`.

Why one command: a person and a build server run the same. It only finds a Python that fits; the checks
themselves are in check_table.py.
"""

import sys
from pathlib import Path

# Python leaves the script's folder out when PYTHONSAFEPATH is set.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import which_python

if __name__ == "__main__":
    which_python.ensure()
    import check_table

    sys.exit(check_table.main())
