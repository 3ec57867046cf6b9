"""Which of N styles that were never trained on is a piece in, given K pieces of each?

    python bench/recognition.py [--quick | --full] [--rows statistics_lda chance ...] [--out FILE]

Rows are the modules of src/fewnotes/measure/rows. Skipped where there is no corpus. The same as `fewnotes bench
recognition`.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import recognition

if __name__ == "__main__":
    sys.exit(ask(recognition, __doc__))
