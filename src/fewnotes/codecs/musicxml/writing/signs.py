"""Signs between the notes: tempo marks, chord symbols, and key signatures within a bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from fewnotes.codecs.musicxml.chords import NO_CHORD, Harmony, harmony_of
from fewnotes.codecs.musicxml.writing import notation
from fewnotes.codecs.musicxml.writing.bars import Frame
from fewnotes.music.piece import KeySignature, Piece
from fewnotes.music.time import beat_length_tick, meter_at

#: A change of tempo smaller than this is played but not printed.
_SHOWN_CHANGE = 0.06
_BEATS = {
    Fraction(1, 4): ("16th", 0),
    Fraction(3, 8): ("16th", 1),
    Fraction(1, 2): ("eighth", 0),
    Fraction(3, 4): ("eighth", 1),
    Fraction(1): ("quarter", 0),
    Fraction(3, 2): ("quarter", 1),
    Fraction(2): ("half", 0),
    Fraction(3): ("half", 1),
}


@dataclass
class Sign:
    """`xml(offset)`: its text with an <offset> element inside. `offset`: fine ticks from the start of the bar."""

    offset: int
    xml: Callable[[str], str]
    takes_offset: bool = True
    sounds: bool = True


def signs_of_score(piece: Piece, frame: Frame) -> dict[int, list[Sign]]:
    """Tempo marks and chord symbols by bar: they stand in the first part."""
    found: dict[int, list[Sign]] = {}
    shown = 0.0
    is_played = len(piece.tempos) > max(4, len(frame.bars) // 2)
    for tempo in piece.tempos:
        bpm = tempo.quarters_per_minute
        is_shown = not shown or (not is_played and abs(bpm / shown - 1) > _SHOWN_CHANGE)
        shown = bpm if is_shown else shown
        _add(found, frame, tempo.onset_tick, _tempo_xml(piece, tempo.onset_tick, bpm, is_shown))
    for chord in piece.chords:
        _add(found, frame, chord.onset_tick, _chord_xml(chord.text), sounds=False)
    return found


def key_signs(piece: Piece, frame: Frame) -> dict[int, list[Sign]]:
    """Key signatures that change within a bar, by bar: they stand in every part."""
    onsets = {bar.onset_tick for bar in frame.bars}
    found: dict[int, list[Sign]] = {}
    for key in piece.keys:
        if key.onset_tick not in onsets:
            _add(found, frame, key.onset_tick, _key_change(key), takes_offset=False)
    return found


def _key_change(key: KeySignature) -> Callable[[str], str]:
    mode = f"<mode>{key.mode}</mode>" if key.mode else ""
    return lambda _: f"<attributes><key><fifths>{key.fifths}</fifths>{mode}</key></attributes>"


def _add(
    found: dict[int, list[Sign]],
    frame: Frame,
    tick: int,
    xml: Callable[[str], str],
    takes_offset: bool = True,
    sounds: bool = True,
) -> None:
    if not frame.bars:
        return
    onsets = [bar.onset_tick for bar in frame.bars]
    bar = max(0, int(np.searchsorted(onsets, tick, side="right")) - 1)
    offset = (tick - onsets[bar]) * frame.scale
    if offset <= frame.metres[bar].length:
        found.setdefault(bar, []).append(Sign(offset, xml, takes_offset, sounds))


def _tempo_xml(piece: Piece, tick: int, quarters_per_minute: float, is_shown: bool) -> Callable[[str], str]:
    exact = f"{quarters_per_minute:.6f}".rstrip("0").rstrip(".")
    if not is_shown:
        return lambda offset: f'<sound tempo="{exact}">{offset}</sound>'
    quarters = beat_length_tick(meter_at(piece, tick), 1)
    if quarters not in _BEATS:
        quarters = Fraction(1)
    name, dots = _BEATS[quarters]
    beats = f"{round(quarters_per_minute / float(quarters), 1):g}"
    return lambda offset: (
        '<direction placement="above"><direction-type><metronome>'
        f"<beat-unit>{name}</beat-unit>{'<beat-unit-dot/>' * dots}<per-minute>{beats}</per-minute>"
        f'</metronome></direction-type>{offset}<sound tempo="{exact}"/></direction>'
    )


def _chord_xml(text: str) -> Callable[[str], str]:
    if text == NO_CHORD:
        root = '<root><root-step text="">C</root-step></root>'
        return lambda offset: f'<harmony>{root}<kind text="{NO_CHORD}">none</kind>{offset}</harmony>'
    harmony = harmony_of(text)
    if harmony is None:
        words = notation.clean(text)
        return lambda offset: f"<harmony><function>{words}</function><kind>other</kind>{offset}</harmony>"
    return lambda offset: _harmony_xml(harmony, offset)


def _harmony_xml(harmony: Harmony, offset: str) -> str:
    def named(what: str, name: tuple[str, int]) -> str:
        alter = f"<{what}-alter>{name[1]}</{what}-alter>" if name[1] else ""
        return f"<{what}><{what}-step>{name[0]}</{what}-step>{alter}</{what}>"

    degrees = "".join(
        f"<degree><degree-value>{d.value}</degree-value><degree-alter>{d.alter}</degree-alter>"
        f"<degree-type>{d.what}</degree-type></degree>"
        for d in harmony.degrees
    )
    bass = named("bass", harmony.bass) if harmony.bass else ""
    text = notation.attribute(notation.clean(harmony.text))
    root = named("root", harmony.root)
    return f"<harmony>{root}<kind text={text}>{harmony.kind}</kind>{bass}{degrees}{offset}</harmony>"
