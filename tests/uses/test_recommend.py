"""Recommending: the near before the far, why, what is known left out, what was said remembered."""

from __future__ import annotations

import json
import random
from pathlib import Path

import fake_relation
import numpy as np
import pytest

import fewnotes as fn
from fewnotes.errors import BadInput, BadParameter, NotInstalled
from fewnotes.faces.cli import main
from fewnotes.files import write
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.store.library import Index, library_names
from fewnotes.style import Style
from fewnotes.uses.recommend import Recommend
from fewnotes.uses.recommend.ranking import choose

SCALE = [57 + 12 * octave + step for octave in range(2) for step in (0, 2, 4, 5, 7, 9, 11)]


def jig(seed, program=40):
    """Eight bars of running eighths in 6/8 that move by step."""
    draw, place, rows = random.Random(seed), 6, []
    for i in range(48):
        place = min(13, max(0, place + draw.choice((-1, 1))))
        rows.append((240 * i, 240, 0, SCALE[place], 80, 0, 0))
    return Piece(480, (Track("Fiddle", program),), note_array(rows), (Meter(0, 6, 8),), title=f"Jig {seed}")


def march(seed):
    """Twelve bars of chords in quarters and halves in 4/4, with leaps below."""
    draw, rows, at = random.Random(seed), [], 0
    for _ in range(12):
        for length in draw.choice(((480, 480, 960), (960, 480, 480))):
            root = draw.choice((48, 53, 55, 60))
            rows += [(at, length, 0, root + step, 80, 0, 0) for step in (0, 4, 7, 12)]
            at += length
    return Piece(480, (Track("Piano", 0),), note_array(rows), (Meter(0, 4, 4),), title=f"March {seed}")


@pytest.fixture
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def music(tmp_path):
    """Six jigs, one of them on the flute, and six marches."""
    folder = tmp_path / "music"
    for n in range(6):
        write(jig(n, 73 if n == 5 else 40), folder / f"jig{n}.mid")
        write(march(n), folder / f"march{n}.mid")
    return folder


@pytest.fixture
def jigs():
    return Style("jigs", tuple(jig(n) for n in (100, 101, 102, 103)))


def stems(found):
    return [p.path.rpartition("/")[2].removesuffix(".mid") for p in found.pieces]


def test_the_pieces_of_the_style_come_first_and_each_says_why(judge, music, jigs):
    found = fn.recommend(jigs, music, n=12, diversity=0.0)
    assert {s.rstrip("0123456789") for s in stems(found)[:6]} == {"jig"}
    assert [p.relation for p in found.pieces] == sorted((p.relation for p in found.pieces), reverse=True)
    assert [p.in_style for p in found.pieces] == [True] * 6 + [False] * 6
    assert not found.none
    best = found.pieces[0]
    assert best.nearest in {f"piece {n} of jigs" for n in (1, 2, 3, 4)}
    assert 1 <= len(best.because) <= 3
    assert all(b.weight > 0 for b in best.because)
    assert len({b.feature for b in best.because}) == len(best.because)
    json.dumps(found.to_dict(), allow_nan=False)
    assert all(len(row) == 4 for row in found.to_table().rows)


def test_without_a_style_liked_and_disliked_pieces_lead(judge, music):
    by_likes = fn.recommend(music=music, like=[march(50), march(51)], n=3)
    assert all(s.startswith("march") for s in stems(by_likes))
    turned = fn.recommend(music=music, like=[march(50), jig(51)], dislike=[march(52), march(53), march(54)], n=3)
    assert all(s.startswith("jig") for s in stems(turned))
    with pytest.raises(BadInput, match="not said what"):
        fn.recommend(music=music)
    with pytest.raises(BadParameter, match="both liked and disliked"):
        fn.recommend(music=music, like=[jig(1)], dislike=[jig(1)])


def test_what_one_likes_already_is_not_recommended_in_whatever_key(judge, music, jigs):
    known = Style("known", (transpose(jig(2), 5), *jigs.support))
    found = fn.recommend(known, music, n=12)
    assert "jig2" not in stems(found)
    assert (found.known, len(found.pieces)) == (1, 11)
    assert any("1 with the notes" in sentence for sentence in found.words)


def test_two_files_with_the_same_notes_in_two_keys_are_one_recommendation(judge, music, jigs):
    write(transpose(jig(0), 2), music / "again.mid")
    found = fn.recommend(jigs, music, n=20)
    assert len(found.pieces) == 12
    assert len({"jig0", "again"} & set(stems(found))) == 1


