"""fewnotes corpus: what a person sees."""

from __future__ import annotations

import json

import pytest

from fewnotes.errors import BadInput, BadParameter
from fewnotes.faces.cli import main
from fewnotes.meta.pack import read_pack
from fewnotes.uses.corpus import Corpus


def test_music_is_added_listed_shown_checked_and_packed(composers, no_collections, tmp_path):
    added = Corpus(action="add", target=str(composers)).run()
    assert added.facts == {"name": "composers", "pieces": 4, "unreadable": 1}
    assert added.exit_status == 4
    listed = Corpus().run()
    assert [(r[0], r[2], r[3]) for r in listed.rows] == [("bartok", 2, "own"), ("satie", 3, "own")]
    shown = Corpus(action="show", target="satie").run()
    assert (len(shown.rows), shown.facts["unreadable"]) == (2, 1)
    checked = Corpus(action="check").run()
    assert [(r[0], r[1]) for r in checked.rows] == [("unreadable", "composers/satie/broken.mid")]
    packed = Corpus(action="pack", target=str(tmp_path / "p.safetensors")).run()
    assert packed.facts["pieces"] == len(read_pack(tmp_path / "p.safetensors")) == 4
    assert any("broken.mid" in w for w in packed.words)
    assert Corpus(action="licences").run().rows == []


def test_a_name_that_is_missing_or_unknown_is_told(composers, no_collections):
    with pytest.raises(BadInput, match="no corpus here"):
        Corpus().run()
    with pytest.raises(BadParameter, match="needs a name"):
        Corpus(action="show").run()
    Corpus(action="add", target=str(composers)).run()
    with pytest.raises(BadParameter, match="no style 'jazz'"):
        Corpus(action="show", target="jazz").run()
    with pytest.raises(BadParameter, match="no music from 'shelf'"):
        Corpus(source="shelf").run()


def test_the_command_line_knows_it(composers, no_collections, capsys):
    assert main(["corpus", "add", str(composers), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["result"]["facts"]["pieces"] == 4
    assert main(["corpus", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["result"]["rows"]
    assert {r["style"] for r in rows} == {"bartok", "satie"}
