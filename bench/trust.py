"""Can a relation score be taken at its word, and do the bars that are named carry it?

    python bench/trust.py [--quick | --full] [--rows relation likeness] [--out FILE]

Skipped where there is no corpus, or no torch. The same as `fewnotes bench trust`.
"""

from __future__ import annotations

import sys

from _question import ask
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.measure import trust

if __name__ == "__main__":
    sys.exit(ask(trust, __doc__, (BadInput, NotInstalled)))
