"""How many bits a note on the eight melody sets of Pearce & Wiggins (2004), pitch alone, ten folds?

Protocol as in melody_bits.py: the alphabet is the pitches of the whole set, the first note counts, ties are joined,
repeats are not played out, nothing is transposed; bits are the mean over the notes of a tune, over the tunes of a
fold, over folds, and over random divisions into folds. STM knows the tune alone, LTM the other tunes, LTM+ both in one
model; hybrid is STM and LTM+ mixed at bias 2. The headline is the plain mean over sets.

    python bench/folk_melodies.py [--data DIR] [--quick | --full] [--folds 10] [--draws 5] [--out PATH]

DIR: every folder in it that holds kern or ABC files is a set, known by its name where it is one of the eight: nova,
chorales, elsass, jugoslav, schweiz, oesterrh, kinder, shanxi237. The kern edition of the Essen songs has a licence of
its own and is not shipped. Without DIR: what the music21 package holds, that is kinder, the chorales nearly, and other
sets that are named as such and are never compared with print.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fewnotes.errors import BadInput, FewnotesError
from fewnotes.files import read_each
from fewnotes.meta.corpus import load, table
from fewnotes.meta.sources.collections import NAME as MUSIC21
from fewnotes.meta.sources.collections import folder as music21_folder
from fewnotes.music.piece import Piece
from melody_bits import TOLERANCE, as_symbols, kinder_path, measure_tunes

COLUMNS = {"STM": "STM", "LTM": "LTM", "LTM+": "LTM+", "hybrid": "b=2"}
SUFFIXES = (".krn", ".kern", ".abc")
QUICK_TUNES = 30


class Published(NamedTuple):
    """A set in print (Pearce 2005, tables 4.1 and 6.6): counts, and bits a note in the order of COLUMNS."""

    title: str
    tunes: int
    notes: int
    pitches: int
    bits: tuple[float, float, float, float]


#: By the name of the folder.
PUBLISHED = {
    "nova": Published("Canadian ballads, Nova Scotia", 152, 8553, 25, (2.983, 2.861, 2.655, 2.468)),
    "chorales": Published("Bach chorale melodies", 185, 9227, 21, (3.139, 2.444, 2.375, 2.347)),
    "elsass": Published("Alsatian folk songs", 91, 4496, 32, (3.097, 3.115, 2.712, 2.540)),
    "jugoslav": Published("Yugoslavian folk songs", 119, 2691, 25, (3.463, 2.721, 2.602, 2.588)),
    "schweiz": Published("Swiss folk songs", 93, 4586, 34, (3.126, 3.010, 2.621, 2.454)),
    "oesterrh": Published("Austrian folk songs", 104, 5306, 35, (3.248, 3.340, 2.833, 2.651)),
    "kinder": Published("German children's songs", 213, 8393, 27, (2.693, 2.428, 2.237, 2.106)),
    "shanxi237": Published("Chinese folk songs, Shanxi", 237, 11056, 41, (3.426, 3.105, 2.881, 2.681)),
}
PUBLISHED_MEAN = (3.147, 2.878, 2.614, 2.479)
#: Sets of the music21 corpus that are none of the eight: style label -> title.
OTHERS = {
    "m21_essen_austria": "Essen ABC, Austria: not the published set",
    "m21_essen_switzerland": "Essen ABC, Switzerland: not the published set",
    "m21_essen_yugoslavia": "Essen ABC, Yugoslavia: not the published set",
    "m21_essen_luxembourg": "Essen ABC, Luxembourg: not in print",
    "m21_essen_lorraine": "Essen ABC, Lorraine: not in print",
    "m21_essen_xiaodiao": "Essen ABC, Chinese xiaodiao: not in print",
    "m21_essen_shange": "Essen ABC, Chinese shange: not in print",
}


@dataclass(frozen=True)
class TuneSet:
    """Tunes as pitches. key: its name in PUBLISHED, else its own. unreadable: files that gave no tune."""

    key: str
    title: str
    tunes: list[list[int]]
    unreadable: int = 0

    @property
    def published(self) -> Published | None:
        return PUBLISHED.get(self.key)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Tunes, notes, pitches."""
        return len(self.tunes), sum(map(len, self.tunes)), len({p for tune in self.tunes for p in tune})

    @property
    def is_exact(self) -> bool:
        """Has it the published counts?"""
        return self.published is not None and self.counts == self.published[1:4]


