"""compose: new pieces in a learned style."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import fewnotes
from fewnotes.engines import ComposeRequest, Progress, no_progress
from fewnotes.engines.relation import taste
from fewnotes.errors import BadParameter
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.pitch import key_name
from fewnotes.music.profile import bar_count, key_of, meter_name
from fewnotes.style import Style
from fewnotes.uses import Kind, Output, Result, Table, Use, param
from fewnotes.uses._personal.dial import taste_dial
from fewnotes.uses._style import engine_of, verb_of
from fewnotes.uses._words import chord_words, form_words, key_words, meter_words, pitch_words, program_words
from fewnotes.uses.check import Originality, originality, usual_borrowing


@dataclass(frozen=True)
class Draft:
    """A composed piece and what was found about it.

    bits: bits a note under the style, relation: to the style by the judge, 0 to 1; None where not measured.
    preference: the chance that this person likes it, None where nothing is known of them.
    """

    piece: Piece
    check: Originality
    bits: float | None
    relation: float | None = None
    preference: float | None = None


@dataclass(frozen=True)
class Drafts:
    """Composed pieces, best first, with what is needed to say where they come from.

    usual_bits: bits a note of pieces of the style that were left out in learning, None where unknown.
    """

    drafts: tuple[Draft, ...]
    style_name: str
    digest: str
    engine: str
    title: str
    seed: int
    request: ComposeRequest
    usual_bits: float | None

    @property
    def pieces(self) -> list[Piece]:
        return [d.piece for d in self.drafts]

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a person should know before using the pieces."""
        found = []
        for number, draft in enumerate(self.drafts, 1):
            if draft.check.verdict != "original":
                found.append(Notice(f"draft-{draft.check.verdict}", draft.check.reason, f"candidate {number}"))
        return tuple(found)

    @property
    def outputs(self) -> list[Output]:
        stem = re.sub(r"[^\w.-]+", "-", self.style_name).strip("-.") or "piece"
        return [
            Output(f"{stem}-{number}", piece=d.piece, mark=self.mark, facts=self._facts(d))
            for number, d in enumerate(self.drafts, 1)
        ]

    @property
    def mark(self) -> str:
        """Provenance in one line, written into every file that has a place for it."""
        return f"Machine-composed by fewnotes {fewnotes.__version__}, style {self.digest[:8]}, seed {self.seed}"

    def _facts(self, draft: Draft) -> dict[str, Any]:
        nearest = draft.check.nearest[0].to_dict() if draft.check.nearest else None
        return {
            "origin": "machine-composed",
            "digital_source_type": "trainedAlgorithmicMedia",
            "program": "fewnotes",
            "version": fewnotes.__version__,
            "engine": self.engine,
            "engine_title": self.title,
            "style": self.style_name,
            "style_digest": self.digest,
            "seed": self.seed,
            "candidate_hash": draft.piece.content_hash,
            "verdict": draft.check.verdict,
            "longest_run": draft.check.longest_run,
            "nearest_passage": nearest,
            "largest_share": draft.check.share,
            "searched": draft.check.against,
            "bits_per_note": draft.bits,
            "relation": draft.relation,
            "preference": draft.preference,
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "style": self.style_name,
            "style_digest": self.digest,
            "engine": self.engine,
            "engine_title": self.title,
            "seed": self.seed,
            "usual_bits_per_note": self.usual_bits,
            "candidates": [d.piece.to_dict() | self._facts(d) for d in self.drafts],
        }

    def to_table(self) -> Table:
        rows = []
        personal = any(d.preference is not None for d in self.drafts)
        for number, draft in enumerate(self.drafts, 1):
            bits = f"{draft.bits:.2f}" if draft.bits is not None else "-"
            run = f"{draft.check.longest_run} notes"
            piece = draft.piece
            shape = (key_name(*key_of(piece)), meter_name(piece)) if len(piece.notes) else ("-", "-")
            judged = f"{draft.relation:.2f}" if draft.relation is not None else "-"
            liked = (f"{draft.preference:.2f}",) if draft.preference is not None else ("-",) * personal
            found = (judged, bits, *liked, run, draft.check.verdict)
            rows.append((number, bar_count(piece), len(piece.notes), *shape, *found))
        facts: dict[str, Any] = {"style": f"{self.style_name} ({self.digest[:8]})", "engine": self.title}
        if self.usual_bits is not None:
            facts["bits a note of the style itself"] = round(self.usual_bits, 2)
        told = ("relation", "bits/note", *("liked",) * personal, "longest run", "verdict")
        columns = ("", "bars", "notes", "key", "meter", *told)
        return Table(columns, rows, "Composed, best first", facts)


