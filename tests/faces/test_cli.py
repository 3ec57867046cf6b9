"""The command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fewnotes
from fewnotes.faces.cli import main
from fewnotes.faces.cli.showing import Bar, clean
from fewnotes.files import read, write
from fewnotes.registry import names
from fewnotes.testing import sounding, tiny_chorale, tiny_melody

# --- help ------------------------------------------------------------------------------------------------------------


def test_without_arguments_it_is_friendly_and_short(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "fewnotes learn" in out
    assert "fewnotes compose" in out
    assert len(out.splitlines()) < 14


def test_help_lists_every_use_and_all_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    for name in names("uses"):
        assert f" {name} " in out
    for number in (0, 1, 2, 3, 4, 5, 6, 7, 130):
        assert f" {number} " in out


@pytest.mark.parametrize("name", names("uses"))
def test_every_use_has_help_with_an_example_within_80_columns(run, name):
    code, out, _ = run(name, "--help")
    assert code == 0
    assert f"Example: fewnotes {name}" in out
    assert "You get" in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_the_version_is_told_in_both_ways(run):
    assert run("--version")[1] == run("version")[1] == f"fewnotes {fewnotes.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nosuch"],
        ["learn"],
        ["compose"],
        ["compose", "x", "--bars", "many"],
        ["compose", "x", "--nosuch"],
        ["styles", "frobnicate"],
        ["styles", "rename", "x"],
        ["styles", "remove"],
    ],
)
def test_wrong_usage_is_told_in_three_lines_and_ends_with_2(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert 1 <= len(err.splitlines()) <= 3


# --- learn and compose -----------------------------------------------------------------------------------------------


def test_learning_tells_what_was_learned_and_keeps_the_style(run):
    code, out, err = run("learn", "tunes", "--name", "tunes", "--engine", "fake")
    assert code == 0
    assert "3 pieces" in out
    assert "How sure" in out
    assert "Next: fewnotes compose tunes" in out
    assert err == ""
    assert "tunes" in run("styles")[1]


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_learned(run, folder):
    (folder / "tunes" / "broken.mid").write_bytes(b"not music at all")
    (folder / "tunes" / "empty.abc").write_bytes(b"")
    code, out, err = run("learn", "tunes", "--name", "tunes", "--engine", "fake")
    assert code == 4
    assert "3 pieces" in out
    assert "2 files left out" in err
    assert "broken.mid" in err
    assert "empty.abc" in err


def test_nothing_usable_ends_with_5_and_leaves_no_style(run, folder):
    (folder / "a.mid").write_bytes(b"junk")
    (folder / "b.mid").write_bytes(b"junk")
    assert run("learn", "a.mid", "b.mid", "--name", "x", "--engine", "fake")[0] == 5
    assert run("learn", "a.mid", "--name", "x", "--engine", "fake")[0] == 5
    assert "No styles" in run("styles")[1]


def test_a_style_can_go_to_a_file_and_come_from_it(run, folder):
    assert run("learn", "tunes/*.mid", "--engine", "fake", "-o", "mine.style")[0] == 0
    assert (folder / "mine.style").stat().st_size > 100
    assert run("compose", "mine.style", "--bars", "2", "--candidates", "1", "--form", "midi")[0] == 0
    assert run("learn", "tunes", "--engine", "fake", "-o", "mine.txt")[0] == 2


def test_composing_writes_every_form_and_a_sidecar_that_vouches_for_them(learned, folder):
    code, out, _ = learned("compose", "tunes", "--bars", "4", "--candidates", "2", "--seed", "3")
    assert code == 0
    for number in (1, 2):
        facts = json.loads((folder / f"tunes-{number}.json").read_text())
        assert facts["origin"] == "machine-composed"
        assert (facts["seed"], facts["version"]) == (3, fewnotes.__version__)
        assert set(facts["sha256"]) == {f"tunes-{number}.mid", f"tunes-{number}.musicxml"}
        for name, digest in facts["sha256"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
            assert Path(name).stem in out
    assert b"Machine-composed by fewnotes" in (folder / "tunes-1.mid").read_bytes()
    assert b"Machine-composed by fewnotes" in (folder / "tunes-1.musicxml").read_bytes()


def test_nothing_is_overwritten_that_was_not_named(learned, folder):
    (folder / "tunes-2.json").write_text("mine")
    learned("compose", "tunes", "--bars", "2", "--candidates", "2", "--form", "midi")
    assert not (folder / "tunes-1.mid").exists()
    assert (folder / "tunes-3.mid").exists()
    assert (folder / "tunes-4.mid").exists()
    assert (folder / "tunes-2.json").read_text() == "mine"
    learned("compose", "tunes", "--bars", "2", "--candidates", "1", "--form", "midi", "-o", "out/")
    learned("compose", "tunes", "--bars", "2", "--candidates", "1", "--form", "midi", "--out", "out")
    assert sorted(p.name for p in (folder / "out").glob("*.mid")) == ["tunes-1.mid", "tunes-2.mid"]


def test_a_file_named_by_o_is_overwritten_but_a_foreign_json_beside_it_is_not(learned, folder):
    (folder / "out.mid").write_text("old")
    (folder / "out.json").write_text('{"mine": 1}')
    assert learned("compose", "tunes", "--bars", "2", "--candidates", "2", "-o", "out.mid")[0] == 0
    assert len(read(folder / "out.mid")) > 0
    assert (folder / "out-2.mid").exists()
    assert (folder / "out.json").read_text() == '{"mine": 1}'
    assert json.loads((folder / "out.fewnotes.json").read_text())["program"] == "fewnotes"


def test_the_same_seed_writes_the_same_bytes(learned, folder):
    for place in ("a", "b"):
        learned("compose", "tunes", "--bars", "4", "--seed", "7", "-o", place + "/")
    first = {p.name: p.read_bytes() for p in (folder / "a").iterdir()}
    assert first == {p.name: p.read_bytes() for p in (folder / "b").iterdir()}


def test_a_form_that_cannot_be_written_is_refused_before_anything_is(learned, folder):
    before = set(folder.iterdir())
    for words in (["--form", "kern"], ["--form", "xyz"], ["-o", "a.xyz"], ["--form", ","]):
        code, _, err = learned("compose", "tunes", "--bars", "2", *words)
        assert code == 2, words
        assert len(err.splitlines()) <= 3
    assert set(folder.iterdir()) == before


def test_a_failure_in_the_middle_leaves_none_of_the_new_files(learned, folder, monkeypatch):
    import fewnotes.faces.cli.writing as writing
    from fewnotes.errors import StoreError

    whole = writing.write_atomic

    def failing(path, data, **kwargs):
        if "2.json" in str(path):
            raise StoreError("The disk is full")
        return whole(path, data, **kwargs)

    monkeypatch.setattr(writing, "write_atomic", failing)
    before = set(folder.iterdir())
    assert learned("compose", "tunes", "--bars", "2", "--candidates", "3")[0] == 6
    assert set(folder.iterdir()) == before


def test_wishes_reach_the_piece(learned, folder):
    words = ["--key", "G minor", "--meter", "3/4", "--tempo", "90", "--lowest", "C4", "--form", "midi", "--bars", "4"]
    assert learned("compose", "tunes", "--candidates", "1", *words)[0] == 0
    piece = read(folder / "tunes-1.mid")
    assert piece.meters[0][1:] == (3, 4)
    assert piece.tempos[0].quarters_per_minute == pytest.approx(90, abs=0.01)
    assert piece.keys[0][1:] == (-2, "minor")
    assert piece.notes["pitch"].min() >= 60


# --- the other uses --------------------------------------------------------------------------------------------------


def test_a_copy_is_told_with_bar_numbers(learned):
    code, out, _ = learned("check", "tunes/tune0.mid", "tunes")
    assert code == 0
    assert "copied" in out
    assert "note for note" in out
    assert "bars 1-8" in out


def test_compare_takes_files_and_styles_in_any_order(learned):
    one = json.loads(learned("compare", "tunes/tune0.mid", "tunes", "--json")[1])["result"]["relation"]
    two = json.loads(learned("compare", "tunes", "chorale.musicxml", "--json")[1])["result"]["relation"]
    assert one > 0.8 > 0.3 > two


def test_surprisal_works_with_a_style_and_without(learned):
    assert "bits a note" in learned("surprisal", "tunes/tune0.mid", "tunes")[1]


def test_convert_reads_one_form_and_writes_another(run, folder):
    assert run("convert", "chorale.musicxml", "chorale.mid")[0] == 0
    assert sounding(read(folder / "chorale.mid")) == sounding(tiny_chorale())
    assert run("convert", "tunes/tune0.mid", "up.mid", "--semitones", "12")[0] == 0
    assert read(folder / "up.mid").notes["pitch"].min() == tiny_melody().notes["pitch"].min() + 12


def test_many_pieces_are_converted_into_a_folder(run, folder):
    assert run("convert", "tunes", "out/", "--form", "musicxml")[0] == 0
    assert len(list((folder / "out").glob("*.musicxml"))) == 3
    assert not list((folder / "out").glob("*.json"))


def test_info_tells_the_facts_of_a_file_and_lists_those_of_several(run):
    code, out, _ = run("info", "tunes/tune0.mid")
    assert code == 0
    for word in ("G major", "4/4", str(len(tiny_melody())), "G4 to E5"):
        assert word in out, word
    assert "3 pieces" in run("info", "tunes")[1]


def test_styles_are_listed_shown_renamed_verified_and_removed(learned):
    assert "tunes" in learned("styles", "list")[1]
    assert "How sure" in learned("styles", "show", "tunes")[1]
    assert learned("styles", "rename", "tunes", "airs")[0] == 0
    assert learned("styles", "verify")[0] == 0
    code, _, err = learned("styles", "show", "tunes")
    assert code == 2
    assert "tunes" in err
    assert learned("styles", "remove", "airs")[0] == 0
    assert "No styles" in learned("styles")[1]


def test_damage_is_found_by_verify_and_doctor(learned):
    path = next(Path(os.environ["FEWNOTES_HOME"]).rglob("*.style"))
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    code, out, _ = learned("styles", "verify")
    assert code == 1
    assert "damaged" in out
    assert learned("doctor")[0] == 1
    assert learned("compose", "tunes")[0] == 5


def test_doctor_is_content_with_a_fresh_store(run):
    code, out, _ = run("doctor")
    assert code == 0
    assert "All is in order" in out


def test_a_music_file_in_place_of_a_style_is_explained(run):
    code, _, err = run("compose", "tunes/tune0.mid")
    assert code == 2
    assert "fewnotes learn tunes/tune0.mid" in err


# --- flags -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["info", "tunes"],
        ["styles", "list"],
        ["check", "tunes/tune0.mid", "tunes"],
        ["compose", "tunes", "--bars", "2"],
        ["learn", "tunes", "--name", "again", "--engine", "fake"],
        ["doctor"],
    ],
)
def test_json_is_one_object_on_stdout_and_nothing_else(learned, words):
    code, out, err = learned(*words, "--json")
    document = json.loads(out)
    assert code == 0
    assert err == ""
    assert document["use"] == words[0]
    assert set(document) == {"fewnotes", "use", "result", "files", "warnings", "skipped"}


def test_errors_are_json_too_where_json_was_asked_for(run):
    code, out, err = run("check", "nosuch.mid", "nosuch", "--json")
    assert code in (2, 5)
    assert json.loads(out)["error"]["what"]
    assert len(err.splitlines()) <= 3


def test_quiet_prints_nothing(learned):
    assert learned("compose", "tunes", "--bars", "2", "--quiet") == (0, "", "")


def test_strict_turns_warnings_into_3(run, folder):
    data = (folder / "tunes" / "tune0.mid").read_bytes()
    (folder / "cut.mid").write_bytes(data[:-4])
    code, _, err = run("info", "cut.mid")
    assert code == 0
    assert "warning" in err
    assert run("info", "cut.mid", "--strict")[0] == 3
    assert run("info", "tunes", "--strict")[0] == 0


def test_a_report_can_be_kept_as_json(learned, folder):
    assert learned("check", "tunes/tune0.mid", "tunes", "-o", "report.json")[0] == 0
    assert json.loads((folder / "report.json").read_text())["verdict"] == "copied"


def test_stdin_and_stdout_are_files_called_dash(run, folder, monkeypatch):
    data = (folder / "chorale.musicxml").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", stdout)
    assert main(["convert", "-", "-", "--form", "midi"]) == 0
    written = stdout.buffer.getvalue()
    (folder / "back.mid").write_bytes(written)
    assert sounding(read(folder / "back.mid")) == sounding(tiny_chorale())


def test_a_title_cannot_steer_the_terminal(run, folder):
    title = "evil\x1b[2J\x1b]0;x\x07[red]title"
    write(dataclasses.replace(tiny_melody(), title=title), folder / "evil.mid")
    out = run("info", "evil.mid")[1]
    assert "\x1b" not in out
    assert "\x07" not in out
    assert clean("a\x1b[2Jb") == "a [2Jb"


def test_interruption_ends_with_130(run, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("fewnotes.uses.info.Info.run", interrupted)
    code, _, err = run("info", "tunes")
    assert code == 130
    assert "Interrupted" in err


def test_a_fault_of_ours_is_admitted_in_three_lines(run, monkeypatch):
    def faulty(*args, **kwargs):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("fewnotes.uses.info.Info.run", faulty)
    code, _, err = run("info", "tunes")
    assert code == 1
    assert "fault in fewnotes" in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 3
    with pytest.raises(ZeroDivisionError):
        run("info", "tunes", "--debug")


def test_the_bar_stays_away_from_pipes_and_quick_work(capsys):
    bar = Bar(wanted=True)
    for done in range(100):
        bar(done, 100, "Working")
    bar.stop()
    assert capsys.readouterr().err == ""


# --- a real process --------------------------------------------------------------------------------------------------


def _process(*words, **kwargs):
    command = [sys.executable, "-c", "import sys; from fewnotes.faces.cli import main; sys.exit(main())", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **kwargs)


def test_no_colour_codes_in_a_pipe_and_a_real_exit_code(folder):
    done = _process("info", "tunes/tune0.mid")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert _process("nosuch").returncode == 2


def test_help_loads_no_parser_no_picture_library_and_no_learning():
    code = (
        "import sys; from fewnotes.faces.cli import main; main(['--help']); "
        "heavy = {'torch', 'symusic', 'music21', 'partitura', 'verovio', 'PIL', 'scipy', 'matplotlib'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"
