"""A Style as a value, and as the bytes of a file: nothing lost, nothing believed that does not verify."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fewnotes as fn
from fewnotes.errors import BadInput, BadParameter, DamagedStyle, NotPossible, TooLarge
from fewnotes.music.piece import ChordSymbol, KeySignature, Meter, Notice, Piece, Tempo, Track, note_array
from fewnotes.store import verify_file
from fewnotes.style import Part, Style
from fewnotes.style_file import container, decode_style, encode_style, strict_json, style_facts
from fewnotes.testing import tiny_pieces

CREATED = "2026-01-02T03:04:05+00:00"


def odd_piece() -> Piece:
    """A piece with something in every field."""
    return Piece(
        ticks_per_quarter=7,
        tracks=(Track("Violin II", 40), Track("Blowin' in the Wind", 127), Track("", 0, True)),
        notes=note_array([(0, 7, 0, 127, 127, 4, 2), (0, 3, 2, 0, 1, 0, 0), (7, 2**30, 1, 60, 80, 255, 255)]),
        meters=(Meter(0, 23, 16), Meter(40, 5, 4)),
        tempos=(Tempo(0, 59.999123456789), Tempo(3, 2000.0)),
        keys=(KeySignature(0, -7, "minor"), KeySignature(9, 3, "")),
        pickup_tick=5,
        graces=note_array([(7, 1, 1, 59, 80, 1, 1)]),
        chords=(ChordSymbol(0, "Gm7/D"), ChordSymbol(7, "N.C. é")),
        barlines_tick=(0, 5, 11),
        title="Secret title",
        composer="A. Nonymous",
        warnings=(Notice("x", "secret notice", "bar 1"),),
    )


def some_style(**changes: Any) -> Style:
    arrays = {
        "odds": np.linspace(0, 1, 30).reshape(5, 6),
        "empty": np.zeros((0, 3), np.float32),
        "one": np.array(2.5),
        "flags": np.array([True, False]),
        "counts/a": np.arange(9, dtype=np.uint16)[::2],
    }
    values = {"order": 3, "mix": (1, 2.5, None, True, "é"), "deep": {"a": [{"b": []}]}}
    parts = {"zeta": Part({}, {}, ()), "markov": Part(arrays, values, ("4 pieces", "so much"))}
    style = Style("Fado é", (*tiny_pieces(), odd_piece()), parts, {"words": ["slow"], "b": 1, "a": 2.25}, CREATED)
    return dataclasses.replace(style, **changes)


# --- the value


def test_a_style_keeps_no_title_composer_or_telling_track_name():
    kept = some_style().support[-1]
    assert (kept.title, kept.composer, kept.warnings) == ("", "", ())
    assert [t.name for t in kept.tracks] == ["Violin II", "", ""]
    data = encode_style(some_style())
    assert not [word for word in (b"Secret", b"secret", b"Nonymous", b"Blowin") if word in data]


def test_the_digest_is_of_the_content_and_not_of_name_or_date():
    style = some_style()
    assert dataclasses.replace(style, name="other", created="").digest == style.digest
    others = [
        some_style(profile={"a": 2.25}),
        some_style(support=style.support[:-1], provenance=style.provenance),
        some_style(parts={"markov": style.parts["markov"]}, provenance=style.provenance),
        some_style(parts=style.parts | {"zeta": Part({"x": np.zeros(1)})}),
        some_style(parts=style.parts | {"zeta": Part({"x": np.zeros(1, np.float32)})}),
        some_style(provenance={"licence": "mine"}),
    ]
    assert len({style.digest, *(o.digest for o in others)}) == 7


def test_provenance_says_version_engines_support_and_licence():
    style = some_style()
    assert style.provenance["fewnotes"] == fn.__version__
    assert style.provenance["engines"] == ["markov", "zeta"]
    assert style.provenance["support"] == [p.content_hash for p in style.support]
    assert "licence" in style.provenance["licence"]


def test_what_an_engine_learned_cannot_be_changed_afterwards():
    given_array = np.zeros(3)
    part = Part({"x": given_array}, {"t": (1, np.int64(2))})
    with pytest.raises(ValueError, match="read-only"):
        part.arrays["x"][0] = 1
    given_array[0] = 5  # the array of the engine is its own still
    assert part.values == {"t": [1, 2]}


@pytest.mark.parametrize(
    "value", [{1: 2}, {"x": {1, 2}}, {"x": float("nan")}, {"x": np.zeros(2)}, {"x": b"raw"}, {"x": 2**257}]
)
def test_values_that_are_not_plain_json_are_named(value):
    with pytest.raises(BadParameter, match="values"):
        Part({}, value)


def test_facts_of_a_style_are_plain_json():
    facts = json.loads(json.dumps(some_style().to_dict()))
    assert facts["name"] == "Fado é"
    assert facts["pieces"] == 4
    assert facts["engines"]["markov"]["summary"] == ["4 pieces", "so much"]


# --- there and back


def test_a_style_comes_back_from_its_file_as_it_was():
    style = some_style()
    back = decode_style(encode_style(style))
    assert back == style
    assert (back.name, back.created, back.digest) == (style.name, style.created, style.digest)
    assert (back.profile, back.provenance, list(back.parts)) == (style.profile, style.provenance, list(style.parts))
    for name, array in style.parts["markov"].arrays.items():
        other = back.parts["markov"].arrays[name]
        assert (other.dtype, other.shape, other.tobytes()) == (array.dtype, array.shape, array.tobytes())
    for one, other in zip(style.support, back.support, strict=True):
        assert one == other
        assert one.to_dict() == other.to_dict()
        assert (one.tempos, one.chords, one.barlines_tick) == (other.tempos, other.chords, other.barlines_tick)
        assert one.notes.tobytes() == other.notes.tobytes()
        assert one.graces.tobytes() == other.graces.tobytes()


def test_the_same_style_gives_the_same_bytes_in_every_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib, test_style as t;"
        "print(hashlib.sha256(t.encode_style(t.some_style())).hexdigest())"
    )
    folder = str(Path(__file__).parent)
    runs = {subprocess.check_output([sys.executable, "-c", code, folder], text=True).strip() for _ in range(2)}
    assert runs == {hashlib.sha256(encode_style(some_style())).hexdigest()}


def test_the_bytes_of_a_loaded_style_are_the_bytes_it_was_loaded_from():
    data = encode_style(some_style())
    assert encode_style(decode_style(data)) == data


def test_only_the_date_differs_where_none_is_given():
    data = encode_style(some_style(created=""))
    assert decode_style(data).created.endswith("+00:00")


def test_a_style_without_pieces_or_with_an_empty_piece_comes_back():
    empty = Piece(480, (Track(),), note_array([]))
    for support in ((), (empty,), (empty, odd_piece(), empty)):
        style = Style("x", support)
        assert decode_style(encode_style(style)).support == style.support


def test_the_header_alone_tells_what_a_list_shows():
    style = some_style()
    data = encode_style(style)
    facts = style_facts(data[: 8 + int.from_bytes(data[:8], "little")], len(data))
    assert (facts.name, facts.digest, facts.engines) == (style.name, style.digest, ("zeta", "markov"))
    assert (facts.pieces, facts.notes) == (4, sum(len(p.notes) for p in style.support))


texts = st.text(max_size=12)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(name=st.text(max_size=100), values=st.dictionaries(texts, plain_values, max_size=4), summary=st.lists(texts))
def test_any_plain_values_come_back(name, values, summary):
    style = Style(name, tiny_pieces()[:1], {"e": Part({}, values, tuple(summary))}, values, CREATED)
    back = decode_style(encode_style(style))
    assert (back.name, back.profile, back.parts) == (name, values, style.parts)
    assert back.parts["e"].values == values


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.array([1.0, np.nan]), NotPossible),
        (np.array([np.inf], np.float16), NotPossible),
        (np.array([1j]), NotPossible),
        (np.array(["text"]), NotPossible),
        (np.array([{}], object), NotPossible),
        (np.zeros(9 * 2**20), TooLarge),
    ],
)
def test_an_array_that_no_file_may_hold_is_refused_when_saving(array, error):
    with pytest.raises(error):
        encode_style(Style("x", tiny_pieces(), {"e": Part({"a": array})}))


def test_caps_hold_when_saving_too():
    with pytest.raises(TooLarge, match="arrays"):
        encode_style(Style("x", (), {"e": Part({str(i): np.zeros(1) for i in range(4096)})}))
    with pytest.raises(TooLarge, match="header"):
        encode_style(Style("x", (), {}, {"long": "x" * 2**20}))
    with pytest.raises(BadInput, match="not well formed"):
        encode_style(Style("x", (dataclasses.replace(odd_piece(), tempos=(Tempo(0, 1.0),)),)))


# --- damage


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def undetected(data: bytes, bits: Any) -> list[int]:
    found = []
    for bit in bits:
        try:
            decode_style(flip(data, bit))
        except DamagedStyle:
            continue
        found.append(bit)
    return found


def real_style(corpus: Path | None = None) -> Style:
    """A style of the size that people have: some pieces and a few tens of kilobytes learned."""
    rng = np.random.default_rng(7)
    pieces = fn.read_all([*sorted((corpus / "bach").glob("bwv10*.mxl"))[:4]]) if corpus else tiny_pieces() * 4
    arrays = {"odds": rng.random((40, 100)), "edges": rng.integers(0, 2**31, 5000).astype(np.int32)}
    return Style("Chorales", tuple(pieces), {"markov": Part(arrays, {"order": 5}, ("ten",))}, {"k": 1}, CREATED)


def test_each_of_2000_flipped_bits_is_found():
    data = encode_style(real_style())
    rng = random.Random(1)
    header = 8 * (8 + int.from_bytes(data[:8], "little"))
    bits = [rng.randrange(8 * len(data)) for _ in range(1000)] + [rng.randrange(header) for _ in range(1000)]
    assert undetected(data, bits) == []


@pytest.mark.slow
def test_each_of_10000_flipped_bits_of_a_learned_style_is_found(music21_corpus):
    data = encode_style(real_style(music21_corpus))
    rng = random.Random(2)
    assert undetected(data, [rng.randrange(8 * len(data)) for _ in range(10_000)]) == []


@pytest.mark.slow
def test_every_single_bit_of_a_small_style_is_under_a_digest():
    data = encode_style(Style("x", tiny_pieces()[:1], {"markov": Part({"a": np.arange(3)})}, {"é": 1.5e10}, CREATED))
    assert undetected(data, range(8 * len(data))) == []


def test_a_file_cut_anywhere_or_with_bytes_behind_it_is_found():
    data = encode_style(some_style())
    for length in [*range(40), *range(40, len(data), 97), len(data) - 1]:
        with pytest.raises(DamagedStyle):
            decode_style(data[:length])
    for tail in (b"\0", b"PK\3\4", data):
        with pytest.raises(DamagedStyle):
            decode_style(data + tail)


# --- hostility: files whose digests are right


def forge(change: Callable[[dict[str, Any], dict[str, Any]], Any] | None = None, text: str = "") -> bytes:
    """A style file whose digests fit, after `change(header, arrays)` or with `text` as the end of its header."""
    from safetensors.numpy import load, save

    data = encode_style(Style("x", tiny_pieces()[:2], {"e": Part({"a": np.arange(4.0)}, {"v": 1})}, {}, CREATED))
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8:begin])["__metadata__"]["fewnotes"])
    arrays = {name: array.copy() for name, array in load(data).items()}
    del header["digest"]
    if change:
        change(header, arrays)
        kinds = {"float64": "F64", "float32": "F32", "int64": "I64", "int32": "I32", "uint32": "U32", "uint16": "U16"}
        kinds |= {"uint8": "U8", "bool": "BOOL", "int8": "I8"}
        header["arrays"] = {n: [kinds[a.dtype.name], list(a.shape)] for n, a in arrays.items()}
    plain_file = save(arrays, {})
    tensors = plain_file[8 + int.from_bytes(plain_file[:8], "little") :]
    header["arrays_sha256"] = hashlib.sha256(tensors).hexdigest()
    body = text if text else json.dumps(header)[1:]
    data = save(arrays, {"fewnotes": '{"digest":"' + "0" * 64 + '",' + body})
    begin = 8 + int.from_bytes(data[:8], "little")
    digest = hashlib.sha256(data[:begin]).hexdigest().encode()
    return data.replace(b"0" * 64, digest, 1)


def test_a_forged_file_without_a_change_loads():
    assert decode_style(forge(lambda header, arrays: None)).name == "x"


def set_header(**values: Any) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    return lambda header, arrays: header.update(values)


def set_array(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], Any]:
    def change(header: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays[name] = value if isinstance(value, np.ndarray) else value(arrays[name])

    return change


def put(index: int, number: float) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[index] = number
        return array

    return change


HOSTILE = {
    "a later format": (set_header(format_version=2, needs="9.1"), "needs fewnotes >= 9.1"),
    "a later format of no known fewnotes": (set_header(format_version=2, needs="\n; rm"), "needs fewnotes >= a later"),
    "format version of no kind": (set_header(format_version=True), "format version"),
    "format version zero": (set_header(format_version=0), "format version"),
    "an unknown key": (set_header(extra=1), "extra"),
    "a missing key": (lambda h, a: h.pop("words"), "words"),
    "a name that is no text": (set_header(name=[1]), "name"),
    "a name without end": (set_header(name="x" * 1000), "name"),
    "a profile that is a list": (set_header(profile=[]), "profile"),
    "counts that are texts": (set_header(counts={"pieces": "2", "notes": 1}), "counts"),
    "words that are numbers": (set_header(words=[1]), "words"),
    "parts without summary": (set_header(parts={"e": {"values": {}}}), "parts.e"),
    "another style's digest": (set_header(style_digest="0" * 64), "digest"),
    "another profile than the digest's": (set_header(profile={"a": 1}), "digest"),
    "an array of no part": (set_array("part/other/a", np.zeros(1)), "belongs to no part"),
    "an array beside the parts": (set_array("loose", np.zeros(1)), "belongs to no part"),
    "NaN": (set_array("part/e/a", put(0, np.nan)), "not finite"),
    "infinity": (set_array("part/e/a", put(0, -np.inf)), "not finite"),
    "no notes": (lambda h, a: a.pop("support/notes/pitch"), "missing"),
    "pitches of another type": (set_array("support/notes/pitch", lambda a: a.astype(np.int32)), "another type"),
    "one pitch too few": (set_array("support/notes/pitch", lambda a: a[:-1]), "do not fit"),
    "offsets that go back": (set_array("support/notes/offsets", put(1, 10**6)), "do not fit"),
    "negative offsets": (set_array("support/meters/offsets", put(0, -1)), "do not fit"),
    "no offsets": (set_array("support/meters/offsets", np.zeros(0, np.int64)), "do not fit"),
    "too many pieces": (set_array("support/pieces/ticks_per_quarter", np.ones(2000, np.int64)), "pieces"),
    "a pitch above 127": (set_array("support/notes/pitch", put(0, 200)), "Piece 1 of the style"),
    "a duration below one": (set_array("support/notes/duration_tick", put(3, 0)), "Piece 1 of the style"),
    "a note on no track": (set_array("support/notes/track", put(0, 9)), "Piece 1 of the style"),
    "a word that is not there": (set_array("support/tracks/name", put(0, 2**32 - 1)), "word"),
    "a tempo of zero": (set_array("support/tempos/quarters_per_minute", put(0, 0.0)), "tempo"),
    "no ticks in a quarter": (set_array("support/pieces/ticks_per_quarter", put(0, 0)), "ticks_per_quarter"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_forged_file_is_refused_for_what_is_wrong_with_it(name):
    change, reason = HOSTILE[name]
    data = forge(change)
    with pytest.raises(DamagedStyle) as caught:
        decode_style(data)
    assert reason in str(caught.value)
    assert caught.value.fix
    assert len(str(caught.value).splitlines()) <= 3


def test_truth_values_that_are_neither_true_nor_false_are_refused():
    data = forge(set_array("part/e/b", np.array([True])))
    begin = 8 + int.from_bytes(data[:8], "little")
    spans = json.loads(data[8:begin])
    at = begin + spans["part/e/b"]["data_offsets"][0]
    changed = data[:at] + b"\x07" + data[at + 1 :]
    old = hashlib.sha256(data[begin:]).hexdigest().encode()
    head = data[:begin].replace(old, hashlib.sha256(changed[begin:]).hexdigest().encode())
    start = head.index(container._MARK) + len(container._MARK)
    head = head[:start] + b"0" * 64 + head[start + 64 :]
    head = head[:start] + hashlib.sha256(head).hexdigest().encode() + head[start + 64 :]
    with pytest.raises(DamagedStyle, match="neither 0 nor 1"):
        decode_style(head + changed[begin:])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"name":"a","name":"b"}', "twice"),
        ('"x":' + "[" * 40 + "]" * 40 + "}", "deeper"),
        ('"x":' + "[" * 100_000, "deeper"),
        ('"x":NaN}', "NaN"),
        ('"x":-Infinity}', "Infinity"),
        ('"x":1e999}', "too large"),
        ('"x":' + "9" * 6000 + "}", "digits"),
        ('"x":"' + '\\"' * 200_000, "JSON"),
        ('"x":1', "JSON"),
    ],
)
def test_a_header_that_is_not_strict_json_is_refused_at_once(text, reason):
    data = forge(text=text)
    began = time.process_time()
    with pytest.raises(DamagedStyle, match=reason):
        decode_style(data)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"dtype": "F32", "shape": [2**32, 2**32], "data_offsets": [0, 8]}, "shape"),
        ({"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}, "shape"),
        ({"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}, "shape"),
        ({"dtype": "F32", "shape": [1] * 60, "data_offsets": [0, 4]}, "shape"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}, "shape"),
        ({"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}, "shape"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}, "gaps"),
        ({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "bytes behind"),
        ({"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}, "type"),
        ({"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}, "type"),
        ({"dtype": "F32", "shape": [1]}, "declared"),
        ("F32", "declared"),
    ],
)
def test_an_array_that_does_not_fit_its_bytes_is_refused_before_it_is_made(entry, reason):
    raw = json.dumps({"__metadata__": {"fewnotes": "{}"}, "a": entry}).encode()
    with pytest.raises(DamagedStyle, match=reason):
        decode_style(len(raw).to_bytes(8, "little") + raw + bytes(8))


def test_a_header_above_the_cap_is_refused_unread():
    raw = b" " * (2**20 + 1)
    with pytest.raises(DamagedStyle, match="header"):
        decode_style(len(raw).to_bytes(8, "little") + raw)
    many = {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(4097)}
    raw = json.dumps({"__metadata__": {"fewnotes": "{}"}} | many).encode()
    with pytest.raises(DamagedStyle, match="4,097 arrays"):
        decode_style(len(raw).to_bytes(8, "little") + raw)


def test_two_arrays_of_one_name_are_refused():
    one = '"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    raw = ('{"__metadata__":{"fewnotes":"{}"},' + one + "," + one + "}").encode()
    with pytest.raises(DamagedStyle, match="twice"):
        decode_style(len(raw).to_bytes(8, "little") + raw)


@pytest.mark.parametrize("text", ['"' * 300_000, '"\\' * 300_000, "[]" * 300_000, '{"a":' * 30 + "1", "\\" * 300_000])
def test_the_depth_of_any_text_is_measured_in_linear_time(text):
    began = time.process_time()
    with pytest.raises(ValueError, match=r".+"):
        strict_json.loads(text)
    assert time.process_time() - began < 2


def test_hostile_model_files_are_refused_quickly_and_in_little_memory(shared):
    files = sorted((shared / "adversarial" / "model").iterdir())
    assert len(files) >= 10
    for path in files:
        tracemalloc.start()
        began = time.process_time()
        with pytest.raises((DamagedStyle, BadInput)) as caught:
            verify_file(path)
        assert time.process_time() - began < 1
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
        tracemalloc.stop()
        assert path.name in str(caught.value)


def test_nothing_is_unpickled_by_saving_or_loading(tmp_path):
    """In a process of its own, since an audit hook stays for good."""
    code = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(("pickle.", "marshal.load")) else None)
sys.path.insert(0, sys.argv[1])
import pickle, test_style as t
from fewnotes import store
from fewnotes.errors import FewnotesError
seen.clear()
store.save_style(t.some_style(), "x", sys.argv[2])
assert store.load_style("x", sys.argv[2]) == t.some_style()
evil = sys.argv[2] + "/evil.style"
open(evil, "wb").write(pickle.dumps(t.Part))
try:
    store.verify_file(evil)
except FewnotesError:
    print("refused", seen)
assert not [s for s in seen if s != "marshal.loads"], seen
pickle.loads(pickle.dumps(t.Part))
assert "pickle.find_class" in seen
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("refused")
