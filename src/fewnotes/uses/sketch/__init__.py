"""sketch: many short ideas in a style at once, judged and sorted, none a copy."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import fewnotes
from fewnotes.engines import Progress, no_progress
from fewnotes.engines.gan.ideas import Idea, Request, ideas
from fewnotes.music.harmony import tonic_pitch_class
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.pitch import key_name
from fewnotes.music.profile import key_of, meter_name
from fewnotes.render import make
from fewnotes.render.sheet import Cell, sheet_svg
from fewnotes.style import Style
from fewnotes.uses import Kind, Output, Result, Table, Use, param
from fewnotes.uses._personal.dial import taste_dial
from fewnotes.uses._words import key_words, meter_words
from fewnotes.uses.sketch.learned import own_of, sketcher_of
from fewnotes.uses.sketch.locking import locks_of

_CHOICES = ("2", "4")


@dataclass(frozen=True)
class Sketches:
    """Ideas, best first. dropped: how many were drawn and not kept, by reason. sounds: WAV of each, where asked for."""

    ideas: tuple[Idea, ...]
    dropped: dict[str, int]
    style_name: str
    digest: str
    seed: int
    sounds: tuple[bytes, ...] = ()

    @property
    def pieces(self) -> list[Piece]:
        return [idea.piece for idea in self.ideas]

    @property
    def mark(self) -> str:
        """Provenance in one line, written into every file that has a place for it."""
        return f"Machine-composed by fewnotes {fewnotes.__version__}, style {self.digest[:8]}, seed {self.seed}"

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a person should know before using them."""
        asked = [Notice("sketches-few", words) for words in self._few()]
        return tuple(asked)

    def _few(self) -> list[str]:
        return [
            f"{count} drawn phrases were left out: {why}"
            for why, count in self.dropped.items()
            if count > 2 * len(self.ideas)
        ]

    @property
    def outputs(self) -> list[Output]:
        """The pieces, then the contact sheet."""
        stem = re.sub(r"[^\w.-]+", "-", self.style_name).strip("-.") or "sketch"
        wide = len(str(len(self.ideas)))
        made = [
            Output(f"{stem}-{number:0{wide}}", piece=idea.piece, mark=self.mark, facts=self._facts(idea))
            for number, idea in enumerate(self.ideas, 1)
        ]
        heard = [Output(o.stem, data=data, suffix=".wav") for o, data in zip(made, self.sounds, strict=False)]
        return [*made, *heard, Output(f"{stem}-sheet", data=self.sheet(), suffix=".svg")]

    def sheet(self) -> bytes:
        """The contact sheet as SVG."""
        cells = [
            Cell(idea.piece, (f"{number}   {_shape(idea.piece)}", _judged(idea)))
            for number, idea in enumerate(self.ideas, 1)
        ]
        return sheet_svg(cells, f"{len(cells)} sketches in the style of {self.style_name}, seed {self.seed}")

    def _facts(self, idea: Idea) -> dict[str, Any]:
        return {
            "origin": "machine-composed", "digital_source_type": "trainedAlgorithmicMedia", "program": "fewnotes",
            "version": fewnotes.__version__, "engine": "gan", "style": self.style_name, "style_digest": self.digest,
            "seed": self.seed, **idea.to_dict(),
        }  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        return {
            "style": self.style_name, "style_digest": self.digest, "engine": "gan", "seed": self.seed,
            "dropped": self.dropped, "sketches": [idea.piece.to_dict() | self._facts(idea) for idea in self.ideas],
        }  # fmt: skip

    def to_table(self) -> Table:
        personal = any(i.preference is not None for i in self.ideas)
        rows = [
            (n, len(i.piece.notes), _shape(i.piece), f"{i.relation:.2f}", *(f"{i.preference or 0:.2f}",) * personal,
             f"{i.longest_run} notes")
            for n, i in enumerate(self.ideas, 1)
        ]  # fmt: skip
        facts: dict[str, Any] = {"style": f"{self.style_name} ({self.digest[:8]})"}
        facts |= {f"left out, {why}": count for why, count in self.dropped.items() if count}
        return Table(
            ("", "notes", "key and meter", "relation", *("liked",) * personal, "longest shared run"),
            rows,
            "Sketched, best first",
            facts,
        )


