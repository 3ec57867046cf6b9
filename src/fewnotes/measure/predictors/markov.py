"""The Markov engine: it knows nothing before the support set, and learns from the piece itself as it goes on.

The same as `engine:markov`, which also measures what it learned for the words of a style and so takes longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines import Progress, no_progress
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._engine import EnginePredictor

TITLE = "Variable-order Markov model with short- and long-term parts over linked viewpoints; no meta-training"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> EnginePredictor:
    """Looks at nothing."""
    return EnginePredictor("markov", learns=False)
