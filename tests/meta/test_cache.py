"""Everything is parsed once; a killed run goes on; what is damaged is parsed again."""

from __future__ import annotations

import pytest
from made_tunes import made_tune

import fewnotes
from fewnotes.meta import cache
from fewnotes.meta.cache import Item, cache_folder


@pytest.fixture
def items(tmp_path):
    paths = [tmp_path / f"{i}.mid" for i in range(6)]
    for i, path in enumerate(paths):
        fewnotes.write(made_tune(i, 4), path)
    return [Item(p) for p in paths]


@pytest.fixture
def parsed(monkeypatch):
    """The names of files that were parsed."""
    seen = []
    real = cache.read_each

    def spy(paths, **options):
        for path, result in real(paths, **options):
            seen.append(path.name)
            yield path, result

    monkeypatch.setattr(cache, "read_each", spy)
    return seen


def test_what_was_parsed_once_is_not_parsed_again(items, parsed):
    first = cache.load(items)
    assert len(parsed) == 6
    second = cache.load(items)
    assert len(parsed) == 6
    assert [p for (p,) in first] == [p for (p,) in second]
    assert second[0][0].notes.flags.writeable is False


def test_a_file_is_known_by_its_content_not_by_its_name(items, parsed, tmp_path):
    cache.load(items[:1])
    copy = tmp_path / "elsewhere" / "renamed.mid"
    copy.parent.mkdir()
    copy.write_bytes(items[0].path.read_bytes())
    cache.load([Item(copy)])
    assert parsed == ["0.mid"]
    fewnotes.write(made_tune(99, 4), copy)
    (piece,) = cache.load([Item(copy)])[0]
    assert parsed == ["0.mid", "renamed.mid"]
    assert piece != cache.load(items[:1])[0][0]


def test_a_run_that_was_stopped_goes_on_where_it_was(items, parsed, monkeypatch):
    monkeypatch.setattr(cache, "_SHARD_ITEMS", 2)
    real = cache._write_shard
    written = []

    def stops(folder, batch):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(batch)
        real(folder, batch)

    monkeypatch.setattr(cache, "_write_shard", stops)
    with pytest.raises(KeyboardInterrupt):
        cache.load(items)
    parsed.clear()
    monkeypatch.setattr(cache, "_write_shard", real)
    assert len(cache.load(items)) == 6
    assert parsed == ["4.mid", "5.mid"]


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b[:40] + b"x" + b[41:], lambda b: b""])
def test_a_damaged_shard_is_parsed_again(items, parsed, damage):
    before = cache.load(items)
    (shard,) = cache_folder().rglob("*.shard")
    shard.write_bytes(damage(shard.read_bytes()))
    parsed.clear()
    assert cache.load(items) == before
    assert len(parsed) == 6


def test_an_error_is_remembered_too(tmp_path, parsed):
    path = tmp_path / "bad.mid"
    path.write_bytes(b"MThd")
    first, second = cache.load([Item(path)])[0], cache.load([Item(path)])[0]
    assert isinstance(second, fewnotes.FewnotesError)
    assert first.to_dict() == second.to_dict()
    assert parsed == ["bad.mid"]


def test_one_bad_tune_of_a_book_costs_no_other(tmp_path):
    book = tmp_path / "book.abc"
    good = "X:1\nT:Good\nL:1/4\nK:C\nCDEF|GABc|\n"
    results = cache.load([Item(book, good), Item(book, "X:2\nT:Empty\nK:C\n")])
    assert len(results[0][0]) == 8
    assert isinstance(results[1], fewnotes.FewnotesError)