def test_feedback_moves_the_ranking_and_is_remembered_until_it_is_forgotten(judge, music, jigs):
    before = fn.recommend(jigs, music, n=12, diversity=0.0)
    said = fn.recommend(jigs, music, n=12, diversity=0.0, like=[march(70), march(71), march(72)], dislike=[jig(3)],
                        remember=True)  # fmt: skip
    assert stems(said)[0].startswith("march") or stems(said) != stems(before)
    listened = len(judge.embedded)
    later = fn.recommend(jigs, music, n=12, diversity=0.0)
    assert stems(later) == stems(said)
    assert "jig3" not in stems(later)
    assert (later.liking.remembered, len(judge.embedded)) == (4, listened)
    other = fn.recommend(Style("reels", jigs.support), music, n=12, diversity=0.0)
    assert stems(other) == stems(before)
    assert stems(fn.recommend(jigs, music, n=12, diversity=0.0, forget=True)) == stems(before)
    assert stems(fn.recommend(jigs, music, n=12, diversity=0.0)) == stems(before)


def test_likes_without_a_style_are_remembered_too(judge, music):
    fn.recommend(music=music, like=[march(50), march(51)], remember=True)
    assert all(s.startswith("march") for s in stems(fn.recommend(music=music, n=3)))


def test_filters_let_through_what_was_asked_for(judge, music, jigs):
    assert all(s.startswith("march") for s in stems(fn.recommend(jigs, music, meter="4/4")))
    assert stems(fn.recommend(jigs, music, instrument="winds")) == ["jig5"]
    assert all(s.startswith("march") for s in stems(fn.recommend(jigs, music, min_bars=10)))
    assert all(s.startswith("jig") for s in stems(fn.recommend(jigs, music, max_bars=9)))
    none = fn.recommend(jigs, music, meter="7/8")
    assert (none.pieces, none.words[0]) == ((), "No piece passes the filters.")
    with pytest.raises(BadParameter):
        fn.recommend(jigs, music, meter="seven")


def test_length_in_seconds_and_difficulty_are_filters_too(judge, music, jigs):
    everything = fn.recommend(jigs, music, n=12)
    seconds = {p.title: p.facts["seconds"] for p in everything.pieces}
    hard = {p.title: p.facts["difficulty"] for p in everything.pieces}
    for name, values in (("seconds", seconds), ("difficulty", hard)):
        middle = float(np.median(list(values.values())))
        short = fn.recommend(jigs, music, n=12, **{f"max_{name}": middle})
        long = fn.recommend(jigs, music, n=12, **{f"min_{name}": middle})
        assert {p.title for p in short.pieces} == {t for t, v in values.items() if v <= middle}
        assert {p.title for p in long.pieces} == {t for t, v in values.items() if v >= middle}
    with pytest.raises(BadParameter):
        fn.recommend(jigs, music, min_difficulty=11.0)


def test_every_reason_is_said_in_words_with_numbers(judge, music, jigs):
    best = fn.recommend(jigs, music, n=1).pieces[0]
    near, *features = best.why
    assert near == f"nearest to {best.nearest} (likeness {best.likeness:.2f})"
    assert features
    assert all("(liked: " in line for line in features)


@pytest.mark.parametrize("paths", ["relative", "absolute"])
def test_a_list_becomes_a_playlist_whose_paths_lead_to_the_files(judge, music, jigs, tmp_path, paths):
    write(jig(7), music / "#odd näme.mid")
    (tmp_path / "lists").mkdir()
    target = tmp_path / "lists" / "like-jigs.m3u8"
    found = fn.recommend(jigs, music, n=13, playlist=str(target), paths=paths)
    head, *lines = target.read_text(encoding="utf-8").splitlines()
    assert head == "#EXTM3U"
    files = [line for line in lines if not line.startswith("#")]
    assert [(target.parent / f).resolve() for f in files] == [music / Path(p.file).name for p in found.pieces]
    assert all(Path(f).is_absolute() == (paths == "absolute") for f in files)
    assert lines[0].startswith(f"#EXTINF:{round(found.pieces[0].facts['seconds'])},")
    as_json = tmp_path / "list.json"
    fn.recommend(jigs, music, n=2, playlist=str(as_json), paths=paths)
    entries = json.loads(as_json.read_text())["playlist"]
    assert [(tmp_path / e["path"]).is_file() for e in entries] == [True, True]
    with pytest.raises(BadParameter, match="playlist"):
        fn.recommend(jigs, music, playlist=str(tmp_path / "list.txt"))


def test_a_list_of_strangers_says_that_none_belongs(judge, music, jigs):
    found = fn.recommend(jigs, music, meter="4/4")
    assert found.none
    assert found.to_dict()["none_of_these"] is True
    assert found.words[0].startswith("None of these belongs to jigs")


def made_index(vectors):
    count = len(vectors)
    names = tuple(str(i) for i in range(count))
    zeros = np.zeros(count, np.int64)
    return Index(names, (1,) * count, names, names, ("4/4",) * count, zeros, zeros, vectors, vectors)