def melody(piece: Piece) -> list[int]:
    """The pitches of the highest track, of each chord in it the top note."""
    notes = piece.notes
    if not len(notes):
        return []
    tracks = np.unique(notes["track"])
    highest = max(tracks, key=lambda t: float(notes["pitch"][notes["track"] == t].mean()))
    line = notes[notes["track"] == highest]
    top: dict[int, int] = {}
    for onset, pitch in zip(line["onset_tick"].tolist(), line["pitch"].tolist(), strict=True):
        top[onset] = max(pitch, top.get(onset, 0))
    return [top[onset] for onset in sorted(top)]


def read_set(key: str, title: str, paths: Sequence[Path]) -> TuneSet:
    """The tunes of some files, each melody once; a file that cannot be read is counted."""
    tunes, unreadable = [], 0
    for _, result in read_each(list(paths), repeats=False):
        if isinstance(result, FewnotesError):
            unreadable += 1
        else:
            tunes += [line for line in map(melody, result) if line]
    return TuneSet(key, title, tunes, unreadable)


def folder_sets(root: Path) -> Iterator[TuneSet]:
    """One set a folder that holds kern or ABC files. Raises BadInput where there is none."""
    if not root.is_dir():
        raise BadInput(f"There is no folder {root}", expected="a folder with one folder of kern or ABC files a set")
    by_folder: dict[Path, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file() and path.parent != root:
            by_folder.setdefault(path.parent, []).append(path)
    if not by_folder:
        raise BadInput(
            f"No folder in {root} holds kern or ABC files",
            expected=f"folders such as {', '.join(PUBLISHED)}, with files that end in {', '.join(SUFFIXES)}",
            fix="Give the folder above those that hold the tunes",
        )
    for folder, paths in by_folder.items():
        name = folder.relative_to(root).as_posix()
        known = folder.name.lower()
        published = PUBLISHED.get(known)
        yield read_set(known if published else name, published.title if published else name, paths)


def music21_sets() -> Iterator[TuneSet]:
    """What the music21 package holds: kinder, the chorales nearly, and others; none if it is not installed."""
    corpus, kinder = music21_folder(), kinder_path()
    if corpus is None or kinder is None:
        return
    yield read_set("kinder", PUBLISHED["kinder"].title, [kinder])
    chorales = [p for p in sorted((corpus / "bach").glob("bwv*.mxl")) if _is_chorale(p.stem)]
    yield read_set("chorales", f"{PUBLISHED['chorales'].title} of music21, nearly the published set", chorales)
    rows = [row for row in table(MUSIC21) if row.style in OTHERS]
    styles = load(rows).styles
    for style, title in OTHERS.items():
        tunes = [line for line in (melody(entry.piece) for entry in styles.get(style, ())) if line]
        yield TuneSet(style, title, tunes)


def _is_chorale(stem: str) -> bool:
    """BWV 253 to 438."""
    number = re.fullmatch(r"bwv(\d+)", stem)
    return number is not None and 253 <= int(number[1]) <= 438


def measured(found: TuneSet, folds: int, draws: int, most: int | None) -> dict[str, Any]:
    """Counts and bits of one set, beside print. most: only so many tunes, evenly spaced; then nothing is compared."""
    tunes = found.tunes
    if most and len(tunes) > most:
        tunes = [tunes[i] for i in np.linspace(0, len(tunes) - 1, most).round().astype(int)]
    result = measure_tunes(*as_symbols(tunes), min(folds, len(tunes)), draws)
    counts = dict(zip(("tunes", "notes", "pitches"), found.counts, strict=True))
    facts: dict[str, Any] = {"key": found.key, "title": found.title, **counts, "unreadable": found.unreadable}
    facts |= {"tunes_used": len(tunes), "draws": draws}
    facts["bits_a_note"] = {name: result["bits_a_note"][column] for name, column in COLUMNS.items()}
    facts["spread_over_draws"] = {name: result["spread_over_draws"][column] for name, column in COLUMNS.items()}
    if found.published:
        facts["published"] = {
            **dict(zip(counts, found.published[1:4], strict=True)),
            "bits_a_note": dict(zip(COLUMNS, found.published.bits, strict=True)),
            "same_counts": found.is_exact,
        }
    return facts


def show(facts: dict[str, Any]) -> None:
    """One set: counts and bits, print beside them."""
    bits = "  ".join(f"{name} {value:.3f}" for name, value in facts["bits_a_note"].items())
    used = f" (of which {facts['tunes_used']} used)" if facts["tunes_used"] < facts["tunes"] else ""
    print(f"\n{facts['title']}: {facts['tunes']} tunes{used}, {facts['notes']:,} notes, {facts['pitches']} pitches")
    print(f"   here   {bits}")
    if facts["unreadable"]:
        print(f"   {facts['unreadable']} files could not be read")
    if published := facts.get("published"):
        bits = "  ".join(f"{name} {value:.3f}" for name, value in published["bits_a_note"].items())
        same = "the same counts" if published["same_counts"] else "other counts: not the same set"
        tunes, notes, pitches = (published[k] for k in ("tunes", "notes", "pitches"))
        print(f"   print  {bits}   {tunes} tunes, {notes:,} notes, {pitches} pitches: {same}", flush=True)


def means(sets: list[dict[str, Any]]) -> dict[str, Any]:
    """The plain mean over the sets that are in print, beside the mean of print over the same sets."""
    known = [facts for facts in sets if "published" in facts]
    if not known:
        return {}
    return {
        "sets": [facts["key"] for facts in known],
        "here": {c: round(float(np.mean([f["bits_a_note"][c] for f in known])), 4) for c in COLUMNS},
        "print_same_sets": {
            c: round(float(np.mean([f["published"]["bits_a_note"][c] for f in known])), 4) for c in COLUMNS
        },
        "print_eight_sets": dict(zip(COLUMNS, PUBLISHED_MEAN, strict=True)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder with one folder of kern or ABC files a set")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help=f"{QUICK_TUNES} tunes a set, one division into folds")
    size.add_argument("--full", dest="quick", action="store_false", help="all tunes (the default)")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--draws", type=int, default=5, help="random divisions into folds, averaged")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    most, draws = (QUICK_TUNES, 1) if options.quick else (None, options.draws)
    sets = []
    try:
        for found in folder_sets(options.data) if options.data else music21_sets():
            if len(found.tunes) < 2:
                print(f"\n{found.title}: left out, fewer than two tunes could be read")
                continue
            # Sets that are not in print stand here for the picture: one division will do.
            sets.append(measured(found, options.folds, draws if found.published else 1, most))
            show(sets[-1])
    except FewnotesError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    if not sets:
        print("Skipped: no folder was given, and the music21 package is not installed")
        return 0
    return finish(sets, options)


def finish(sets: list[dict[str, Any]], options: argparse.Namespace) -> int:
    """Print the mean, write the result; 1 if a set with the published counts is too far from print."""
    mean = means(sets)
    if mean:
        print(f"\nMean over {len(mean['sets'])} of the eight sets: {', '.join(mean['sets'])}")
        for row, title in (("here", "here"), ("print_same_sets", "print"), ("print_eight_sets", "print, all eight")):
            print(f"   {title:17}" + "  ".join(f"{c} {v:.3f}" for c, v in mean[row].items()))
    if options.quick:
        print(f"\nQuick: {QUICK_TUNES} tunes a set, and their pitches as the alphabet. Not to be compared with print.")
    if options.out:
        result = {"folds": options.folds, "quick": options.quick, "sets": sets, "mean": mean}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    off = [
        facts["key"]
        for facts in sets
        if not options.quick
        and facts.get("published", {}).get("same_counts")
        and abs(facts["bits_a_note"]["hybrid"] - facts["published"]["bits_a_note"]["hybrid"]) > TOLERANCE
    ]
    if off:
        print(f"NOT within {TOLERANCE} of print: {', '.join(off)}")
    return int(bool(off))


if __name__ == "__main__":
    sys.exit(main())
