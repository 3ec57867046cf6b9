"""The store: names are labels and never paths, versions are never overwritten, every failure is told."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fewnotes import atomic, store
from fewnotes.errors import BadParameter, DamagedStyle, StoreError, StyleNotFound
from fewnotes.store import list_styles, load_style, remove, rename, save_style, show, sweep, verify
from fewnotes.store.names import check_label, slug
from fewnotes.style import Part, Style
from fewnotes.testing import tiny_pieces


def style_of(name: str = "fado", mark: int = 0) -> Style:
    return Style(name, tiny_pieces()[:1], {"markov": Part({"a": np.arange(4)}, {"mark": mark})})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def everything_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


# --- saving and loading


def test_each_save_is_a_new_version_and_the_newest_is_loaded(home):
    saved = [save_style(style_of(mark=i), home=home) for i in (1, 2, 3)]
    assert [s.version for s in saved] == [1, 2, 3]
    assert load_style("fado", home).parts["markov"].values["mark"] == 3
    assert load_style("fado@2", home).parts["markov"].values["mark"] == 2
    assert load_style(saved[0].path).parts["markov"].values["mark"] == 1
    assert load_style(str(saved[0].path)).name == "fado"
    assert verify(home=home) == []


def test_a_style_is_saved_under_another_name_and_with_a_date(home):
    saved = save_style(style_of(), "Mé's, 2", home)
    assert saved.to_dict() == {"path": str(saved.path), "name": "Mé's, 2", "version": 1}
    back = load_style("Mé's, 2", home)
    assert back.name == "Mé's, 2"
    assert back.created.startswith("20")
    assert back == style_of()


def test_the_home_is_the_one_given_then_the_variable_then_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("FEWNOTES_HOME", str(tmp_path / "variable"))
    assert save_style(style_of()).path == tmp_path / "variable" / "styles" / "fado" / "v0001.style"
    assert save_style(style_of(), home=tmp_path / "given").path.is_relative_to(tmp_path / "given")
    monkeypatch.delenv("FEWNOTES_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    if sys.platform == "linux":
        assert store.home_folder() == tmp_path / "user" / "fewnotes"


def test_a_missing_style_lists_what_there_is_with_the_close_names_first(home):
    for name in ("jigs", "fados", "Bach"):
        save_style(style_of(name), home=home)
    with pytest.raises(StyleNotFound) as caught:
        load_style("fado", home)
    assert caught.value.expected == "one of fados, Bach, jigs"
    assert "'fados'" in caught.value.fix
    with pytest.raises(StyleNotFound, match="no version 7") as caught:
        load_style("jigs@7", home)
    assert "jigs@1" in caught.value.expected
    with pytest.raises(StyleNotFound):
        load_style("JIGS", home)  # listed, never guessed


@pytest.mark.parametrize("name", ["fado", "a/b", "x.style", "x" * 5000, "fado@1"])
def test_in_an_empty_store_nothing_is_found_and_nothing_is_made(home, name):
    with pytest.raises((StyleNotFound, BadParameter, StoreError)):
        load_style(name, home)
    assert list_styles(home) == []
    assert verify(home=home) == []
    assert not home.exists()


def test_a_file_is_loaded_by_a_path_without_suffix_unless_that_is_a_name(home, tmp_path, monkeypatch):
    saved = save_style(style_of("inside"), home=home)
    monkeypatch.chdir(tmp_path)
    Path("copied").write_bytes(saved.path.read_bytes())
    assert load_style("copied", home).name == "inside"
    save_style(style_of("copied", mark=9), home=home)
    assert load_style("copied", home).parts["markov"].values["mark"] == 9
    assert load_style(Path("copied"), home).name == "inside"


def test_showing_a_style_tells_its_facts_path_and_versions(home):
    save_style(style_of(), home=home)
    saved = save_style(style_of(), home=home)
    facts = show("fado", home)
    assert (facts["name"], facts["version"], facts["versions"], facts["path"]) == ("fado", 2, [1, 2], str(saved.path))
    assert show("fado@1", home)["version"] == 1
    assert "version" not in show(saved.path, home)


def test_the_list_is_sorted_and_says_what_cannot_be_read(home):
    for name in ("b", "A", "b"):
        save_style(style_of(name), home=home)
    path = home / "styles" / "b" / "v0001.style"
    path.write_bytes(path.read_bytes()[:50])
    found = list_styles(home)
    assert [(e.name, e.version, bool(e.problem)) for e in found] == [("A", 1, False), ("b", 1, True), ("b", 2, False)]
    assert found[0].facts is not None
    assert found[0].facts.digest == style_of().digest
    assert found[0].to_dict()["engines"] == ("markov",)


def test_a_damaged_newest_version_names_the_one_before(home):
    save_style(style_of(), home=home)
    path = save_style(style_of(), home=home).path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedStyle, match=r"v0002\.style") as caught:
        load_style("fado", home)
    assert "fado@1" in caught.value.fix
    assert load_style("fado@1", home).name == "fado"


# --- names


HOSTILE_NAMES = [
    "../x", "..", ".", "/", "//", "\\", "..\\x", "a/../../x", "/etc/passwd", "C:\\x", "C:", "~", "~root", "$HOME",
    "%2e%2e%2f", "CON", "con", "nul", "COM1", "LPT9", "aux.txt", "con.style2", "a:b", "a*b", "a?b", "a|b", "<a>", '"',
    "'", "`id`", "$(id)", ";rm -rf", "-rf", "--help", "-", "a ", "a.", "é", "e\u0301", "日本語",
    "🎻", "👩‍👩‍👧", "ß", "İ",
    "fado-0123456789abcdef", "styles", ".tmp-1-aa", "v0001", "x" * 100, "é" * 100, "a@b", "@", "@1", "{}",
    "a\u00a0b", "نص", "{0.__class__}", "None", "0", "_", "a_b",
]  # fmt: skip
REFUSED_NAMES = [
    "", " ", "\t", "\0", "a\0b", "a\nb", "\x1b[31m", "x" * 101, "x" * 10**6, "fado@2", "x.style", "X.STYLE", "\ud800",
    "a\u202eb", "a\u2028b", None, 7, b"fado", Path("fado"),
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_label_is_kept_within_its_own_folder(home, name):
    before = everything_below(home.parent)
    saved = save_style(style_of(name), home=home)
    assert saved.path.parent.parent == home / "styles"
    folder = f"home/styles/{saved.path.parent.name}"
    assert everything_below(home.parent) - before == {"home", "home/styles", folder, f"{folder}/v0001.style"}
    assert load_style(name, home).name == saved.name
    assert [e.name for e in list_styles(home)] == [saved.name]
    assert verify(home=home) == []
    assert remove(name, home) == [saved.path]
    assert everything_below(home) == {"styles"}


@pytest.mark.parametrize("name", REFUSED_NAMES, ids=lambda name: ascii(name)[:20])
def test_a_name_that_cannot_be_a_label_is_refused_and_leaves_nothing(home, name):
    with pytest.raises(BadParameter):
        save_style(style_of(name))
    with pytest.raises((BadParameter, StyleNotFound, StoreError, DamagedStyle)):
        load_style(name, home)
    for act in (remove, lambda n, h: rename(n, "new", h), lambda n, h: verify(n, h) if n is not None else remove(n, h)):
        with pytest.raises((BadParameter, StyleNotFound)):
            act(name, home)
    assert not home.exists()


def test_no_two_labels_share_a_folder_even_where_case_does_not_count():
    labels = {check_label(n) for n in HOSTILE_NAMES} | {"Fado", "fado", "FADO", slug("é"), slug("Fado")}
    slugs = [slug(label) for label in labels]
    assert len({s.casefold() for s in slugs}) == len(labels)
    for found in slugs:
        assert found.isascii()
        assert len(found) <= 60
        assert not set(found) - set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        assert found not in ("con", "nul", "aux", "prn", "com1", "lpt9")


def test_two_spellings_of_one_accent_are_one_name(home):
    save_style(style_of("\u00e9"), home=home)
    assert save_style(style_of("e\u0301"), home=home).version == 2


# --- removing and renaming


def test_one_version_or_all_are_removed(home):
    paths = [save_style(style_of(mark=i), home=home).path for i in range(3)]
    assert remove("fado@3", home) == paths[2:]
    assert load_style("fado", home).parts["markov"].values["mark"] == 1
    assert remove("fado", home) == paths[:2]
    with pytest.raises(StyleNotFound):
        remove("fado", home)
    assert everything_below(home) == {"styles"}


def test_removing_never_deletes_what_is_not_ours(home):
    folder = save_style(style_of(), home=home).path.parent
    (folder / "my notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="my notes"):
        remove("fado", home)
    assert load_style("fado", home)
    assert remove("fado@1", home)
    assert (folder / "my notes.txt").read_text() == "mine"


def test_a_folder_that_is_a_link_is_not_followed(home, tmp_path):
    outside = tmp_path / "outside"
    save_style(style_of(), home=outside)
    (home / "styles").mkdir(parents=True)
    (home / "styles" / "fado").symlink_to(outside / "styles" / "fado")
    with pytest.raises(StyleNotFound):
        remove("fado", home)
    assert [f.code for f in verify(home=home)] == ["foreign"]
    assert load_style("fado", outside)


def test_renaming_keeps_all_versions_and_their_content(home):
    digests = [save_style(style_of(mark=i), home=home) and style_of(mark=i).digest for i in range(2)]
    rename("fado", "Fado de Lisboa", home)
    assert [load_style(f"Fado de Lisboa@{v}", home).digest for v in (1, 2)] == digests
    assert load_style("Fado de Lisboa", home).name == "Fado de Lisboa"
    with pytest.raises(StyleNotFound):
        load_style("fado", home)
    assert verify(home=home) == []


def test_renaming_refuses_a_name_that_is_taken_a_version_and_a_damaged_style(home):
    save_style(style_of("a"), home=home)
    path = save_style(style_of("b"), home=home).path
    before = everything_below(home)
    with pytest.raises(StoreError, match="already"):
        rename("a", "b", home)
    with pytest.raises(StoreError, match="already"):
        rename("a", "a", home)
    with pytest.raises(BadParameter):
        rename("a@1", "c", home)
    with pytest.raises(StyleNotFound):
        rename("none", "c", home)
    path.write_bytes(b"no style")
    with pytest.raises(DamagedStyle):
        rename("b", "c", home)
    assert everything_below(home) == before


# --- verifying and sweeping


def test_verify_finds_what_is_damaged_foreign_or_stale(home):
    for name in ("good", "bad", "moved"):
        save_style(style_of(name), home=home)
    styles = home / "styles"
    (styles / "bad" / "v0001.style").write_bytes(b"torn")
    (styles / "moved" / "v0001.style").rename(styles / "good" / "v0007.style")
    (styles / "good" / "v2.style").write_text("no name of ours")
    (styles / "stray.txt").write_text("mine")
    stale = styles / "good" / ".tmp-999999999-abcd1234"
    stale.write_bytes(b"half")
    os.utime(stale, (0, 0))
    found = {(f.code, f.path.name) for f in verify(home=home)}
    assert found == {
        ("damaged", "v0001.style"),
        ("foreign", "v0007.style"),
        ("foreign", "v2.style"),
        ("foreign", "stray.txt"),
        ("stale-temporary", stale.name),
    }
    assert all(f.message and f.fix and f.to_dict()["code"] for f in verify(home=home))
    assert [f.code for f in verify("bad", home)] == ["damaged"]
    with pytest.raises(DamagedStyle, match="moved"):
        load_style("good", home)
    with pytest.raises(StyleNotFound):
        verify("none", home)


def dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_only_what_nobody_is_writing_any_more_is_swept(home):
    folder = save_style(style_of(), home=home).path.parent
    dead = dead_process()
    ages = {
        f".tmp-{os.getpid()}-aa": 60,  # alive
        f".tmp-{dead}-bb": 1,  # perhaps of another machine
        f".tmp-{dead}-cc": 60,
        f".tmp-{os.getpid()}-dd": 4000,  # nobody writes for an hour
        ".tmp-mine": 10**6,  # not a name of ours
    }
    for name, age in ages.items():
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    half_removed = folder.parent / f".tmp-{dead}-ee"
    half_removed.mkdir()
    (half_removed / "v0001.style").write_bytes(b"")
    os.utime(half_removed, (0, 0))
    swept = {p.name for p in sweep(home)}
    assert swept == {f".tmp-{dead}-cc", f".tmp-{os.getpid()}-dd", half_removed.name}
    assert not half_removed.exists()
    assert load_style("fado", home)


# --- failures of the system


def full_disk(*_args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_is_told_and_leaves_the_store_as_it_was(home, monkeypatch, call):
    save_style(style_of(), home=home)
    before = everything_below(home)
    monkeypatch.setattr(atomic.os, call, full_disk)
    with pytest.raises(StoreError, match="full") as caught:
        save_style(style_of(), home=home)
    assert caught.value.exit_status == 6
    assert everything_below(home) == before
    monkeypatch.undo()
    assert verify(home=home) == []
    assert save_style(style_of(), home=home).version == 2


def mounted(folder: Path, options: str) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_a_disk_that_is_really_full_is_told(tmp_path):
    home = tmp_path / "small"
    if not mounted(home, "size=256k"):
        pytest.skip("no small disk can be mounted here")
    try:
        big = Style("big", (), {"e": Part({"a": np.arange(2**16)})})
        with pytest.raises(StoreError, match="full"):
            save_style(big, home=home)
        assert not [p for p in home.rglob("*") if p.is_file()]
        assert save_style(style_of(), home=home).version == 1
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True, capture_output=True)
        with pytest.raises(StoreError, match="Read-only"):
            save_style(style_of(), home=home)
        with pytest.raises(StoreError, match="Read-only"):
            remove("fado", home)
        with pytest.raises(StoreError, match="Read-only"):
            rename("fado", "other", home)
        assert load_style("fado", home).name == "fado"
        assert verify(home=home) == []
    finally:
        subprocess.run(["umount", str(home)], check=False)


def test_a_file_in_the_way_of_the_store_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    for act in (lambda h: save_style(style_of(), home=h), list_styles, lambda h: verify(home=h)):
        with pytest.raises(StoreError):
            act(tmp_path / "file")
    home = tmp_path / "home"
    (home / "styles").mkdir(parents=True)
    (home / "styles" / "fado").write_text("mine")
    with pytest.raises(StoreError):
        save_style(style_of(), home=home)
    assert (home / "styles" / "fado").read_text() == "mine"


@pytest.mark.parametrize("odd", ["folder", "link to nowhere", "pipe"])
def test_something_odd_under_the_name_of_a_version_is_neither_read_nor_replaced(home, odd):
    path = save_style(style_of(), home=home).path.with_name("v0002.style")
    if odd == "folder":
        path.mkdir()
    elif odd == "link to nowhere":
        path.symlink_to("nowhere")
    else:
        os.mkfifo(path)
    with pytest.raises((DamagedStyle, StyleNotFound)):
        load_style("fado", home)
    assert len(list_styles(home)) <= 2
    verify(home=home)
    assert save_style(style_of(), home=home).version == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(home):
    path = save_style(style_of(), home=home).path
    path.chmod(0)
    with pytest.raises(StoreError, match="Permission"):
        load_style("fado", home)


def test_devices_and_huge_files_are_refused_unread(tmp_path):
    with (tmp_path / "huge.style").open("wb") as file:
        file.truncate(2**40)
    began = time.process_time()
    for path in (tmp_path / "huge.style", tmp_path, "/dev/zero", "/dev/null"):
        with pytest.raises(DamagedStyle):
            load_style(Path(path))
    assert time.process_time() - began < 1
