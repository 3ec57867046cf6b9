"""Are phrases of four bars, drawn after five pieces of a style, in it, new, varied, and like real ones?

    python bench/sketching.py [--quick | --full] [--rows real gan engine:markov ...] [--out FILE]

Rows: those of fewnotes.measure.sketching. Skipped where there is no corpus.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import sketching

if __name__ == "__main__":
    sys.exit(ask(sketching, __doc__))
