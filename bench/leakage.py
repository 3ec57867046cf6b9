"""Can the source of a piece be told from its notes, beyond what two books of one source differ by?

    python bench/leakage.py [--quick | --full] [--out FILE]

Skipped where the shared corpus or music21 is missing.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import leakage

if __name__ == "__main__":
    sys.exit(ask(leakage, __doc__))
