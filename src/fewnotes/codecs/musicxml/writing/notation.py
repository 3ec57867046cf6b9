"""The XML of notes, rests, chords and grace notes."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from fewnotes.codecs.musicxml.reading.part import FORTE_VELOCITY
from fewnotes.codecs.musicxml.writing.drums import drum_place
from fewnotes.codecs.musicxml.writing.rhythm import FLAGS, TYPES, Glyph, Tuplet
from fewnotes.codecs.musicxml.writing.spelling import Spelled
from fewnotes.music.piece import DEFAULT_VELOCITY

_TYPE_QUARTERS = dict(TYPES)


def clean(text: str) -> str:
    """Text for XML: characters that XML cannot hold are left out, the rest is escaped."""
    return escape(
        "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))
    )


def attribute(text: str) -> str:
    return quoteattr(text)


def velocity_attribute(velocity: int) -> str:
    """`dynamics` in percent of forte; nothing for the default."""
    if velocity == DEFAULT_VELOCITY:
        return ""
    return f' dynamics="{round(velocity * 100 / FORTE_VELOCITY, 2):g}"'


def pitch_xml(name: Spelled) -> str:
    alter = f"<alter>{name.alter}</alter>" if name.alter else ""
    return f"<pitch><step>{name.step}</step>{alter}<octave>{name.octave}</octave></pitch>"


def unpitched_xml(key: int) -> str:
    step, octave, _ = drum_place(key)
    return f"<unpitched><display-step>{step}</display-step><display-octave>{octave}</display-octave></unpitched>"


def notehead_xml(key: int) -> str:
    shape = drum_place(key)[2]
    return f"<notehead>{shape}</notehead>" if shape else ""


def rest_xml(glyph: Glyph, duration: int, voice: int, staff: str) -> str:
    measure = ' measure="yes"' if glyph.is_measure_rest else ""
    type_xml = "" if glyph.is_measure_rest else f"<type>{glyph.type}</type>{'<dot/>' * glyph.dots}"
    return (
        f"<note><rest{measure}/><duration>{duration}</duration><voice>{voice}</voice>{type_xml}"
        f"{time_modification(glyph)}{staff}{notations_xml(glyph, is_first=True, is_note=False)}</note>"
    )


def time_modification(glyph: Glyph) -> str:
    tuplet = glyph.tuplet
    if tuplet is None or tuplet.actual == 1:
        return ""
    return (
        f"<time-modification><actual-notes>{tuplet.actual}</actual-notes>"
        f"<normal-notes>{tuplet.normal}</normal-notes></time-modification>"
    )


def notations_xml(glyph: Glyph, is_first: bool, is_note: bool = True) -> str:
    """Ties of every note of a chord; the bracket of a tuplet at the first note only."""
    inner = ""
    if is_note and glyph.tie_in:
        inner += '<tied type="stop"/>'
    if is_note and glyph.tie_out:
        inner += '<tied type="start"/>'
    if is_first and glyph.ends_tuplet and not glyph.starts_tuplet:
        inner += '<tuplet type="stop" number="1"/>'
    if is_first and glyph.starts_tuplet and not glyph.ends_tuplet:
        inner += f'<tuplet type="start" number="1" bracket="{"no" if glyph.is_under_beam else "yes"}"/>'
    return f"<notations>{inner}</notations>" if inner else ""


def beams_xml(glyph: Glyph) -> str:
    return "".join(f'<beam number="{i}">{word}</beam>' for i, word in enumerate(glyph.beams, 1))


def tie_xml(glyph: Glyph) -> str:
    return ('<tie type="stop"/>' if glyph.tie_in else "") + ('<tie type="start"/>' if glyph.tie_out else "")


def grace_beams(types: list[str]) -> list[str]:
    """Beams of a run of grace notes of one short type; none for a single one."""
    if len(types) < 2 or len(set(types)) > 1 or types[0] not in FLAGS:
        return [""] * len(types)
    words = ["begin", *["continue"] * (len(types) - 2), "end"]
    return ["".join(f'<beam number="{n}">{w}</beam>' for n in range(1, FLAGS[types[0]] + 1)) for w in words]


def tuplet_is_under_beam(glyphs: list[Glyph], tuplet: Tuplet) -> bool:
    inside = [g for g in glyphs if g.tuplet == tuplet]
    words = [g.beams[0] if g.beams else "" for g in inside]
    return len(words) > 1 and words[0] == "begin" and words[-1] == "end" and "" not in words
