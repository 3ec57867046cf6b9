"""Everything the registry finds keeps its contract: nothing can be added that does not."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fewnotes.engines import Surprisal
from fewnotes.errors import NotInstalled
from fewnotes.music.piece import Piece, Track, check_piece, note_array
from fewnotes.registry import find, names
from fewnotes.testing import check_codec, check_engine, check_use, tiny_pieces


@pytest.mark.parametrize("name", names("codecs"))
def test_codec(name):
    try:
        check_codec(find("codecs", name))
    except NotInstalled as error:
        pytest.skip(error.what)


#: Engines that fit a net to each style take seconds; their own tests in tests/engines run by default.
FITTED = ("gan", "transformer", "trio")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in FITTED else ()) for name in names("engines")]
)
def test_engine(name):
    try:
        check_engine(find("engines", name))
    except NotInstalled as error:
        pytest.skip(error.what)


@pytest.mark.parametrize("name", names("uses"))
def test_use(name):
    check_use(find("uses", name))


@pytest.mark.parametrize("piece", tiny_pieces(), ids=lambda p: p.title)
def test_the_small_pieces_are_well_formed(piece):
    check_piece(piece)


# --- the checks themselves can fail ----------------------------------------------------------------------------------


class _Codec:
    """Holds everything."""

    __name__ = "sham"
    SUFFIXES = (".sham",)
    CAN_WRITE = False

    @staticmethod
    def sniff(data: bytes) -> bool:
        return data.startswith(b"SHAM")

    @staticmethod
    def decode(data: bytes, options: object) -> list[Piece]:
        return []


def test_a_codec_that_claims_nothing_at_all_is_refused():
    class Greedy(_Codec):
        """Holds everything."""

        @staticmethod
        def sniff(data: bytes) -> bool:
            return True

    with pytest.raises(AssertionError, match="does not claim nothing"):
        check_codec(Greedy())


def test_a_codec_that_lets_a_foreign_error_out_is_refused():
    class Leaky(_Codec):
        """Holds everything."""

        @staticmethod
        def decode(data: bytes, options: object) -> list[Piece]:
            raise KeyError(data)

    with pytest.raises(KeyError):
        check_codec(Leaky())


def test_a_codec_that_loses_notes_in_silence_is_refused():
    class Lossy(_Codec):
        """Holds everything."""

        CAN_WRITE = True

        @staticmethod
        def encode(piece: Piece) -> object:
            from fewnotes.codecs import Encoded

            return Encoded(b"SHAM")

        @staticmethod
        def decode(data: bytes, options: object) -> list[Piece]:
            return [Piece(480, (Track(),), note_array([(0, 480, 0, 60, 80, 0, 0)]))] if data == b"SHAM" else []

    with pytest.raises(AssertionError, match="reads back the notes"):
        check_codec(Lossy())


def test_an_engine_whose_bits_are_too_few_is_refused():
    path = Path(__file__).parent / "uses" / "fake_engine.py"
    spec = importlib.util.spec_from_file_location("fake", path)
    engine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine)
    check_engine(engine)
    engine.surprisal = lambda piece, style: Surprisal(engine.np.ones(1))
    with pytest.raises(AssertionError, match="one figure a note"):
        check_engine(engine)
