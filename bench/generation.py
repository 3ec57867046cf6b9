"""Is what a generator writes after five pieces in their style, new, varied, and like real music?

    python bench/generation.py [--quick | --full] [--rows real engine:markov ...] [--out FILE]

Rows: real, shuffled, other style, random notes, and engine:NAME for any engine. Skipped where there is no corpus.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import generation

if __name__ == "__main__":
    sys.exit(ask(generation, __doc__))