def test_the_dial_spreads_the_list_and_keeps_the_best_first():
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(5, 8)), 10, axis=0)
    vectors = (centres + 0.05 * rng.normal(size=centres.shape)).astype(np.float32)
    relation = np.repeat([0.9, 0.8, 0.7, 0.6, 0.5], 10) + 0.001 * rng.random(50)
    kinds = []
    for diversity in (0.0, 0.5, 1.0):
        chosen = choose(made_index(vectors), relation, np.ones(50, bool), 5, diversity)
        assert chosen[0] == int(np.argmax(relation))
        assert len(set(chosen)) == 5
        kinds.append(len({i // 10 for i in chosen}))
    assert kinds[0] == 1
    assert kinds[0] < kinds[1] <= kinds[2] == 5
    assert choose(made_index(vectors), relation, np.zeros(50, bool), 5, 0.5) == []


def test_unreadable_files_are_named_and_the_rest_is_recommended(judge, music, jigs):
    (music / "broken.mid").write_bytes(b"MThd, but no more than that")
    found = fn.recommend(jigs, music)
    assert [p.rpartition("/")[2] for p, _ in found.unreadable] == ["broken.mid"]
    assert any("broken.mid" in sentence for sentence in found.words)
    assert found.to_table().exit_status == 4


def test_the_library_is_found_by_its_folder_by_its_name_and_not_guessed(judge, music, jigs):
    first = fn.recommend(jigs, music)
    listened = len(judge.embedded)
    assert fn.recommend(jigs, music).library == first.library
    assert stems(fn.recommend(jigs, first.library)) == stems(fn.recommend(jigs, library=first.library)) == stems(first)
    named = fn.recommend(jigs, [music / "jig0.mid", music / "jig1.mid"], library="two")
    assert (named.library, sorted(stems(named))) == ("two", ["jig0", "jig1"])
    assert len(judge.embedded) == listened + 2 + 4  # another library knows nothing of the style yet
    with pytest.raises(BadParameter, match="which music"):
        fn.recommend(jigs)
    with pytest.raises(BadParameter, match="no library called"):
        fn.recommend(jigs, library="nosuch")
    with pytest.raises(BadInput, match="nowhere"):
        fn.recommend(jigs, "nowhere")


def test_what_is_asked_wrongly_leaves_no_empty_library(judge, music, jigs, tmp_path):
    with pytest.raises(BadInput, match="what the music should be like"):
        fn.recommend(str(music))
    with pytest.raises(BadInput, match="There is no"):
        fn.recommend(jigs, tmp_path / "nothing")
    assert library_names() == []


def test_without_the_relation_network_it_says_what_to_install(monkeypatch, music, jigs):
    def missing(*_):
        raise NotInstalled("The relation network needs torch", fix="pip install torch")

    fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))
    monkeypatch.setattr(fake_relation.relation, "judge", missing)
    with pytest.raises(NotInstalled):
        fn.recommend(jigs, music)


def test_a_query_after_the_first_listens_to_nothing(judge, music, jigs):
    Recommend(style=jigs, music=str(music)).run()
    count = len(judge.embedded)
    part = fake_relation.learn_vectors(judge.embed(jigs.support), np.zeros((0, 47)))
    judge.embedded.clear()
    assert count == 12 + 4  # the files, and the pieces of the style
    Recommend(style=Style("jigs", jigs.support, {"relation": part}), music=str(music), update=False).run()
    assert judge.embedded == []


def test_on_the_command_line_a_style_or_a_liked_file_leads(judge, music, jigs, monkeypatch, capsys):
    monkeypatch.chdir(music.parent)
    fn.save_style(jigs)
    assert main(["recommend", "jigs", "music", "--n", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["result"]
    assert [p["path"].startswith("music/jig") for p in found["pieces"]] == [True] * 3
    assert main(["recommend", "music"]) == 5
    assert "--like FILE" in capsys.readouterr().err
    assert main(["recommend", "music", "--like", "music/march1.mid", "--n", "3", "--remember"]) == 0
    assert "music/march" in capsys.readouterr().out
    assert main(["recommend", "music", "-n", "3"]) == 0
    assert main(["recognize", "music/jig1.mid"]) == 0
    assert main(["library"]) == 0
    assert main(["atlas", "music", "-o", "map.html"]) == 2


def test_on_real_music_a_chorale_leads_to_chorales(judge, music21_corpus, tmp_path):
    paths = sorted((music21_corpus / "bach").glob("bwv2*.mxl"))[:14]
    tunes = sorted((music21_corpus / "ryansMammoth").glob("*.abc"))[:14]
    found = fn.recommend(music=[*paths[4:], *tunes], like=fn.read_all(paths[:4]), n=8, diversity=0.0)
    assert sum(p.path.endswith(".mxl") for p in found.pieces) >= 7
