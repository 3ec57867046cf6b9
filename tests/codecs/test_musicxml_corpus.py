"""Real scores: the corpus inside music21, and the shared samples with known truth."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.musicxml import decode, encode
from fewnotes.errors import BadInput
from fewnotes.music.piece import check_piece
from fewnotes.music.time import bars

QUICK = [
    "bach/bwv66.6.mxl",
    "bach/bwv101.7.mxl",
    "beethoven/opus18no1/movement3.mxl",
    "haydn/opus74no1/movement3.mxl",
    "joplin/maple_leaf_rag.mxl",
    "mozart/k155/movement2.mxl",
    "schumann_clara/polonaise_op1n1.mxl",
    "demos/two-parts.xml",
]


def scores(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".mxl", ".xml", ".musicxml"))


def content(piece):
    """What must survive writing, in quarters."""
    ticks = piece.ticks_per_quarter
    notes = Counter(
        (Fraction(o, ticks), Fraction(d, ticks), t, p, v)
        for o, d, t, p, v in piece.notes[["onset_tick", "duration_tick", "track", "pitch", "velocity"]].tolist()
    )
    return notes, piece.meters, piece.keys, piece.tempos, piece.pickup_tick, piece.barlines_tick, piece.chords


@pytest.mark.parametrize("name", QUICK)
def test_a_real_score_survives_writing_and_reading(music21_corpus, name):
    path = music21_corpus / name
    if not path.is_file():
        pytest.skip("this release of music21 does not have it")
    piece = check_piece(decode(path.read_bytes(), DecodeOptions())[0])
    written = encode(piece)
    assert written.warnings == ()
    again = decode(written.data, DecodeOptions())[0]
    assert content(again) == content(piece)
    assert encode(again).data == written.data


def test_a_chorale_has_the_notes_it_has(music21_corpus):
    piece = decode((music21_corpus / "bach/bwv66.6.mxl").read_bytes(), DecodeOptions())[0]
    assert [t.name for t in piece.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert len(piece) == 163
    assert (piece.keys[0].fifths, piece.meters[0][1:], piece.pickup_tick) == (3, (4, 4), piece.ticks_per_quarter)


@pytest.mark.slow
def test_every_score_in_the_corpus_reads_and_survives_writing(music21_corpus):
    paths = scores(music21_corpus)
    assert len(paths) > 400
    lost = []
    for path in paths:
        try:
            piece = check_piece(decode(path.read_bytes(), DecodeOptions())[0])
        except BadInput:
            continue
        written = encode(piece)
        again = decode(written.data, DecodeOptions())[0]
        if content(again) != content(piece) and not any(w.code == "quantised" for w in written.warnings):
            lost.append(path.name)
    assert lost == []


NOTE_COUNT = """
import sys, music21
score = music21.converter.parse(sys.argv[1], forceSource=True, storePickle=False)
sounding = 0
for part in score.parts:
    for element in part.recurse().notes:
        if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
            continue
        for note in (element.notes if element.isChord else [element]):
            sounding += note.tie is None or note.tie.type == "start"
print(sounding)
"""


@pytest.mark.slow
def test_note_counts_agree_with_music21_on_a_sample(music21_corpus, tmp_path):
    """Written order, ties joined, without grace notes. Where a score leaves ties open, the two count differently."""
    for path in random.Random(5).sample(scores(music21_corpus), 12):
        piece = decode(path.read_bytes(), DecodeOptions(repeats=False))[0]
        if {"tie", "cue"} & {w.code for w in piece.warnings}:
            continue
        command = [sys.executable, "-c", NOTE_COUNT, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120)
        assert int(done.stdout.split()[-1]) == len(piece), path.name


#: Ties that lead into another voice of their bar: the score joins them, the other reader did not.
CROSS_VOICE_TIES = {"lied_schumann_robert__6_setze_mir_nicht_lc6909785": 3, "lied_debussy__mandoline_lc29748596": 1}


def test_shared_samples_hold_their_true_notes_and_chords(shared):
    with (shared / "corpus_formats" / "manifest.csv").open(encoding="utf-8") as opened:
        samples = [r for r in csv.DictReader(opened) if r["format"] == "mxl"]
    assert samples
    for sample in samples:
        data = (shared / "corpus_formats" / sample["path"]).read_bytes()
        piece = check_piece(decode(data, DecodeOptions(repeats=False))[0])
        name = sample["path"].removeprefix("mxl/").removesuffix(".mxl")
        assert len(piece) + CROSS_VOICE_TIES.get(name, 0) == int(sample["notes"]), name
        assert len(piece.tracks) == int(sample["tracks"]), name
        assert len(piece.chords) == int(sample["chord_symbols"] or 0), name
        # The truth counts bars of full length; split bars and pickups are bars of their own here.
        assert 0 <= len(bars(piece)) - int(sample["bars"]) <= 4, name


def test_the_kit_of_bad_and_odd_files_is_read_as_its_manifest_asks(shared):
    with (shared / "adversarial" / "manifest.csv").open(encoding="utf-8") as opened:
        files = [r for r in csv.DictReader(opened) if r["file"].startswith(("musicxml/", "mxl/"))]
    assert files
    for row in files:
        data = (shared / "adversarial" / row["file"]).read_bytes()
        truth = dict(part.split("=", 1) for part in row["truth"].split(";") if "=" in part)
        try:
            piece = check_piece(decode(data, DecodeOptions())[0])
        except BadInput:
            assert row["expect"] in ("error", "refuse", "either"), row["file"]
            continue
        assert row["expect"] in ("load", "warn", "either"), row["file"]
        assert piece.warnings or row["expect"] != "warn", row["file"]
        counts = {int(truth[k]) for k in ("notes", "expanded_notes") if k in truth}
        assert not counts or len(piece) in counts, row["file"]
