"""Forgetting: after it, the bytes of the store hold neither the hash of a piece nor its notes, and that is checked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import fake_relation
import pytest
from test_recommend import jig, march

import fewnotes as fn
from fewnotes.errors import BadParameter, StyleNotFound
from fewnotes.faces.cli import main
from fewnotes.files import read, write
from fewnotes.music.edit import transpose
from fewnotes.store import list_styles
from fewnotes.store.folders import home_folder
from fewnotes.store.library import Feedback, Library, library_names
from fewnotes.store.tastes import Tastes
from fewnotes.style import Style
from fewnotes.uses._listening.facts import same_notes
from fewnotes.uses._listening.indexing import update


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def music(tmp_path):
    for n in range(4):
        write(jig(n), tmp_path / "music" / f"jig{n}.mid")
    write(transpose(jig(0), 3), tmp_path / "music" / "again.mid")
    return tmp_path / "music"


def bytes_of_store():
    return b"".join(p.read_bytes() for p in sorted(home_folder().rglob("*")) if p.is_file())


def traces(path):
    """Everything a piece could be known by, looked for with nothing but `in`."""
    piece, data = read(path), bytes_of_store()
    hashes = [piece.content_hash, same_notes(piece), hashlib.sha256(path.read_bytes()).hexdigest()]
    marks = [form for h in hashes for form in (h.encode(), h.upper().encode(), bytes.fromhex(h), h[:32].encode())]
    marks += [piece.notes.tobytes(), piece.notes["pitch"].tobytes(), str(path).encode()]
    return [mark for mark in marks if mark in data]


def everywhere(music):
    """jig0 is liked, in a library with an edition in another key, liked for a list there, and learned into a style."""
    path = music / "jig0.mid"
    fn.like(read(path))
    fn.dislike(read(music / "jig1.mid"))
    with Library("mine") as library:
        update(library, [music])
        library.remember("jigs", [Feedback(read(path).content_hash, True, "x")], "2026-01-01")
    fn.save_style(Style("jigs", (read(path), read(music / "jig1.mid"))))
    fn.save_style(Style("marches", (march(1), march(2))))
    return path


def test_a_piece_is_gone_from_every_byte_of_the_store_and_all_else_is_there(music):
    path = everywhere(music)
    assert len(traces(path)) > 5
    found = fn.forget(str(path), styles=True)
    assert found.is_gone
    assert traces(path) == []
    assert traces(music / "again.mid") == []  # the same notes in another key
    assert len(traces(music / "jig1.mid")) > 2
    assert {e.name for e in list_styles()} == {"marches"}
    with Library("mine") as library:
        assert sorted(Path(p).name for p in library.files()) == ["jig1.mid", "jig2.mid", "jig3.mid"]
        assert len(library.index("fake-1")) == 3
        assert library.remembered("jigs") == []
    assert path.exists()
    said = " ".join(what for what, _ in found.removed)
    assert "likes and dislikes" in said
    assert "library mine" in said
    assert "style" in said
    json.dumps(found.to_dict())


def test_styles_that_hold_it_stay_unless_asked_and_are_named(music):
    path = everywhere(music)
    found = fn.forget(str(path))
    assert not found.is_gone
    assert found.kept == ("jigs@1",)
    assert found.to_table().exit_status == 1
    assert {t.path.suffix for t in found.looked.traces} == {".style"}
    assert {e.name for e in list_styles()} == {"jigs", "marches"}


def test_the_look_finds_what_somebody_put_there_in_whatever_spelling(music):
    path = music / "jig2.mid"
    digest = read(path).content_hash
    for number, left in enumerate((digest.encode(), digest.upper().encode(), bytes.fromhex(digest)[:16],
                                   read(path).notes.tobytes())):  # fmt: skip
        stray = home_folder() / "styles" / f"stray{number}"
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"\x00" * (4 * 2**20 - 9) + left)  # across the border of two blocks
        assert [t.path for t in fn.forget(str(path)).looked.traces] == [stray]
        stray.unlink()


def test_caches_that_hold_it_are_deleted(music):
    cached = home_folder() / "cache" / "embeddings" / "x.safetensors"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(bytes.fromhex(read(music / "jig0.mid").content_hash[:32]))
    assert fn.forget(str(music / "jig0.mid")).is_gone
    assert not cached.exists()


def test_a_style_leaves_with_its_name_at_likes_and_in_libraries(music):
    everywhere(music)
    fn.like(read(music / "jig3.mid"), style="jigs")
    digest = next(e.facts.digest for e in list_styles() if e.name == "jigs")
    found = fn.forget("jigs")
    assert found.is_gone
    assert digest.encode() not in bytes_of_store()
    with Tastes() as tastes:
        assert {o.style for o in tastes.opinions()} == {""}
    with Library("mine") as library:
        assert library.remembered("jigs") == []
        assert len(library.index("fake-1")) == 5  # the music is no part of the style


def test_a_piece_whose_file_is_gone_is_forgotten_by_its_hash(music):
    path = everywhere(music)
    content = read(path).content_hash
    assert fn.forget(content[:12], styles=True).is_gone
    assert traces(path) == []
    with pytest.raises(BadParameter, match="no piece whose hash"):
        fn.forget("0123456789abcdef")


def test_it_works_while_others_have_the_store_open_and_is_true_for_them_too(music):
    path = everywhere(music)
    with Library("mine") as library, Tastes() as tastes:
        assert len(library.index("fake-1")) == 5
        assert fn.forget(str(path), styles=True).is_gone
        assert traces(path) == []
        assert len(library.index("fake-1")) == 3
        assert [o.content for o in tastes.opinions()] == [jig(1).content_hash]


def test_all_is_all(music):
    everywhere(music)
    assert not fn.forget(all=True).is_gone  # styles stay, and say so
    assert library_names() == []
    assert fn.forget(all=True, styles=True).is_gone
    assert [p for p in home_folder().rglob("*") if p.is_file()] == []


def test_what_is_nothing_is_told_and_nothing_is_touched(music):
    everywhere(music)
    before = bytes_of_store()
    with pytest.raises(StyleNotFound, match="no file and no style"):
        fn.forget("nosuch")
    with pytest.raises(BadParameter):
        fn.forget()
    with pytest.raises(BadParameter):
        fn.forget("jigs", all=True)
    assert bytes_of_store() == before


def test_on_the_command_line_the_proof_is_in_words(music, monkeypatch, capsys):
    path = everywhere(music)
    monkeypatch.chdir(music)
    assert main(["forget", path.name]) == 1
    assert "jigs@1" in capsys.readouterr().out
    assert main(["forget", path.name, "--styles"]) == 0
    assert "Zero traces left" in capsys.readouterr().out
