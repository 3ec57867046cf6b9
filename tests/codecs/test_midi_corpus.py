"""MIDI, real files: the fast and the tolerant reader agree, and what is written comes back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fewnotes.codecs import DecodeOptions, midi
from fewnotes.codecs.midi import fast, tolerant
from fewnotes.errors import BadInput
from fewnotes.music.piece import check_piece
from fewnotes.music.time import bars


def midi_files(folder: Path, count: int) -> list[Path]:
    files = sorted(folder.rglob("*.mid"))
    if not files:
        pytest.skip(f"no MIDI files in {folder.name}")
    return files[:: max(1, len(files) // count)]


def compare_readers(paths: list[Path]) -> int:
    """How many files the fast reader took; each of them reads the same in the tolerant one."""
    taken = 0
    for path in paths:
        data = path.read_bytes()
        quick, slow = fast.read_clean(data), tolerant.read_tolerant(data)
        check_piece(slow)
        if quick is not None:
            taken += 1
            assert quick == slow, path.name
            assert quick.tracks == slow.tracks, path.name
            assert quick.warnings == slow.warnings, path.name
    return taken


def test_both_readers_agree_on_real_files(shared):
    paths = midi_files(shared / "corpus", 80)
    assert compare_readers(paths) >= 0.95 * len(paths)


@pytest.mark.slow
def test_both_readers_agree_on_all_real_files(shared):
    paths = midi_files(shared / "corpus", 100_000)
    assert compare_readers(paths) >= 0.95 * len(paths)


def test_both_readers_agree_on_the_midi_of_music21(music21_corpus):
    paths = [path for path in music21_corpus.rglob("*.mid*") if path.read_bytes()[:4] == b"MThd"]
    if not paths:
        pytest.skip("this music21 has no MIDI in its corpus")
    compare_readers(paths)


def test_real_files_come_back_equal(shared):
    for path in midi_files(shared / "corpus", 60):
        (piece,) = midi.decode(path.read_bytes(), DecodeOptions())
        encoded = midi.encode(piece)
        (again,) = midi.decode(encoded.data, DecodeOptions())
        assert {notice.code for notice in encoded.warnings} <= {"nested-notes"}, path.name
        assert again == piece or encoded.warnings, path.name


def adversarial_rows(shared: Path) -> list[dict[str, str]]:
    manifest = shared / "adversarial" / "manifest.csv"
    if not manifest.is_file():
        pytest.skip("the adversarial kit is not here")
    with manifest.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["file"].startswith(("midi/", "lies/"))]


def test_every_bad_or_odd_file_of_the_kit_does_what_its_manifest_asks(shared):
    refused: set[str] = set()
    for row in adversarial_rows(shared):
        data = (shared / "adversarial" / row["file"]).read_bytes()
        truth = dict(item.split("=", 1) for item in row["truth"].split(";") if "=" in item)
        try:
            (piece,) = midi.decode(data, DecodeOptions())
        except BadInput:
            refused.add(row["expect"])
            continue
        check_piece(piece)
        assert row["expect"] not in ("error", "refuse"), row["file"]
        assert piece.warnings or row["expect"] != "warn", row["file"]
        assert int(truth.get("notes_min", 0)) <= len(piece) <= int(truth.get("notes_max", 10**9)), row["file"]
        assert len(piece) == int(truth.get("notes", len(piece))), row["file"]
        assert len(piece.tracks) == int(truth.get("parts", len(piece.tracks))), row["file"]
        assert piece.pickup_tick == int(truth.get("pickup", 0)) * piece.ticks_per_quarter, row["file"]
        if "bars" in truth:
            assert len(bars(piece)) == int(truth["bars"]), row["file"]
        if "tempo" in truth:
            assert piece.tempos[0].quarters_per_minute == float(truth["tempo"]), row["file"]
    assert not refused & {"load", "warn"}
