"""ABC on real tunes: the books inside music21, the shared samples, and music21 itself as the second opinion."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from fewnotes.codecs import DecodeOptions, abc
from fewnotes.music.piece import Piece, check_piece

WRITTEN = DecodeOptions(repeats=False)


def test_the_german_children_songs_have_the_published_counts(music21_corpus):
    """213 tunes and 8,393 notes: Pearce and Wiggins 2004, table 2."""
    pieces = abc.decode((music21_corpus / "essenFolksong" / "kinder0.abc").read_bytes(), WRITTEN)
    assert len(pieces) == 213
    assert sum(len(p) for p in pieces) == 8393


@pytest.mark.parametrize("name", ["airdsAirs/book1.abc", "oneills1850/0001-0050.abc", "josquin/oVenusBant.abc"])
def test_real_tunes_survive_writing_and_reading(music21_corpus, name):
    pieces = abc.decode((music21_corpus / name).read_bytes(), DecodeOptions())
    for piece in pieces:
        written = abc.encode(piece)
        (read,) = abc.decode(written.data, DecodeOptions())
        if not written.warnings:
            assert read == piece, piece.title


def test_every_book_of_the_corpus_is_read(music21_corpus):
    """No refusal and no stray error; a sample here, all of it in the slow test."""
    files = sorted(music21_corpus.rglob("*.abc"))
    for path in random.Random(3).sample(files, 60):
        for piece in abc.decode(path.read_bytes(), DecodeOptions()):
            check_piece(piece)


@pytest.mark.slow
def test_all_thirteen_thousand_tunes_are_read_and_written(music21_corpus):
    tunes = changed = 0
    for path in sorted(music21_corpus.rglob("*.abc")):
        for piece in abc.decode(path.read_bytes(), DecodeOptions()):
            check_piece(piece)
            tunes += 1
            if tunes % 5 == 0:
                written = abc.encode(piece)
                (read,) = abc.decode(written.data, DecodeOptions())
                changed += not written.warnings and read != piece
    assert tunes == 12978
    assert changed == 0


def test_the_adversarial_kit_is_answered_as_its_manifest_asks(shared):
    from fewnotes.errors import BadInput
    from fewnotes.music.time import bars

    kit = shared / "adversarial"
    with (kit / "manifest.csv").open(encoding="utf-8") as source:
        rows = [r for r in csv.DictReader(source) if r["file"].startswith(("abc/", "lies/"))]
    assert len(rows) > 40
    for row in rows:
        try:
            pieces = abc.decode((kit / row["file"]).read_bytes(), DecodeOptions())
        except BadInput:
            assert row["expect"] in ("error", "either"), row["file"]
            continue
        assert row["expect"] != "error", row["file"]
        truth = dict(t.split("=") for t in row["truth"].split(";") if t)
        found = {
            "notes": sum(len(p) for p in pieces),
            "tunes": len(pieces),
            "bars": len(bars(pieces[0])),
            "pickup": pieces[0].pickup_tick // pieces[0].ticks_per_quarter,
        }
        if row["expect"] in ("load", "warn"):
            wanted = {k: int(v) for k, v in truth.items() if k in found}
            assert {k: found[k] for k in wanted} == wanted, row["file"]
            assert found["notes"] >= int(truth.get("notes_min", 0))
        if row["expect"] == "warn":
            assert any(p.warnings for p in pieces), row["file"]


def test_the_nottingham_samples_sound_like_their_midi_files(shared):
    """Melody tracks, repeats and parts played out; the MIDI files begin with the rest of the pickup bar.

    Known differences of the files: one stops after its first part, two strike ties anew, one drops an accidental.
    """
    symusic = pytest.importorskip("symusic")
    folder = shared / "corpus_formats"
    with (folder / "manifest.csv").open(encoding="utf-8") as source:
        rows = [r for r in csv.DictReader(source) if r["format"] == "abc"]
    same = []
    for row in rows:
        score = symusic.Score(str(shared / "corpus" / row["midi_pair"]))
        (piece,) = abc.decode((folder / row["path"]).read_bytes(), DecodeOptions())
        midi = sorted((n.time / score.tpq, n.pitch, n.duration / score.tpq) for n in score.tracks[0].notes)
        ours = sorted(
            (int(n["onset_tick"]) / piece.ticks_per_quarter, int(n["pitch"]), int(n["duration_tick"]) / 480)
            for n in piece.notes
        )
        pairs = list(zip(midi, ours, strict=False))
        is_same = len(midi) == len(ours) and all(
            abs(a[0] - midi[0][0] - b[0] + ours[0][0]) < 0.03 and a[1] == b[1] and abs(a[2] - b[2]) < 0.03
            for a, b in pairs
        )
        same.append(is_same)
    assert (len(same), sum(same)) == (24, 20)


# --- music21 as the second opinion --------------------------------------------------------------------------------


def tunes_of(folder: Path) -> list[str]:
    texts = []
    for path in sorted(folder.rglob("*.abc")):
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        parts = re.split(r"(?m)^(?=X:)", text.replace("\r\n", "\n").replace("\r", "\n"))
        texts.extend(parts[1:])
    return texts


def notes_by_music21(text: str) -> list[tuple[float, int]]:
    """(onset, pitch) of struck notes; the version line makes music21 follow the accidentals of ABC 2.1."""
    from music21 import converter, harmony

    score = converter.parse("%abc-2.1\n" + text, format="abc", forceSource=True)
    found = []
    for element in score.flatten().notes:
        if element.duration.isGrace or isinstance(element, harmony.ChordSymbol):
            continue
        if element.tie is None or element.tie.type == "start":
            found.extend((round(float(element.offset), 3), p.midi) for p in element.pitches)
    return sorted(found)


def notes_by_us(piece: Piece) -> list[tuple[float, int]]:
    quarter = piece.ticks_per_quarter
    return sorted((round(int(n["onset_tick"]) / quarter, 3), int(n["pitch"])) for n in piece.notes)


def kind_of_difference(text: str, piece: Piece, ours: list[tuple[float, int]], theirs: list[tuple[float, int]]) -> str:
    """A name for the likely cause, by what stands in the text; a few of each were checked by hand."""
    music = "\n".join(x for x in text.splitlines() if not re.match(r"[A-Za-z]:", x))
    codes = {w.code for w in piece.warnings}
    if [p for _, p in ours] == [p for _, p in theirs]:
        if re.search(r"[>)\"(}]\s*[>(.]|[<>]\s*[(\"{.~HTuv]|\{[^}]*\}|\([0-9]", music):
            return "broken rhythm or tuplet with a slur, sign or grace inside"
        return "other time"
    if "tie-open" in codes:
        return "tie to another pitch: we strike the second note"
    if re.search(r"[HTuv~.\"!][_^=]?[A-Ga-g]|\([^()]*[HTuv~.]", music):
        return "note after a decoration lost"
    if re.search(r"[ZX&]|V:", text[text.find("K:") :]):
        return "rest of whole bars or voices"
    return "other"


@pytest.mark.slow
def test_written_notes_agree_with_music21_on_a_sample(music21_corpus):
    pytest.importorskip("music21")
    kinds: Counter[str] = Counter()
    for text in random.Random(11).sample(tunes_of(music21_corpus), 400):
        (piece,) = abc.decode(text.encode(), WRITTEN)
        theirs, ours = notes_by_music21(text), notes_by_us(piece)
        kinds["equal" if ours == theirs else kind_of_difference(text, piece, ours, theirs)] += 1
    assert kinds["equal"] >= 370, kinds
    assert kinds["other"] + kinds["other time"] <= 4, kinds
