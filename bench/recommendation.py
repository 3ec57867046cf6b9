"""Out of a library of styles that were never trained on, do those of a liked style come first, given five?

    python bench/recommendation.py [--quick | --full] [--rows statistics_lda chance ...] [--out FILE]

Rows are the modules of src/fewnotes/measure/rows. Skipped where there is no corpus. The same as `fewnotes bench
recommendation`.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.measure import recommendation

if __name__ == "__main__":
    sys.exit(ask(recommendation, __doc__))
