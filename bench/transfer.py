"""Is a piece that is carried over into a style still that piece, and is it in the style?

    python bench/transfer.py [--quick | --full] [--rows source markov@0.5 engine:transformer ...] [--out FILE]

Rows: source, other piece, truth, markov, and engine:NAME for any engine that can transfer; @STRENGTH behind one asks
for that strength alone. Skipped where there is no corpus.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import transfer

if __name__ == "__main__":
    sys.exit(ask(transfer, __doc__))
