"""Styles go to one split each, whole; the pack loads back alone; the attribution names who must be named."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from made_tunes import made_tune

from fewnotes.errors import BadInput, TooLarge
from fewnotes.meta import pack, split
from fewnotes.meta.corpus import Corpus, load, table
from fewnotes.meta.licences import attributions
from fewnotes.meta.pack import read_pack, write_pack
from fewnotes.meta.preprocess import grid_notes
from fewnotes.meta.rows import Entry, Row
from fewnotes.meta.sources import collections, labelled
from fewnotes.testing import tiny_pieces


def row(key: str, **facts: str) -> Row:
    return Row(key=key, source="shared", path=None, **{"style": "s", **facts})  # type: ignore[arg-type]


def test_the_committed_split_names_no_style_twice_and_says_near_or_far_of_all_of_meta_test():
    decided = split.committed()
    validation, test = decided["meta_validation"], decided["meta_test_collections"]
    assert len(set(validation)) == len(validation) >= 14
    assert len(set(test)) == len(test) >= 12
    assert {c.style for c in collections.COLLECTIONS} >= set(test)
    assert set(test) <= set(decided["reach"])
    assert len(decided["reach"]) == len(test) + 13
    assert {split.reach_of(s) for s in decided["reach"]} == {"near", "far"}
    for facts in decided["reach"].values():
        assert (facts["distance"] > decided["far_beyond"]) == (facts["reach"] == "far")


def test_styles_fall_to_their_splits():
    assert split.split_of(row("a", style="guitar_sor", given_split="validation")) == split.TEST
    assert split.split_of(row("a", style="leadsheet_pop", given_split="train")) == split.VALIDATION
    assert split.split_of(row("a", style="cre_jig", given_split="train")) == split.TRAIN
    of_music21 = [Row("k", s, collections.NAME, None) for s in ("m21_bach_chorale", "m21_ryan_reel")]  # type: ignore[arg-type]
    assert [split.split_of(r) for r in of_music21] == [split.TEST, split.RESERVE]
    assert split.split_of(Row("k", "cre_jig", "mine", None)) == split.OWN  # type: ignore[arg-type]


def test_a_near_duplicate_leaves_the_training_side_and_is_reported():
    tunes = [made_tune(seed) for seed in range(5)]
    rows = [row(f"shared/{i}", style="cre_jig", given_split="train") for i in range(4)]
    rows.append(row("shared/held", style="nottingham_morris", given_split="validation"))
    corpus = Corpus(tuple(Entry(r, p) for r, p in zip(rows, [*tunes[:4], tunes[2]], strict=True)))
    found = split.duplicates_across(corpus)
    assert found["removed"] == ["shared/2"]
    assert found["removed_from"] == {split.TRAIN: 1}
    assert found["examples"] == [["shared/2", "shared/held", 1.0]]


@pytest.mark.usefixtures("shared")
def test_every_style_is_in_one_split_and_whole_families_are_held_for_validation():
    rows = table("shared")
    splits = defaultdict(set)
    families = defaultdict(set)
    for r in rows:
        splits[r.style].add(split.split_of(r))
        families[r.family].add(split.split_of(r))
    assert all(len(s) == 1 for s in splits.values())
    assert sum(s == {split.TEST} for s in splits.values()) == 13
    assert sum(s == {split.VALIDATION} for s in splits.values()) == 15
    assert sum(s == {split.VALIDATION} for s in families.values()) >= 3
    keys = {r.key: r for r in rows}
    assert split.removed_keys() <= set(keys)
    assert not [k for k in split.removed_keys() if split.split_of(keys[k]) == split.TEST]


@pytest.mark.slow
@pytest.mark.usefixtures("shared", "music21_corpus")
def test_the_committed_near_duplicates_are_those_that_are_found():
    corpus = load(table())
    found = split.duplicates_across(corpus)
    assert set(found["removed"]) == set(split.removed_keys())
    assert corpus.unreadable == ()


def test_a_pack_loads_back_note_for_note(tmp_path):
    pieces = [*tiny_pieces(), made_tune(1, 40)]
    entries = [Entry(row(f"shared/{i}", title=p.title), p) for i, p in enumerate(pieces)]
    size = write_pack(tmp_path / "a.safetensors", entries, [split.TRAIN] * len(entries))
    assert size == (tmp_path / "a.safetensors").stat().st_size
    back = read_pack(tmp_path / "a.safetensors")
    assert len(back) == len(pieces)
    for i, piece in enumerate(pieces):
        grid = grid_notes(piece)
        assert (back.grid(i) == grid.notes).all()
        again = back.piece(i)
        assert (again.meters, again.title, len(again.tracks)) == (grid.meters, piece.title, len(piece.tracks))
        assert again.pickup_tick * 40 == piece.pickup_tick
        assert back.table[i]["row"]["split"] == split.TRAIN


def test_very_long_notes_and_rests_survive_the_pack(tmp_path):
    piece = made_tune(3, 2)
    notes = piece.notes.copy()
    notes["onset_tick"][3:] += 480 * 100
    notes["duration_tick"][5] = 480 * 60
    entry = Entry(row("shared/long"), type(piece)(480, piece.tracks, notes))
    write_pack(tmp_path / "a.safetensors", [entry], [""])
    back = read_pack(tmp_path / "a.safetensors").grid(0)
    assert int(back["duration_step"].max()) == 720
    assert int(np.diff(back["onset_step"]).max()) > 1200


def test_a_pack_that_is_too_large_or_damaged_is_told_so(tmp_path, monkeypatch):
    entries = [Entry(row("shared/1"), made_tune(1))]
    path = tmp_path / "a.safetensors"
    write_pack(path, entries, [""])
    data = path.read_bytes()
    for broken in (b"", data[:200], data[:-5], b"\0" * len(data)):
        path.write_bytes(broken)
        with pytest.raises(BadInput, match="no corpus pack"):
            read_pack(path)
    monkeypatch.setattr(pack, "MAX_BYTES", 100)
    with pytest.raises(TooLarge):
        write_pack(path, entries, [""])


def test_attribution_names_sources_and_encoders_of_what_may_ship_and_nothing_else():
    facts = {"given_split": "train", "licence": "CC-BY-4.0", "attribution": "The Mutopia Project; B. Coder"}
    rows = [
        row("1", **facts),
        row("2", **facts | {"attribution": "The Mutopia Project; A. Coder", "style": "t"}),
        row("3", **facts | {"licence": "GPL-2.0"}),
        row("4", **facts | {"given_split": "validation"}),
    ]
    (only,) = attributions(rows)
    assert only == ("The Mutopia Project", "CC-BY-4.0", 2, 2, ("A. Coder", "B. Coder"))


def test_an_added_corpus_is_nobodys_training_set(composers, no_collections):
    labelled.add(str(composers))
    corpus = load(table())
    assert {split.split_of(r) for r in corpus.rows} == {split.OWN}
    assert len(split.entries_of(corpus, split.OWN)) == 4
