"""Where rows come from: books of tunes, folders of folders, CSVs, the music21 corpus, the shared corpus."""

from __future__ import annotations

from collections import Counter

import pytest

from fewnotes.errors import BadInput, BadParameter
from fewnotes.meta.corpus import load, table
from fewnotes.meta.rows import Row, by_style
from fewnotes.meta.sources import collections, labelled, shared
from fewnotes.meta.sources.books import tunes
from fewnotes.uses.corpus import Corpus

BOOK = """% a book
M:4/4
L:1/4

X:1
T:One
R:reel
K:C
CDEF|GABc|

X:2
T:Two
O:Ireland
K:G
GABc|dcBA|
"""


def test_a_book_is_cut_into_its_tunes_and_each_keeps_the_head_of_the_book(tmp_path):
    path = tmp_path / "book.abc"
    path.write_text(BOOK)
    one, two = tunes(path)
    assert (one.fields["T"], one.fields["R"], two.fields["O"], two.number) == ("One", "reel", "Ireland", 2)
    assert "L:1/4" in two.text
    assert "CDEF" not in two.text


def test_a_folder_of_folders_gives_one_style_a_folder(composers, no_collections):
    name, rows = labelled.add(str(composers))
    assert name == "composers"
    assert Counter(r.style for r in rows) == {"bartok": 2, "satie": 3}
    assert {r.key for r in table()} == {r.key for r in rows}


def test_a_csv_gives_styles_by_the_column_that_is_named(composers, no_collections):
    lines = ["midi_filename,year,canonical_composer", "bartok/0.mid,1910,Bartok", "satie/1.mid,1890,Satie"]
    sheet = composers / "list.csv"
    sheet.write_text("\n".join(lines))
    _, by_composer = labelled.add(str(sheet))
    assert [(r.style, r.path.name) for r in by_composer] == [("Bartok", "0.mid"), ("Satie", "1.mid")]
    _, by_year = labelled.add(str(sheet), "year")
    assert [r.style for r in by_year] == ["1910", "1890"]
    assert len(table()) == 2, "adding the same file again replaces it"


def test_a_csv_without_a_clear_label_names_its_columns(composers):
    sheet = composers / "list.csv"
    sheet.write_text("file,year\nbartok/0.mid,1910\n")
    with pytest.raises(BadParameter, match="file, year"):
        labelled.add(str(sheet))
    with pytest.raises(BadParameter, match="no column 'epoch'"):
        labelled.add(str(sheet), "epoch")


def test_a_csv_whose_files_are_not_there_is_told_so(tmp_path):
    sheet = tmp_path / "list.csv"
    sheet.write_text("file,style\nnowhere.mid,jazz\n")
    with pytest.raises(BadInput, match="No column of this CSV names files"):
        labelled.add(str(sheet))


def test_music_that_lies_in_no_folder_has_no_label(tmp_path, composers):
    with pytest.raises(BadInput, match="lie in no folders"):
        labelled.add(str(composers / "bartok"))


def test_an_unreadable_file_is_listed_with_its_reason(composers, no_collections):
    labelled.add(str(composers))
    corpus = load(table())
    assert len(corpus.entries) == 4
    ((row, reason),) = corpus.unreadable
    assert row.key == "composers/satie/broken.mid"
    assert "broken.mid" in reason.what


def test_what_has_no_label_is_told_and_a_csv_beside_the_music_is_pointed_out(composers, no_collections):
    (composers / "loose.mid").write_bytes((composers / "bartok" / "0.mid").read_bytes())
    assert labelled.label_file(str(composers)) == ""
    sheet = composers / "list.csv"
    sheet.write_text("path,label\nbartok/0.mid,a\nsatie/1.mid, \n,b\n")
    assert labelled.unlabelled(str(composers)) == [("loose.mid", "lies in no folder, so it has no label")]
    assert labelled.unlabelled(str(sheet)) == [("satie/1.mid", "has no label"), ("line 4", "names no file")]
    assert [r.style for r in labelled.add(str(sheet))[1]] == ["a"]
    added = Corpus(action="add", target=str(composers)).run()
    assert ("", 0, "loose.mid: lies in no folder, so it has no label") in added.rows
    assert any("list.csv" in w for w in added.words)


def test_only_free_music_of_the_train_side_may_ship(tmp_path):
    def row(licence: str, side: str) -> Row:
        return Row("k", "s", "shared", tmp_path, licence=licence, given_split=side)

    for licence in ("Public-Domain", "CC0-1.0", "CC-BY-4.0", "BSD-3-Clause", "MIT (OpenEWLD; tune claimed free)"):
        assert row(licence, "train").may_ship, licence
        assert not row(licence, "validation").may_ship
    for licence in ("CC-BY-SA-3.0", "GPL-2.0", "non-commercial", "not stated", "CC-BY-NC-4.0", ""):
        assert not row(licence, "train").may_ship, licence


def test_every_work_of_the_music21_corpus_is_in_one_style(music21_corpus):
    rows = collections.rows(music21_corpus)
    count = {style: len(inside) for style, inside in by_style(rows).items()}
    assert len({r.key for r in rows}) == len(rows) > 14_000
    assert count["m21_essen_children"] == 213
    assert count["m21_essen_yugoslavia"] == 119
    assert count[collections.OTHER] < 100
    assert len([s for s, n in count.items() if n >= 20]) >= 25
    assert not [r for r in rows if r.may_ship]


def test_a_dance_is_known_by_the_book_even_where_its_name_is_written_otherwise():
    def style(name: str, **fields: str) -> str:
        return collections.collection_of(name, fields).style

    assert style("oneills1850/1.abc#4", R="double jig") == "m21_oneill_jig"
    assert style("oneills1850/1.abc#5", R="Slip Jig") == "m21_oneill_slip_jig"
    assert style("ryansMammoth/A.abc", R="REEL") == "m21_ryan_reel"
    assert style("ryansMammoth/A.abc") == "m21_ryan_other"
    assert style("essenFolksong/erk10.abc#1", O="Europa, Mitteleuropa, Oesterreich") == "m21_essen_austria"


@pytest.mark.usefixtures("shared")
def test_the_shared_corpus_is_all_there_with_family_licence_and_whom_to_name(shared):
    from fewnotes.meta.sources.shared import rows as listed

    rows = listed(shared / "corpus")
    assert len(rows) == 4661
    assert len(by_style(rows)) == 152
    assert all(r.family and r.licence and r.attribution and r.notes for r in rows)
    assert sum(r.may_ship for r in rows) == 4221
    assert next(r for r in rows if r.style == "cre_slipjig").dance == "slip jig"


def test_a_manifest_without_its_columns_is_told_so(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,style\na.mid,b\n")
    with pytest.raises(BadInput, match="lacks the columns"):
        shared.rows(tmp_path)
