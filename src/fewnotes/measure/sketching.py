"""Are phrases of four bars, drawn after five pieces of a style, in it, new, varied, and like real ones?

The protocol of `fewnotes.measure.generation` at four bars, with the sketch pad, what it would be without parts of it,
and other GANs as rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fewnotes.errors import BadParameter, FewnotesError
from fewnotes.measure.generated.material import gathered
from fewnotes.measure.generated.rows import prepared
from fewnotes.measure.generation import SHOT, Size, measured
from fewnotes.measure.report import Report
from fewnotes.meta import split
from fewnotes.meta.progress import Progress, no_progress

QUESTION = "Are phrases of four bars, drawn after five pieces of a style, in it, new, varied, and like real ones?"
BARS = 4
ROWS = (
    "real", "gan", "gan:drawn", "gan:bare", "gan:unlearned", "gan:untrained", "control_gan:figr",
    "control_gan:literal", "engine:markov", "shuffled", "random notes",
)  # fmt: skip
SIZES = {"quick": Size(4, 36, 24, 1, 2, 40, BARS, False), "full": Size(0, 60, 40, 1, 5, 100, BARS, False)}


def run(
    size: str = "quick", progress: Progress = no_progress, rows: Sequence[str] | None = None, *, part: str = split.TEST
) -> Report:
    """All figures of all rows. rows: some of `ROWS`; one whose checkpoint or package is not here is named and left out.
    part: the split whose styles are sketched in; choices were made on meta-validation.

    Raises BadParameter for an unknown size, NotInstalled without scikit-learn, BadInput without a corpus.
    """
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=" or ".join(SIZES))
    plan = SIZES[size]
    material = gathered(plan.bars, SHOT, plan.pieces, plan.background, progress, part=part)
    makers, missing = {}, []
    for row in rows or ROWS:
        try:
            makers[row] = prepared(row, material.background, progress)
        except BadParameter:
            raise
        except FewnotesError as error:
            missing.append(f"Left out: {row}. {error.what}.")
    found = measured(material, makers, plan, progress)
    return replace(found, name="sketching", question=QUESTION, words=(*found.words, *missing))
