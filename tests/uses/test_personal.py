"""One person: what is said is kept, learned from, taken along, and moves what is ranked, unless it is switched off."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import fake_relation
import pytest
from test_recommend import jig, march

import fewnotes as fn
from fewnotes.engines.relation import taste
from fewnotes.errors import BadInput, BadParameter, NotInstalled, StyleNotFound
from fewnotes.faces.cli import main
from fewnotes.files import write
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.store.tastes import Opinion, Tastes
from fewnotes.style import Style
from fewnotes.uses.compose import Compose
from fewnotes.uses.personal import Personal


@pytest.fixture
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def deaf(monkeypatch):
    """No network is installed: the named features are all there is."""

    def missing(*_):
        raise NotInstalled("The relation network needs torch")

    monkeypatch.setattr(fake_relation.relation, "judge", missing)


def speak(liked=6, disliked=6):
    fn.like([march(n) for n in range(liked)])
    fn.dislike([jig(n) for n in range(disliked)])


def test_what_is_like_the_liked_is_liked_and_each_guess_says_how_sure_and_why(deaf):
    before = fn.preference(march(50))
    assert (before.chance, before.because) == (0.5, ())
    speak()
    new, other = fn.preference(march(50)), fn.preference(jig(50))
    assert new.chance > 0.7 > 0.3 > other.chance
    assert new.low < new.chance < new.high
    assert new.high - new.low < before.high - before.low
    assert new.because
    assert all("you like" in str(b) and "usual:" in str(b) for b in new.because)
    json.dumps(new.to_dict(), allow_nan=False)


def test_with_the_network_the_embedding_counts_too_and_is_made_once(judge):
    speak(3, 3)
    assert fn.preference(march(50)).chance > fn.preference(jig(50)).chance
    listened = len(judge.embedded)
    fn.preference(march(51))
    assert len(judge.embedded) == listened + 1


def test_the_last_word_counts_and_nothing_without_notes_is_taken(deaf):
    said = fn.like(march(1))
    assert (said.likes, said.dislikes, said.turned) == (1, 0, 0)
    said = fn.dislike([march(1), march(2)])
    assert (said.likes, said.dislikes, said.turned) == (0, 2, 1)
    with pytest.raises(BadInput):
        fn.like(Piece(480, (Track(),), note_array([])))
    with pytest.raises(StyleNotFound):
        fn.like(march(3), style="nosuch")
    with pytest.raises(BadParameter, match=r"march\.mid"):
        fn.like("march.mid")


def test_drafts_count_against_what_is_usual_in_their_style(deaf):
    fn.save_style(Style("marches", tuple(march(n) for n in range(4))))
    ours = replace(march(9), title="Sketch 2 in the style of marches")
    assert [o.style for o in fn.like(ours).opinions] == ["marches"]
    assert [o.style for o in fn.like(march(10), style="marches").opinions] == ["marches"]
    assert [o.style for o in fn.like(replace(march(11), title="Idea 1 in the style of none")).opinions] == [""]
    liked, disliked = taste.said_of("marches")
    assert [p.content_hash for p in liked] == [march(9).content_hash, march(10).content_hash]
    assert disliked == []
    with Tastes() as tastes:
        taste.mine()
        heard = tastes.heard(taste.checkpoint())
    assert len(heard[march(9).content_hash].usual_features) > 0
    assert len(heard[march(11).content_hash].usual_features) == 0


def test_rank_joins_the_judge_and_the_person_and_can_be_switched_off(deaf):
    speak()
    person = taste.mine()
    drafts = [jig(60), march(60), jig(61), march(61)]
    assert set(taste.rank(drafts, [0.5] * 4, person)[:2]) == {1, 3}
    assert taste.rank(drafts, [0.5, 0.4, 0.3, 0.2], person, weight=0.0) == [0, 1, 2, 3]
    assert set(taste.rank(drafts, [0.9, 1e-9, 0.8, 1e-9], person)[:2]) == {0, 2}  # the judge is not overruled
    assert taste.rank([], [], person) == []


def test_a_library_is_ranked_by_taste_and_tells_so(judge, tmp_path):
    for n in range(6):
        write(replace(march(n + 20), title=f"m{n}"), tmp_path / "music" / f"march{n}.mid")
        write(replace(jig(n + 20), title=f"j{n}"), tmp_path / "music" / f"jig{n}.mid")
    mixed = Style("mixed", (march(90), jig(90), march(91), jig(91)))
    speak()
    found = fn.recommend(mixed, tmp_path / "music", n=12, diversity=0.0)
    assert all(p.title.startswith("m") for p in found.pieces[:4])
    assert all(p.preference is not None and "you like" in " ".join(p.why) for p in found.pieces[:4])
    assert any("--taste 0" in sentence for sentence in found.words)
    without = fn.recommend(mixed, tmp_path / "music", n=12, diversity=0.0, taste=0.0)
    assert all(p.preference is None for p in without.pieces)
    assert [p.path for p in without.pieces] != [p.path for p in found.pieces]


def test_with_nothing_else_said_a_taste_leads_alone(judge, tmp_path):
    for n in range(3):
        write(march(n + 20), tmp_path / "music" / f"march{n}.mid")
        write(jig(n + 20), tmp_path / "music" / f"jig{n}.mid")
    with pytest.raises(BadInput, match="what the music should be like"):
        fn.recommend(music=tmp_path / "music")
    speak(3, 3)
    found = fn.recommend(music=tmp_path / "music", n=3, diversity=0.0)
    assert all("march" in p.path for p in found.pieces)
    assert found.pieces[0].nearest.startswith("March")
    asked = fn.recommend(music=tmp_path / "music", like=[jig(70)], n=3, diversity=0.0)
    assert {p.nearest for p in asked.pieces} == {"Jig 70"}  # what this list is to be like is not diluted
    with pytest.raises(BadInput):
        fn.recommend(music=tmp_path / "music", taste=0.0)


def test_composed_pieces_are_ranked_by_taste_too(deaf, handful):
    style = fn.learn(handful, name="handful", engine="markov")
    new = Compose(style=style, bars=4, candidates=4)
    before = new.run()
    assert all(d.preference is None for d in before.drafts)
    speak()
    liked, unmoved = replace(new, taste=5.0).run(), replace(new, taste=0.0).run()
    assert unmoved.pieces == before.pieces
    assert set(liked.pieces) == set(before.pieces)
    verdicts = ["original", "close", "copied"]
    worth = [
        (
            verdicts.index(d.check.verdict),
            abs(d.bits - liked.usual_bits) - 5 * math.log(d.preference / (1 - d.preference)),
        )
        for d in liked.drafts
    ]
    assert worth == sorted(worth)
    assert "liked" in liked.to_table().columns
    json.dumps(liked.to_dict(), allow_nan=False)


def test_likes_travel_in_a_file_and_come_back_note_for_note(deaf, tmp_path, monkeypatch):
    speak(2, 1)
    with Tastes() as tastes:
        wanted = tastes.opinions()
    Personal(action="export", file=str(tmp_path / "mine.json")).run()
    monkeypatch.setenv("FEWNOTES_HOME", str(tmp_path / "another-home"))
    assert "3 of 3" in Personal(action="import", file=str(tmp_path / "mine.json")).run().title
    assert "0 of 3" in Personal(action="import", file=str(tmp_path / "mine.json")).run().title
    with Tastes() as tastes:
        assert tastes.opinions() == wanted
        tastes.say([Opinion(march(0), False, time="2999-01-01")])
        assert "0 of 3" in Personal(action="import", file=str(tmp_path / "mine.json")).run().title
        assert [o.liked for o in tastes.opinions() if o.content == march(0).content_hash] == [False]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": "fewnotes-tastes", "version": 9}',
                                  '{"form": "fewnotes-tastes", "version": 1, "opinions": [{"liked": 1}]}'])  # fmt: skip
def test_what_was_not_exported_by_us_is_refused_and_leaves_nothing(deaf, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadInput):
        Personal(action="import", file=str(tmp_path / "x.json")).run()
    with pytest.raises(BadParameter):
        Personal(action="export").run()
    with Tastes() as tastes:
        assert len(tastes) == 0


def test_on_the_command_line(deaf, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for n in range(4):
        write(march(n), tmp_path / f"march{n}.mid")
        write(jig(n), tmp_path / f"jig{n}.mid")
    assert main(["like", "march0.mid", "march1.mid", "march2.mid"]) == 0
    assert main(["dislike", "jig0.mid", "jig1.mid", "jig2.mid"]) == 0
    assert main(["personal"]) == 0
    assert "You lean to" in capsys.readouterr().out
    assert main(["preference", "march3.mid", "jig3.mid", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["result"]["pieces"]
    assert first["preference"] > second["preference"]
    assert main(["personal", "export"]) == 2
