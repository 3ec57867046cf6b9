"""Which columns of a result stand together in a table of the documentation; `make_tables.py` draws them.

A group says of each head which column of the report it is, and what stands behind the name of the row there:
`adaptive, pitch, near` is the row `adaptive` in the columns of pitch and near styles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Columns = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Group:
    """One table. columns: head -> (column of the report, what follows the row's name).

    best: the best row of a column is bold. worst: the worst style of every row in a table of its own; else a line for
    the row that the page is about. code: rows are names in the program. digits: of what is not per cent.
    """

    title: str
    columns: Columns
    best: bool = True
    worst: bool = False
    code: bool = True
    digits: int = 2


def ways(*numbers: int, over: str = "", timbre: bool = True, named: str = "") -> Columns:
    """`5-way 1-shot` and so on. named: what tells these columns apart from others in one table."""
    tail = over + ("" if timbre else " (no timbre)")
    heads = [f"{n}-way {k}-shot" for n in numbers for k in (1, 5, 10)]
    return {f"{head}{named}": (head + tail, "") for head in heads}


def ranks(tail: str, *figures: str) -> Columns:
    """The figures of a ranked library, `tail` being how it was asked."""
    return {figure: (f"{figure}, {tail}", "") for figure in figures}


def parts(**named: str) -> Columns:
    """Bits and gain of a part of the notes or styles: its name -> what follows the name of the row."""
    columns = ("K=0", "K=10", "gain at 10")
    return {f"{name}, {column}": (column, tail) for name, tail in named.items() for column in columns}


def shots(what: str) -> Columns:
    """A figure at each number of support pieces."""
    return {f"K={k}": (f"{what}, K={k}", "") for k in (1, 3, 5, 10)}


def plain(*columns: str) -> Columns:
    """Columns under their own names."""
    return {column: (column, "") for column in columns}


_ABOVE = "in style above out of style"
_RANKS = ("hit@10", "precision@10", "nDCG@10", "MAP")

PLAN: dict[str, tuple[Group, ...]] = {
    "recognition": (
        Group("All styles", ways(5, 9), worst=True),
        Group(
            "Fifteen styles at once, and none of these",
            ways(15)
            | {
                "none of these, AUROC": ("none of these, AUROC", ""),
                "none of these, no timbre": ("none of these, AUROC (no timbre)", ""),
            },
        ),
        Group(
            "Near and far styles, 5-way",
            ways(5, over=", near styles", named=", near") | ways(5, over=", far styles", named=", far"),
        ),
        Group(
            "Styles of one kind, 5-way",
            ways(5, over=", one kind") | ways(5, over=", one kind", timbre=False, named=", no timbre"),
        ),
        Group("Composers", ways(5, 9, over=", composers")),
        Group("All styles, no timbre", ways(5, 9, timbre=False)),
        Group(
            "In style above out of style, ten pieces",
            {
                "styles": (f"{_ABOVE}, styles", ""),
                "styles, p < 0.05": (f"{_ABOVE}, styles, p < 0.05", ""),
                "composers": (f"{_ABOVE}, composers", ""),
                "composers, p < 0.05": (f"{_ABOVE}, composers, p < 0.05", ""),
                "styles, no timbre": (f"{_ABOVE}, styles (no timbre)", ""),
                "composers, no timbre": (f"{_ABOVE}, composers (no timbre)", ""),
            },
        ),
        Group(
            "The first 30 episodes and trials, which StyleRank is asked too",
            {
                "5-way 1-shot": ("5-way 1-shot, first 30", ""),
                "5-way 5-shot": ("5-way 5-shot, first 30", ""),
                "5-way 5-shot, composers": ("5-way 5-shot, composers, first 30", ""),
                "in above out, styles": (f"{_ABOVE}, styles, first 30", ""),
                "in above out, composers": (f"{_ABOVE}, composers, first 30", ""),
            },
        ),
    ),
    "recommendation": (
        Group("Five liked", ranks("5 liked", *_RANKS), worst=True),
        Group("Five liked, five disliked", ranks("5 liked, 5 disliked", *_RANKS)),
        Group(
            "Three liked of one style and two of another, as one support set",
            ranks("3 + 2 liked of two styles", *_RANKS, "both styles@10"),
        ),
        Group(
            "The same, one by one", ranks("3 + 2 liked of two styles, one by one", *_RANKS, "both styles@10")
        ),
        Group("Five liked, no timbre", ranks("5 liked (no timbre)", *_RANKS)),
        Group("A small library, which StyleRank is asked about too", ranks("5 liked, small library", *_RANKS)),
    ),
    "prediction": (
        Group("Bits a note, and the gain", plain("K=0", "K=1", "K=5", "K=10", "gain at 5", "gain at 10"), worst=True),
        Group("Near and far styles", parts(near=", near", far=", far")),
        Group("Pitch and rhythm", parts(pitch=", pitch", rhythm=", rhythm")),
    ),
    "generation": (
        Group(
            "In the style, and like real music",
            plain("judged in the style", "told from real", "told by tells elsewhere", "stands in for real"),
            best=False, worst=True,
        ),
        Group(
            "New",
            plain(
                "longest run", "cardinality", "Jaccard", "inside human borrowing", "above human borrowing",
                "longest run in meta-train",
            ),
            best=False,
        ),
        Group("Varied, and spread as real music", plain("variety", "near duplicates", "Frechet distance"), best=False),
        Group(
            "Sense, beside real music",
            plain(
                "empty bars", "bars filled", "used pitch classes", "qualified notes", "scale consistency", "polyphony",
                "density", "struck again",
            ),
            best=False,
        ),
        Group(
            "Sense of lines, voices and form, beside real music",
            plain(
                "voices in range", "leaps turned", "parallels", "parallels where avoided", "bars again",
                "phrases alike", "ends at rest", "sense away",
            ),
            best=False,
        ),
    ),
    "transfer": (
        Group(
            "Into held-out styles: still the piece, and in the style",
            plain(
                "content", "content by bar", "time and pitch", "onset and duration", "time and pitch by role",
                "onset and duration by role", "judged in the style", "longest run",
            ),
            best=False, worst=True,
        ),
        Group(
            "Songs into grooves that they stand in: the style",
            {
                head: (f"{head}, grooves", "")
                for head in (
                    "content", "time and pitch", "onset and duration", "time and pitch by role",
                    "onset and duration by role", "onset and drum",
                )
            },
            best=False,
        ),
        Group(
            "Songs into grooves that they stand in: beside the truth",
            plain(
                "onsets, harmony", "onsets, bass", "onsets, drums", "chroma, harmony", "chroma, bass",
                "notes, harmony", "notes, bass", "notes, drums", "melody kept", "overlap",
            ),
            best=False, worst=True,
        ),
    ),
    "trust": (
        Group("Calibration error", shots("calibration error"), best=False, digits=3),
        Group("Own pieces above 0.5", shots("own above 0.5"), best=False, worst=True),
        Group(
            "Strangers below 0.5", shots("strangers below 0.5"), best=False, worst=True,
        ),
        Group(
            "Fall of the log odds without bars",
            plain("without the named bars", "without random bars", "named fall more"),
            best=False, worst=True,
        ),
    ),
    "leakage": (
        Group(
            "Area under the ROC curve",
            plain("raw traces", "normalised", "8 bars", "8 bars, barlines anywhere", "as before", "as before, 8 bars"),
            best=False, code=False,
        ),
    ),
}  # fmt: skip
PLAN["sketching"] = PLAN["generation"]

#: Rows that are no contestants: they guess, or know more than the others.
NO_CONTESTANTS = ("chance", "uniform", "relation_together")
#: Of the columns of groups with a best row; those that have none, since who knows nothing gains most.
LOWER_IS_BETTER = ("K=0", "K=1", "K=5", "K=10")
NO_CONTEST = ("gain at 1", "gain at 5", "gain at 10")
#: The row that a page is about.
SUBJECT = {
    "recognition": "relation",
    "recommendation": "relation",
    "prediction": "markov",
    "generation": "engine:markov",
    "sketching": "gan",
    "transfer": "engine:transformer@0.5",
    "trust": "relation",
}

_LISTENERS = ("two styles", "a style's half", "a direction")
_LISTS = {"first list": "list 1", "second": "list 2", "fifth": "list 5"}
#: Results whose tables have all of their rows: name -> tables, each a title and head -> column.
WIDE = {
    "replay": [
        (f"A listener of {kind}: {title}", {head: f"{kind}: {figure}, {turn}" for head, turn in _LISTS.items()})
        for kind in _LISTENERS
        for title, figure in (("liked among the ten, %", "liked@10"), ("nDCG@10", "nDCG@10"), ("hit@10, %", "hit@10"))
    ],
    "personal": [
        (
            f"Drafts by `{engine}`, {words}",
            {
                **{f"{count} heard": f"{engine}, {kind}: {count} heard{tail}" for count in (4, 8, 16, 32)},
                "32 of other styles": f"{engine}, {kind}: 32 heard, other styles{tail}",
            },
        )
        for engine in ("gan", "markov")
        for kind, words, tail in (
            ("named", "a preference that has a name: liked among the first five, %", ""),
            ("unseen", "a random direction over 300 statistics: liked among the first five, %", ""),
            ("named", "the price, a preference that has a name: relation of the first five to the style", ", relation"),
        )
    ],
}
