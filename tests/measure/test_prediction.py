"""The prediction question: every row is a proper distribution over one alphabet, and only K changes."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewnotes.engines.markov.bits import head, tell
from fewnotes.errors import BadParameter
from fewnotes.measure import prediction
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors import _alphabet, _counts, find, names
from fewnotes.meta import split
from fewnotes.meta.rows import Entry, Row
from fewnotes.music.piece import KeySignature, Meter, Piece, Track, note_array
from fewnotes.testing import tiny_chorale, tiny_piece

ROWS = (*names(), "engine:markov")
SIZE = prediction.Size(draws=2, queries=1, background=4)


def tune(seed: int, steps: tuple[int, ...], notes: int = 40) -> Piece:
    """A tune in C major that walks by the given steps of the scale, on a grid of 12."""
    draw = random.Random(seed)
    scale = [48 + 12 * octave + step for octave in range(3) for step in (0, 2, 4, 5, 7, 9, 11)]
    rows, place, at = [], 10, 0
    for _ in range(notes):
        length = draw.choice((6, 6, 12))
        rows.append((at, length, 0, scale[place], 80, 0, 0))
        place = min(len(scale) - 1, max(0, place + draw.choice(steps)))
        at += length
    rows.append((at, 24, 0, 60, 80, 0, 0))
    return Piece(12, (Track(),), note_array(rows), (Meter(0, 4, 4),), keys=(KeySignature(0, 0, "major"),))


def made_bank() -> tuple[Bank, tuple[int, ...]]:
    """Two styles of meta-test, of 12 tunes each, and four tunes of meta-train."""
    entries = []
    for style, steps, given in (("walks", (-1, 1), "validation"), ("leaps", (-4, 3), "validation")):
        for number in range(12):
            row = Row(f"shared/{style}{number:02}", style, "shared", Path(style), given_split=given)
            entries.append(Entry(row, tune(number + 100 * len(style) * steps[1], steps)))
    for number in range(4):
        row = Row(f"shared/t{number}", "trains", "shared", Path("t"), given_split="train")
        entries.append(Entry(row, tune(1000 + number, (-2, -1, 1, 2))))
    return Bank(tuple(entries)), (24, 25, 26, 27)


@pytest.fixture(scope="module")
def setting() -> prediction.Setting:
    bank, background = made_bank()
    return prediction.Setting(bank, background, names(), SIZE)


@pytest.fixture(scope="module")
def report(setting):
    return prediction.measure(setting, workers=1)


def prepared(name: str):
    bank, background = made_bank()
    return find(name).prepare(bank, background, lambda *_: None)


@pytest.mark.parametrize("piece", [tiny_piece(), tiny_chorale(), tune(3, (-1, 2))], ids=["waltz", "chorale", "tune"])
def test_the_rows_that_count_read_the_symbols_of_the_markov_engine(piece):
    symbols = np.add(_alphabet.read(piece).symbols, [0, 1, 0])
    assert symbols.tolist() == [list(told.symbols) for told in tell(piece)]
    assert (symbols[:, 1] >= 1).all()


@pytest.mark.parametrize("name", [n for n in names() if n != "markov"])
@pytest.mark.parametrize("shot", [0, 2])
def test_each_step_of_a_counting_row_sums_to_one_over_its_alphabet(name, shot):
    row = prepared(name)
    support = tuple(tune(i, (-1, 1)) for i in range(shot))
    told = _alphabet.read(tune(5, (-1, 0, 2), notes=12))
    for place in (0, 9):
        for step, size in enumerate(_alphabet.SIZES):
            total = 0.0
            for symbol in range(size):
                changed = told.symbols.copy()
                changed[place, step] = symbol
                total += row.probabilities(support, told._replace(symbols=changed))[place, step]
            assert total == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("name", names())
def test_the_keys_that_a_note_may_have_sum_to_one(name):
    row, support = prepared(name), [tune(i, (-1, 1)) for i in range(2)]
    piece, place, total = tune(7, (-1, 1), notes=12), 6, 0.0
    for pitch in range(128):
        notes = piece.notes.copy()
        notes["pitch"][place] = pitch
        total += 2.0 ** -row.bits(support, replace(piece, notes=notes)).parts["pitch"][place]
    assert total == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", ROWS)
def test_what_follows_a_note_does_not_change_its_bits(name):
    row, support, piece = prepared(name), [tune(1, (-1, 1))], tune(7, (-1, 1))
    notes = piece.notes.copy()
    notes["pitch"][30:35] = 67
    changed = row.bits(support, replace(piece, notes=notes)).bits
    assert np.allclose(row.bits(support, piece).bits[:30], changed[:30])
    if name != "uniform":
        assert not np.allclose(row.bits(support, piece).bits[30:], changed[30:])


@pytest.mark.parametrize("name", ROWS)
def test_pitch_and_rhythm_add_up_and_asking_twice_gives_the_same(name):
    row, support, piece = prepared(name), [tune(1, (-1, 1))], tune(7, (-1, 1))
    before, _, after = row.bits([], piece), row.bits(support, piece), row.bits([], piece)
    assert np.array_equal(before.bits, after.bits)
    assert np.allclose(before.bits, before.parts["pitch"] + before.parts["rhythm"])


def test_the_same_queries_are_asked_about_at_every_shot():
    jobs = prediction._jobs(prediction.draws({"a": range(12), "b": range(12, 40)}, 10, queries=4, each=3))
    asked = {}
    for job in jobs:
        asked.setdefault(len(job.support), set()).update(job.query)
        assert not set(job.support) & set(job.query)
    assert asked[0] == asked[1] == asked[5] == asked[10]
    supports = [job.support for job in jobs if len(job.support) == 10]
    assert {job.support for job in jobs if len(job.support) == 5} == {s[:5] for s in supports}


def test_the_figure_at_no_pieces_is_the_same_whatever_is_read_later(setting, report):
    more = replace(setting, background=(), rows=("markov", "unigram"))
    again = prediction.measure(more, workers=1)
    for row in more.rows:
        assert again.get(row, "K=0") == report.get(row, "K=0")


def test_what_never_reads_the_support_set_gains_nothing_and_what_counts_it_gains(report):
    for name in ("uniform", "background"):
        assert report.get(name, "gain at 10").mean == 0.0
        assert report.get(name, "K=0") == report.get(name, "K=10")
    for name in ("unigram", "bigram", "markov", "adaptive", "background_and_support"):
        assert report.get(name, "gain at 10").mean > 0.05
    assert report.get("bigram", "K=10").mean < report.get("unigram", "K=10").mean < report.get("uniform", "K=10").mean


def test_gain_is_the_difference_of_the_bits_and_worst_is_most_bits_or_least_gain(report):
    for row in ("markov", "markov, pitch", "markov, rhythm"):
        difference = report.get(row, "K=0").mean - report.get(row, "K=5").mean
        assert report.get(row, "gain at 5").mean == pytest.approx(difference)
        assert report.get(row, "K=5").worst >= report.get(row, "K=5").mean
        assert report.get(row, "gain at 5").worst <= report.get(row, "gain at 5").mean
    assert report.get("uniform", "K=0").mean == pytest.approx(np.log2([193, 192, 128]).sum())


def test_two_processes_give_what_one_gives(setting, report):
    assert prediction.measure(setting, workers=2).to_dict() == report.to_dict()


def test_only_the_head_of_a_query_counts():
    bank, background = made_bank()
    long = tune(5, (-1, 1), notes=400)
    entries = (Entry(bank.entries[0].row, long), *bank.entries[1:])
    seen = []

    class Spy:
        def bits(self, support, query):
            seen.append(len(query.notes))
            return find("uniform").prepare(bank, background, lambda *_: None).bits(support, query)

    pieces = dict(enumerate(Bank(entries).pieces))
    prediction._answer(prediction.Job((), (0, 1)), [Spy()], pieces)
    assert seen == [len(head(long).notes), len(bank.pieces[1].notes)] == [150, 41]


def test_past_notes_are_counted_as_if_one_by_one():
    told = _alphabet.read(tune(9, (-1, 1)))
    alone = _counts.probabilities(told, _counts.Counts([], 4), own_past=True)
    for place in (1, 5, 20):
        past = _alphabet.Told(told.symbols[:place], told.tracks[:place])
        learned = _counts.probabilities(told, _counts.Counts([past], 4))
        assert alone[place] == pytest.approx(learned[place])


def test_meta_train_is_all_that_rows_are_shown(setting):
    for index in setting.background:
        assert setting.bank.splits[index] == split.TRAIN


def test_an_unknown_row_or_size_and_a_row_that_leaves_notes_out_are_told():
    with pytest.raises(BadParameter, match="no predictor 'horoscope'"):
        find("horoscope")
    with pytest.raises(BadParameter, match="no engine called 'horoscope'"):
        find("engine:horoscope")
    with pytest.raises(BadParameter, match="no size 'huge'"):
        prediction.run("huge")
    with pytest.raises(BadParameter, match="every note"):
        prediction._means(prepared("uniform").bits([], tiny_piece()), tiny_chorale())
