"""Piece to MusicXML 4.0 partwise, made to be read by people: staves, clefs, voices, beams, tuplets, accidentals.

The order of work: `quantise` where the time is played, `bars` (staves, voices, printed notes), `signs` (tempo,
chords), `parts` (the XML). The same piece gives the same bytes.
"""

from __future__ import annotations

from fewnotes.codecs import Encoded
from fewnotes.codecs.musicxml.writing import notation
from fewnotes.codecs.musicxml.writing.bars import Frame, PartPlan, frame_of, plan_part, too_many_voices
from fewnotes.codecs.musicxml.writing.parts import PartWriter, smallest_unit
from fewnotes.codecs.musicxml.writing.quantise import TOLERATED_SHARE, quantise, share_off_grid
from fewnotes.codecs.musicxml.writing.signs import Sign, key_signs, signs_of_score
from fewnotes.codecs.musicxml.writing.strokes import with_stroke_lengths
from fewnotes.errors import BadInput
from fewnotes.music.piece import Notice, Piece

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n<score-partwise version="4.0">\n'
)


def write(piece: Piece, mark: str) -> Encoded:
    """A piece as MusicXML; `mark` says where it comes from and stands in the rights and a field of its own.

    Raises BadInput for a piece without notes.
    """
    if not len(piece.notes):
        raise BadInput("A piece without notes cannot be written as a score", expected="at least one note")
    notices: list[Notice] = []
    piece, strokes = with_stroke_lengths(piece)
    if strokes:
        notices.append(Notice("drum-lengths", f"Drum strokes are written up to the next stroke or beat: {strokes}"))
    if share_off_grid(piece) > TOLERATED_SHARE:
        piece, moved = quantise(piece)
        by = f"{moved:.3f}" if moved >= 0.001 else "less than 0.001"
        message = f"Played time was brought onto a grid of notes, by {by} quarters on average"
        notices.append(Notice("quantised", message))
    frame = frame_of(piece)
    plans = [plan_part(piece, track, frame) for track in range(len(piece.tracks))]
    writers = _writers(piece, frame, plans)
    body = [line for writer in writers for line in writer.measures()]
    head = _identification(piece, mark) + "<part-list>\n" + "".join(w.list_entry() for w in writers) + "</part-list>\n"
    text = _HEAD + head + "".join(body) + "</score-partwise>\n"
    return Encoded(text.encode(), tuple(notices + _notices(plans, writers)))


def _writers(piece: Piece, frame: Frame, plans: list[PartPlan]) -> list[PartWriter]:
    score_signs, changes = signs_of_score(piece, frame), key_signs(piece, frame)
    unit = smallest_unit(plans, score_signs, frame)
    unit = smallest_unit([], changes, frame._replace(scale=unit))
    all_drums = all(track.is_drum for track in piece.tracks)
    writers = []
    for track, plan in enumerate(plans):
        has_key = all_drums or not plan.track.is_drum
        mine: dict[int, list[Sign]] = {}
        for source in (changes if has_key else {}, score_signs if track == 0 else {}):
            for bar, signs in source.items():
                mine.setdefault(bar, []).extend(signs)
        graces = piece.graces[piece.graces["track"] == track]
        ordered = {bar: sorted(signs, key=lambda s: s.offset) for bar, signs in mine.items()}
        writers.append(PartWriter(piece, track, plan, frame, unit, ordered, has_key, graces))
    return writers


def _identification(piece: Piece, mark: str) -> str:
    from fewnotes import __version__

    title = f"<work><work-title>{notation.clean(piece.title)}</work-title></work>\n" if piece.title else ""
    composer = f'<creator type="composer">{notation.clean(piece.composer)}</creator>' if piece.composer else ""
    mark = notation.clean(mark)
    rights = f"<rights>{mark}</rights>" if mark else ""
    field = f'<miscellaneous><miscellaneous-field name="provenance">{mark}</miscellaneous-field></miscellaneous>'
    return (
        f"{title}<identification>{composer}{rights}<encoding><software>fewnotes {__version__}</software></encoding>"
        f"{field if mark else ''}</identification>\n"
    )


def _notices(plans: list[PartPlan], writers: list[PartWriter]) -> list[Notice]:
    found = []
    for writer in writers:
        where = writer.plan.track.name or f"part {writer.number + 1}"
        if too_many_voices(writer.plan):
            found.append(Notice("voices", f"{writer.plan.voices} voices at once on one staff are hard to read", where))
        if writer.plan.approximate:
            message = f"{writer.plan.approximate} lengths have no notehead of their own; the nearest is printed"
            found.append(Notice("note-value", message, where))
        if writer.lost_graces:
            found.append(Notice("grace", f"{writer.lost_graces} grace notes lead to no note and were left out", where))
    return found