@dataclass(frozen=True, kw_only=True)
class Compose(Use):
    """Compose new pieces in a learned style, the best first.

    Best is: not copied, not close to one place in the style, and most in the style for the relation network; for an
    engine without a judge, as surprising as pieces of the style that were left out in learning. That is no judgement
    of beauty: listen, and say what you like and dislike with fewnotes like and dislike; then that counts too.
    What is not asked for is as the style has it.
    """

    returns: ClassVar[str] = "pieces with their provenance: the style, the seed, the nearest passage it shares"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = 'fewnotes compose jigs --bars 16 --key "G major"'
    then: ClassVar[str] = "fewnotes render {name} -o score.svg"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    bars: int = param(Kind.INT, "Full bars to write", default=16, minimum=1, maximum=1024)
    candidates: int = param(Kind.INT, "How many pieces", default=3, minimum=1, maximum=64)
    seed: int = param(Kind.SEED, "Same seed, same pieces", default=0, minimum=0, maximum=2**63 - 1)
    key: str | None = param(Kind.STR, 'Key, such as "G minor"', default=None, optional=True)
    meter: str | None = param(Kind.STR, "Meter, such as 3/4", default=None, optional=True)
    tempo: float | None = param(Kind.FLOAT, "Quarters a minute", default=None, optional=True, minimum=5, maximum=2000)
    instruments: str | None = param(
        Kind.STR, "General MIDI programs, one a track, such as 0,33", default=None, optional=True
    )
    lowest: str | None = param(Kind.STR, "Lowest note allowed, such as C3", default=None, optional=True)
    highest: str | None = param(Kind.STR, "Highest note allowed, such as A5", default=None, optional=True)
    density: float | None = param(
        Kind.FLOAT, "Notes a quarter, all tracks together", default=None, optional=True, minimum=0.05, maximum=64
    )
    sections: str | None = param(
        Kind.STR, "Sections by letters, such as AABA; as the style has it", default=None, optional=True
    )
    chords: str | None = param(
        Kind.STR, "Chords, spread evenly over the bars, such as 'G Em C D7'", default=None, optional=True
    )
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is safer, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    taste: float = taste_dial()
    engine: str | None = param(Kind.STR, "Which engine writes; the one that learned", default=None, optional=True)

    def run(self, progress: Progress = no_progress) -> Drafts:
        """Raises BadParameter for words that are no key, meter or note, NotPossible where the engine cannot."""
        request = self.request()
        name, engine = engine_of(self.style, self.engine)
        pieces: Sequence[Piece] = verb_of(engine, name, "compose")(self.style, request, progress=progress)
        usual = usual_borrowing(self.style)
        usual_bits = self.style.profile.get("leave_one_out", {}).get("bits_per_note")
        measure = getattr(engine, "surprisal", None)
        compared = self.style.parts[name].values.get("bits_notes")
        judge = getattr(engine, "judge", None)
        relations = judge(self.style, pieces) if judge and all(len(p.notes) for p in pieces) else [None] * len(pieces)
        drafts = []
        for done, piece in enumerate(pieces):
            progress(done, len(pieces), "Checking originality")
            # Pieces grow more predictable as they go on: only figures over equally many notes compare.
            first = replace(piece, notes=piece.notes[: compared if isinstance(compared, int) else None])
            bits = measure(first, self.style).bits_per_note if measure and len(piece.notes) else None
            drafts.append(Draft(piece, originality(piece, self.style, usual), bits, relations[done]))
        progress(len(pieces), len(pieces), "Composed")
        drafts = with_preference(drafts, self.style, self.taste)
        drafts.sort(key=lambda d: rank(d, usual_bits, self.taste))
        drafts = [_titled(draft, number, self.style.name) for number, draft in enumerate(drafts, 1)]
        origin = (self.style.name, self.style.digest, name, engine.TITLE, self.seed)
        return Drafts(tuple(drafts), *origin, request, usual_bits)

    def request(self) -> ComposeRequest:
        """The words a person typed as what an engine takes."""
        lowest = pitch_words(self.lowest) if self.lowest else None
        highest = pitch_words(self.highest) if self.highest else None
        if lowest is not None and highest is not None and highest - lowest < 11:
            raise BadParameter(
                f"From {self.lowest} to {self.highest} there is too little room",
                expected="at least twelve semitones from lowest to highest",
            )
        return ComposeRequest(
            bars=self.bars,
            candidates=self.candidates,
            seed=self.seed,
            temperature=float(self.temperature),
            key=key_words(self.key) if self.key else None,
            meter=meter_words(self.meter) if self.meter else None,
            tempo=float(self.tempo) if self.tempo is not None else None,
            programs=program_words(self.instruments) if self.instruments else None,
            lowest=lowest,
            highest=highest,
            density=float(self.density) if self.density is not None else None,
            form=form_words(self.sections) if self.sections else "",
            chords=chord_words(self.chords) if self.chords else (),
        )


def _titled(draft: Draft, number: int, style_name: str) -> Draft:
    """The draft with its place as title, and a composer that a printed score cannot hide."""
    title = f"Sketch {number} in the style of {style_name}"
    return replace(draft, piece=replace(draft.piece, title=title, composer="fewnotes (machine-composed)"))


def with_preference(drafts: list[Draft], style: Style, weight: float) -> list[Draft]:
    """Drafts with how much this person likes them, where there is something to go by."""
    person = taste.mine() if weight and all(len(d.piece.notes) for d in drafts) else None
    if person is None or not person.says_something:
        return drafts
    liked = taste.preference([d.piece for d in drafts], person, style)
    return [replace(d, preference=round(float(p), 4)) for d, p in zip(drafts, liked.chance, strict=True)]


def _log_odds(chance: float) -> float:
    chance = min(0.999, max(0.001, chance))
    return math.log(chance / (1 - chance))


def rank(draft: Draft, usual_bits: float | None, weight: float = taste.WEIGHT) -> tuple[int, int, float]:
    """What drafts are sorted by: those with silent tracks last, copies before them, close ones before those, then
    the relation to the style; without a judge the distance from the surprise that is usual in it; where that is
    unknown, the length of the longest shared run.

    A preference makes up for distance: a bit a note is as much as odds e times as high, to the power of the weight,
    and as much as odds e times as high of the relation.
    """
    verdicts = {"original": 0, "close": 1, "copied": 2}
    empty = len(draft.piece.tracks) - len(set(draft.piece.notes["track"].tolist()))
    made_up = weight * _log_odds(0.5 if draft.preference is None else draft.preference)
    if draft.relation is not None:
        return empty, verdicts[draft.check.verdict], -_log_odds(draft.relation) - made_up
    if draft.bits is None or usual_bits is None:
        return empty, verdicts[draft.check.verdict], float(draft.check.longest_run) - made_up
    return empty, verdicts[draft.check.verdict], abs(draft.bits - usual_bits) - made_up