def _judged(idea: Idea) -> str:
    liked = "" if idea.preference is None else f"liked {idea.preference:.2f}, "
    return f"relation {idea.relation:.2f}, {liked}longest shared run {idea.longest_run} notes"


def _shape(piece: Piece) -> str:
    return f"{key_name(*key_of(piece))}, {meter_name(piece)}" if len(piece.notes) else "silent"


@dataclass(frozen=True, kw_only=True)
class Sketch(Use):
    """Sketch many short ideas in a style, of two or four bars, the most like it first.

    Near duplicates, ideas with an empty bar and copies of the style's own pieces are left out. With --like PIECE and
    --lock, what is locked of its first bars stays: rhythm, contour (ups and downs), melody, harmony, bass or drums.
    A sketch is a piece like any other: render it, check it, or sketch on from it. fewnotes like and dislike say which
    you like: then more like those come first.
    """

    returns: ClassVar[str] = "pieces with their provenance, and a contact sheet (SVG) that shows them all"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = "fewnotes sketch jigs --count 16 -o ideas/"
    then: ClassVar[str] = "fewnotes render {name} -o idea.wav"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    count: int = param(Kind.INT, "How many ideas", default=16, minimum=1, maximum=256)
    bars: str = param(Kind.CHOICE, "Bars of each", default="4", choices=_CHOICES)
    seed: int = param(Kind.SEED, "Same seed, same ideas", default=0, minimum=0, maximum=2**31 - 1)
    key: str | None = param(Kind.STR, 'Key, such as "G minor"', default=None, optional=True)
    meter: str | None = param(Kind.STR, "Meter, such as 3/4, one that the style has", default=None, optional=True)
    tempo: float | None = param(Kind.FLOAT, "Quarters a minute", default=None, optional=True, minimum=5, maximum=2000)
    density: float | None = param(
        Kind.FLOAT, "Notes a quarter, all tracks together", default=None, optional=True, minimum=0.05, maximum=64
    )
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is more alike, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    like: Piece | None = param(Kind.PIECE, "A piece whose first bars something is kept of", default=None, optional=True)
    lock: str | None = param(
        Kind.STR, "What is kept of it, such as rhythm or bass,contour", default=None, optional=True
    )
    taste: float = taste_dial()
    sound: bool = param(Kind.BOOL, "With a WAV file of each, or without", default=False)

    def run(self, progress: Progress = no_progress) -> Sketches:
        """Raises BadParameter, NotPossible where the style has no such meter, BadInput, NotInstalled without torch."""
        key = key_words(self.key) if self.key else None
        request = Request(
            count=self.count,
            bars=int(self.bars),
            seed=self.seed,
            tonic=tonic_pitch_class(*key) if key else None,
            minor=key[1] == "minor" if key else None,
            meter=meter_words(self.meter) if self.meter else None,
            tempo=self.tempo,
            density=self.density,
            temperature=float(self.temperature),
            locks=locks_of(self.like, self.lock),
        )
        found, dropped = ideas(sketcher_of(self.style, progress), own_of(self.style, self.taste), request, progress)
        titled = [_titled(idea, number, self.style.name) for number, idea in enumerate(found, 1)]
        sounds = tuple(make(idea.piece, ".wav").pages[0] for idea in titled) if self.sound else ()
        return Sketches(tuple(titled), dropped, self.style.name, self.style.digest, self.seed, sounds)


def _titled(idea: Idea, number: int, style_name: str) -> Idea:
    title = f"Idea {number} in the style of {style_name}"
    return replace(idea, piece=replace(idea.piece, title=title, composer="fewnotes (machine-composed)"))
