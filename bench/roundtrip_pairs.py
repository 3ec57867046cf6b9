"""Published files beside the MIDI that others made of them, and samples of real files by form."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import symusic

from fewnotes.codecs import DecodeOptions
from fewnotes.errors import FewnotesError
from fewnotes.music.piece import Piece
from fewnotes.music.time import bars
from fewnotes.registry import find
from mutant_maker import SHARED, corpus_folders
from roundtrip_compare import Verdict

FORM = {"mxl": "musicxml", "krn": "kern", "abc": "abc", "mid (as found)": "midi"}
SUFFIXES = {"midi": (".mid",), "musicxml": (".mxl", ".xml", ".musicxml"), "abc": (".abc",), "kern": (".krn",)}
#: Differences that were looked into, by a part of the file's name. All are faults of the other MIDI.
KNOWN = {
    "001_12_6": "the MIDI overlooks a dot that does not follow its number (2g\\.), which shifts it from bar 2 on",
    "setze_mir": "the MIDI leaves three ties unjoined; partitura joins them as we do",
    "mandoline": "the MIDI leaves one tie unjoined; partitura joins it as we do",
    "morris11": "the MIDI forgets a natural within its bar (=e d e in C minor)",
    "morris12": "the MIDI has the first part only",
    "waltzes11": "the MIDI leaves ties across barlines unjoined",
    "waltzes14": "the MIDI leaves ties across a line end unjoined",
}
_Row = tuple[Fraction, Fraction, int]
_NEAR = Fraction(1, 50)


def sample_of(form: str, count: int, largest: int) -> list[Path]:
    """`count` real files of a form, spread evenly over folders and sizes."""
    found = []
    for folder in corpus_folders():
        sized = [(p.stat().st_size, p.name, p) for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES[form]]
        found.append([p for size, _, p in sorted(sized) if size <= largest])
    chosen: list[Path] = []
    # The folder with fewest files first: what it cannot give, the others do.
    for i, paths in enumerate(sorted(found, key=len)):
        share = -(-(count - len(chosen)) // (len(found) - i))
        chosen += paths[:: max(1, len(paths) // max(1, share))][:share]
    return chosen


def check_pairs(forms: Collection[str] = ()) -> Iterator[Verdict]:
    """A verdict on every published file that has a MIDI beside it. forms: only files of these, or of all."""
    manifest = SHARED / "corpus_formats" / "manifest.csv"
    if not manifest.is_file():
        return
    for row in csv.DictReader(manifest.open(encoding="utf-8")):
        path, midi = SHARED / "corpus_formats" / row["path"], SHARED / "corpus" / row["midi_pair"]
        form = FORM[row["format"]]
        if forms and form not in forms:
            continue
        try:
            # The ABC pairs have their repeats played out, the others have not.
            piece = find("codecs", form).decode(path.read_bytes(), DecodeOptions(repeats=form == "abc"))[0]
        except FewnotesError as error:
            yield Verdict(form, "pair", path.name, "unexplained", str(error).replace("\n", " "))
            continue
        yield _compare(form, path.name, piece, midi, row)


def _compare(form: str, name: str, piece: Piece, midi: Path, row: dict[str, str]) -> Verdict:
    score = symusic.Score(midi)
    tracks = [
        [(Fraction(n.time, score.tpq), Fraction(n.duration, score.tpq), n.pitch) for n in track.notes]
        for track in score.tracks
    ]
    ours = list(_rows(piece))
    if form == "abc":
        # These MIDI files begin with a full bar, and chords are played in a track of their own.
        ours = _from_zero(ours)
        tracks = [_from_zero(track) for track in tracks if track]
        theirs = min(tracks, key=lambda track: _distance(ours, track))
    else:
        theirs = [note for track in tracks for note in track]
    lost = _distance(ours, theirs)
    reason = next((why for part, why in KNOWN.items() if part in name), "")
    if lost:
        detail = f"{lost} notes differ of {len(theirs)} (we read {len(ours)})"
        return Verdict(form, "pair", name, "explained" if reason else "unexplained", f"{detail}: {reason}")
    # Some count a pickup as a bar, some do not.
    found = len(bars(piece)) - bool(piece.pickup_tick)
    counted = int(row["bars"] or 0) if form in ("musicxml", "kern") else found
    if counted not in (found, found + bool(piece.pickup_tick)):
        known = bool(piece.barlines_tick) or not piece.meters or any(w.code == "bars-uneven" for w in piece.warnings)
        detail = f"{found} bars by the barlines of the score, {counted} by the meter of the MIDI"
        return Verdict(form, "pair", name, "explained" if known else "unexplained", detail)
    return Verdict(form, "pair", name, "exact", "")


def _rows(piece: Piece) -> Iterator[_Row]:
    q = piece.ticks_per_quarter
    columns = (piece.notes[key].tolist() for key in ("onset_tick", "duration_tick", "pitch"))
    for onset, duration, pitch in zip(*columns, strict=True):
        yield Fraction(onset, q), Fraction(duration, q), pitch


def _from_zero(rows: list[_Row]) -> list[_Row]:
    first = min(onset for onset, _, _ in rows)
    return [(onset - first, duration, pitch) for onset, duration, pitch in rows]


def _distance(ours: Iterable[_Row], theirs: Iterable[_Row]) -> int:
    """How many notes differ by more than a fiftieth of a quarter, which hides that 480 ticks hold few tuplets."""
    one, two = _paired(ours), _paired(theirs)
    count = 0
    for pitch in one.keys() | two.keys():
        a, b = one.get(pitch, []), two.get(pitch, [])
        if len(a) == len(b):
            count += sum(abs(x - y) > _NEAR or abs(v - w) > _NEAR for (x, v), (y, w) in zip(a, b, strict=True))
        else:
            count += max((Counter(a) - Counter(b)).total(), (Counter(b) - Counter(a)).total())
    return count


def _paired(rows: Iterable[_Row]) -> dict[int, list[tuple[Fraction, Fraction]]]:
    """(begin, end) by pitch as MIDI can say them: of two notes that overlap, the first to begin is the first to end."""
    keys: dict[int, tuple[list[Fraction], list[Fraction]]] = {}
    for onset, duration, pitch in rows:
        begins, ends = keys.setdefault(pitch, ([], []))
        begins.append(onset)
        ends.append(onset + duration)
    return {pitch: list(zip(sorted(begins), sorted(ends), strict=True)) for pitch, (begins, ends) in keys.items()}
