"""The XML of one part: its entry in the list of parts, and its measures."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from fewnotes.codecs.musicxml.writing import notation
from fewnotes.codecs.musicxml.writing.bars import BarLine, Frame, PartPlan
from fewnotes.codecs.musicxml.writing.rhythm import FLAGS, Glyph, head
from fewnotes.codecs.musicxml.writing.signs import Sign
from fewnotes.codecs.musicxml.writing.spelling import BarSigns, Spelled, spelled
from fewnotes.codecs.musicxml.writing.staves import PERCUSSION, Clef
from fewnotes.codecs.musicxml.writing.voices import Chord
from fewnotes.music.piece import KeySignature, NoteArray, Piece

_CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16)


@dataclass
class PartWriter:
    """Writes one part. `unit`: fine ticks in one division; `signs[m]`: directions and harmony of bar m."""

    piece: Piece
    number: int
    plan: PartPlan
    frame: Frame
    unit: int
    signs: dict[int, list[Sign]]
    has_key: bool
    graces: NoteArray
    lost_graces: int = 0

    @property
    def id(self) -> str:
        return f"P{self.number + 1}"

    # The list of parts

    def list_entry(self) -> str:
        track = self.plan.track
        name = notation.clean(track.name)
        keys = sorted(set(self.plan.notes["pitch"].tolist())) if track.is_drum else []
        channel = 10 if track.is_drum else _CHANNELS[self.number % len(_CHANNELS)]
        ids = [f"{self.id}-I{key + 1}" for key in keys] or [f"{self.id}-I1"]
        unpitched = [f"<midi-unpitched>{key + 1}</midi-unpitched>" for key in keys] or [""]
        instruments = "".join(
            f'<score-instrument id="{i}"><instrument-name>{name or "Part"}</instrument-name></score-instrument>'
            for i in ids
        )
        midi = "".join(
            f'<midi-instrument id="{i}"><midi-channel>{channel}</midi-channel>'
            f"<midi-program>{track.program + 1}</midi-program>{u}</midi-instrument>"
            for i, u in zip(ids, unpitched, strict=True)
        )
        return f'<score-part id="{self.id}"><part-name>{name}</part-name>{instruments}{midi}</score-part>\n'

    # Measures

    def measures(self) -> list[str]:
        out = [f'<part id="{self.id}">\n']
        graces = self._graces_by_onset()
        for m, bar in enumerate(self.frame.bars):
            implicit = ' implicit="yes"' if bar.number == 0 else ""
            out.append(f'<measure number="{bar.number}"{implicit}>\n')
            out.append(self._attributes(m))
            out.extend(self._bar(m, graces))
            if m == len(self.frame.bars) - 1:
                out.append('<barline location="right"><bar-style>light-heavy</bar-style></barline>\n')
            out.append("</measure>\n")
        out.append("</part>\n")
        self.lost_graces = sum(len(rows) for rows in graces.values())
        return out

    def _attributes(self, m: int) -> str:
        bar = self.frame.bars[m]
        parts: list[str] = []
        if m == 0:
            parts.append(f"<divisions>{self.frame.quarter // self.unit}</divisions>")
        if self.has_key:
            parts.extend(key_xml(k) for k in self.piece.keys if k.onset_tick == bar.onset_tick)
        if self.piece.meters and (m == 0 or self.frame.bars[m - 1].meter[1:] != bar.meter[1:]):
            parts.append(_time_xml(bar.meter.numerator, bar.meter.denominator))
        if m == 0:
            staves = len(self.plan.clefs)
            if staves > 1:
                parts.append(f"<staves>{staves}</staves>")
        for i, clefs in enumerate(self.plan.clefs):
            if m == 0 or clefs[m] != clefs[m - 1]:
                parts.append(_clef_xml(clefs[m], i + 1, len(self.plan.clefs)))
        return f"<attributes>{''.join(parts)}</attributes>\n" if parts else ""

    def _bar(self, m: int, graces: dict[int, list[int]]) -> list[str]:
        signs = list(self.signs.get(m, ()))
        accidentals = self._accidentals(m)
        out: list[str] = []
        cursor = 0
        for place, bar_line in enumerate(self.plan.bars[m]):
            if cursor:
                out.append(f"<backup><duration>{cursor // self.unit}</duration></backup>\n")
                cursor = 0
            mark_tuplets(bar_line.glyphs)
            for glyph in bar_line.glyphs:
                if glyph.onset > cursor:
                    out.append(self._forward(glyph.onset - cursor, bar_line))
                if place == 0:
                    signs = self._signs_before(signs, glyph, out)
                self._grace_notes(m, glyph, bar_line, graces, out)
                self._glyph(glyph, bar_line, accidentals, out)
                cursor = glyph.onset + glyph.duration
        for sign in signs:
            back = max(0, cursor - sign.offset) // self.unit
            move = f"<duration>{back}</duration>"
            wrapped = (f"<backup>{move}</backup>", f"<forward>{move}</forward>") if back else ("", "")
            out.append(f"{wrapped[0]}{sign.xml('')}{wrapped[1]}\n")
        return out

    def _forward(self, ticks: int, bar_line: BarLine) -> str:
        return (
            f"<forward><duration>{ticks // self.unit}</duration><voice>{bar_line.line.number}</voice>"
            f"{self._staff(bar_line.line.staff)}</forward>\n"
        )

    def _signs_before(self, signs: list[Sign], glyph: Glyph, out: list[str]) -> list[Sign]:
        """Print the signs that stand before the end of a glyph; those in its middle say how far in they are."""
        left: list[Sign] = []
        for sign in signs:
            inside = sign.offset - glyph.onset
            if inside >= glyph.duration or (inside > 0 and not sign.takes_offset):
                left.append(sign)
            else:
                tag = f'<offset sound="yes">{inside // self.unit}</offset>' if inside > 0 and sign.sounds else ""
                tag = tag or (f"<offset>{inside // self.unit}</offset>" if inside > 0 else "")
                out.append(sign.xml(tag) + "\n")
        return left

    # Notes

    def _staff(self, staff: int) -> str:
        return f"<staff>{staff}</staff>" if len(self.plan.clefs) > 1 else ""

    def _glyph(self, glyph: Glyph, bar_line: BarLine, accidentals: dict[tuple[int, int], str], out: list[str]) -> None:
        voice = bar_line.line.number
        if glyph.content is None:
            out.append(
                notation.rest_xml(glyph, glyph.duration // self.unit, voice, self._staff(bar_line.line.staff)) + "\n"
            )
            return
        chord: Chord = glyph.content
        for i, row in enumerate(chord.rows):
            sign = accidentals.get((id(glyph), row), "")
            pitch = int(self.plan.notes["pitch"][row])
            out.append(
                f"<note{notation.velocity_attribute(int(self.plan.notes['velocity'][row]))}>"
                f"{'<chord/>' if i else ''}{self._pitch(pitch, chord.onset)}"
                f"<duration>{glyph.duration // self.unit}</duration>{notation.tie_xml(glyph)}{self._instrument(pitch)}"
                f"<voice>{voice}</voice><type>{glyph.type}</type>{'<dot/>' * glyph.dots}"
                f"{f'<accidental>{sign}</accidental>' if sign else ''}{notation.time_modification(glyph)}"
                f"{notation.notehead_xml(pitch) if self.plan.track.is_drum else ''}"
                f"{self._staff(self.plan.staff_of[row])}{'' if i else notation.beams_xml(glyph)}"
                f"{notation.notations_xml(glyph, is_first=i == 0)}</note>\n"
            )

    def _pitch(self, pitch: int, onset: int) -> str:
        if self.plan.track.is_drum:
            return notation.unpitched_xml(pitch)
        return notation.pitch_xml(spelled(pitch, key_at(self.piece.keys, onset)))

    def _instrument(self, pitch: int) -> str:
        return f'<instrument id="{self.id}-I{pitch + 1}"/>' if self.plan.track.is_drum else ""

    def _accidentals(self, m: int) -> dict[tuple[int, int], str]:
        """Accidental to print by (glyph, row), decided in the order of time over all voices of the bar."""
        if self.plan.track.is_drum:
            return {}
        start = self.frame.bars[m].onset_tick
        signs = BarSigns(key_at(self.piece.keys, start))
        glyphs = [g for bar_line in self.plan.bars[m] for g in bar_line.glyphs if g.content is not None]
        found: dict[tuple[int, int], str] = {}
        for glyph in sorted(glyphs, key=lambda g: g.onset):
            if glyph.tie_in:
                continue
            for row in glyph.content.rows:
                name = self._spelled(row, glyph.content.onset)
                found[id(glyph), row] = signs.sign(name, self.plan.staff_of[row])
        return found

    def _spelled(self, row: int, onset: int) -> Spelled:
        return spelled(int(self.plan.notes["pitch"][row]), key_at(self.piece.keys, onset))

    # Grace notes

    def _graces_by_onset(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row in range(len(self.graces)):
            found.setdefault(int(self.graces["onset_tick"][row]), []).append(row)
        return found

    def _grace_notes(
        self, m: int, glyph: Glyph, bar_line: BarLine, graces: dict[int, list[int]], out: list[str]
    ) -> None:
        """Grace notes that lead to a note which begins here; those of a voice of its own wait for that voice."""
        if glyph.tie_in or not graces:
            return
        onset = self.frame.bars[m].onset_tick * self.frame.scale + glyph.onset
        rows = graces.get(onset // self.frame.scale, []) if onset % self.frame.scale == 0 else []
        if not rows:
            return
        others = {
            b.line.number: g.content is not None for b in self.plan.bars[m] for g in b.glyphs if g.onset == glyph.onset
        }
        mine = [r for r in rows if self._best_line(int(self.graces["voice"][r]), others) == bar_line.line.number]
        if not mine:
            return
        graces[onset // self.frame.scale] = [r for r in rows if r not in mine]
        heads = [self._grace_head(int(self.graces["duration_tick"][r])) for r in mine]
        beams = notation.grace_beams([h[0] for h in heads])
        signs = BarSigns(key_at(self.piece.keys, self.frame.bars[m].onset_tick))
        for row, (name, dots), beam in zip(mine, heads, beams, strict=True):
            pitch = int(self.graces["pitch"][row])
            sign = "" if self.plan.track.is_drum else signs.sign(self._grace_name(row), 1)
            slash = ' slash="yes"' if len(mine) == 1 and name in FLAGS else ""
            out.append(
                f"<note{notation.velocity_attribute(int(self.graces['velocity'][row]))}><grace{slash}/>"
                f"{self._pitch(pitch, int(self.graces['onset_tick'][row]))}{self._instrument(pitch)}"
                f"<voice>{bar_line.line.number}</voice>"
                f"<type>{name}</type>{'<dot/>' * dots}{f'<accidental>{sign}</accidental>' if sign else ''}"
                f"{self._staff(bar_line.line.staff)}{beam}</note>\n"
            )

    def _best_line(self, voice: int, others: dict[int, bool]) -> int:
        """The voice a grace note belongs to: its own, else the first with a note there, else the first."""
        if others.get(voice):
            return voice
        return next((number for number, has_note in others.items() if has_note), next(iter(others)))

    def _grace_head(self, duration: int) -> tuple[str, int]:
        return head(duration, self.piece.ticks_per_quarter, 1) or ("eighth", 0)

    def _grace_name(self, row: int) -> Spelled:
        return spelled(int(self.graces["pitch"][row]), key_at(self.piece.keys, int(self.graces["onset_tick"][row])))


def mark_tuplets(glyphs: list[Glyph]) -> None:
    """Note which tuplets hang under one beam and so need no bracket."""
    for glyph in glyphs:
        if glyph.starts_tuplet and glyph.tuplet is not None:
            glyph.is_under_beam = notation.tuplet_is_under_beam(glyphs, glyph.tuplet)


def smallest_unit(plans: list[PartPlan], signs: dict[int, list[Sign]], frame: Frame) -> int:
    """Fine ticks in the longest division that shows every length; a whole tick of the piece wherever that will do."""
    unit = frame.scale
    for plan in plans:
        for bar in plan.bars:
            for bar_line in bar:
                for glyph in bar_line.glyphs:
                    unit = gcd(unit, glyph.duration, glyph.onset)
    for found in signs.values():
        unit = gcd(unit, *(sign.offset for sign in found))
    return unit


def key_at(keys: tuple[KeySignature, ...], tick: int) -> KeySignature | None:
    current = None
    for key in keys:
        if key.onset_tick > tick:
            break
        current = key
    return current


def key_xml(key: KeySignature) -> str:
    mode = f"<mode>{key.mode}</mode>" if key.mode else ""
    return f"<key><fifths>{key.fifths}</fifths>{mode}</key>"


def _time_xml(numerator: int, denominator: int) -> str:
    return f"<time><beats>{numerator}</beats><beat-type>{denominator}</beat-type></time>"


def _clef_xml(clef: Clef, staff: int, staves: int) -> str:
    number = f' number="{staff}"' if staves > 1 else ""
    line = "" if clef == PERCUSSION else f"<line>{clef.line}</line>"
    octave = f"<clef-octave-change>{clef.octave}</clef-octave-change>" if clef.octave else ""
    return f"<clef{number}><sign>{clef.sign}</sign>{line}{octave}</clef>"
