"""What was repaired or dropped while reading, gathered to one Notice a kind."""

from __future__ import annotations

from fewnotes.music.piece import Notice

_MESSAGES = {
    "latin-1": "The text is not UTF-8; it was read as Latin-1",
    "spaces-for-tabs": "Columns are parted by spaces in place of tabs; runs of spaces were taken as tabs",
    "not-terminated": "The music has no terminator (*-); it was read to the end of the file",
    "after-end": "There is text after the end of the music (*-); it was left out",
    "too-many-columns": "A line has more columns than there are spines; the last were left out",
    "too-few-columns": "A line has fewer columns than there are spines; the missing ones count as empty",
    "long-token": "A chord or instruction is longer than 2,000 characters; the rest of it was left out",
    "mixed-line": "A line mixes notes with barlines or instructions; the notes in it were left out",
    "spine-path": "A spine is joined, exchanged or added in a way that cannot be done; the instruction was left out",
    "spines-not-read": "Columns that are not **kern were left out",
    "untyped-spine": "A spine was added without saying what it holds; it was left out",
    "bad-note": "Something is neither a note nor a rest; it was left out",
    "mixed-pitch": "A note names several pitches; the first was taken",
    "pitch-range": "A note is outside the range of MIDI keys 0 to 127; it was left out",
    "no-duration": "A note has no duration; it was taken as a quarter",
    "bad-duration": "A note's duration is no note value; it was taken as a quarter",
    "many-dots": "A note has more than six dots; six were taken",
    "chord-durations": "The notes of a chord differ in duration; the first counts for the rhythm",
    "spines-apart": "The spines do not come out even; notes were aligned to the other spines",
    "bars-uneven": "Bars are not as long as their meter says; the barlines of the file were kept",
    "tie-not-closed": "A tie is opened but never closed; its note ends where it is written to",
    "tie-not-opened": "A tie is closed but was never opened; its note stands alone",
    "bad-meter": "A meter cannot be held; it was left out",
    "bad-key": "A key signature is not one of the usual ones; its sharps or flats were counted",
    "bad-tempo": "A tempo is outside 5 to 2000 quarters a minute; it was left out",
    "spines-disagree": "Spines differ in meter or key; what most of them say was taken",
    "instrument-change": "An instrument changes within the piece; the first one was kept",
    "transposed": "The notes are marked as transposed (*Tr); they were brought back to sounding pitch",
    "expansion-label": "The order of sections names one that is not there; it was left out",
    "expansion-long": "Playing out the sections would take too long; the music stands once, as written",
    "rhythm-rounded": "The rhythm needs finer steps than can be held; durations were rounded",
    "empty-piece": "A part of the file holds no notes; it was left out",
}


class FaultLog:
    """Counts faults by kind and remembers the first few lines; lines count from 1, 0 is the whole file."""

    def __init__(self) -> None:
        self._lines: dict[str, list[int]] = {}
        self._counts: dict[str, int] = {}
        self._details: dict[str, str] = {}

    def add(self, code: str, line: int = 0, detail: str = "") -> None:
        self._counts[code] = self._counts.get(code, 0) + 1
        lines = self._lines.setdefault(code, [])
        if line and len(lines) < 3 and line not in lines:
            lines.append(line)
        if detail:
            self._details.setdefault(code, detail)

    def notices(self) -> tuple[Notice, ...]:
        return tuple(Notice(code, self._message(code), self._where(code)) for code in self._counts)

    def _message(self, code: str) -> str:
        detail = self._details.get(code, "")
        return f"{_MESSAGES[code]}: {detail}" if detail else _MESSAGES[code]

    def _where(self, code: str) -> str:
        lines, count = self._lines.get(code, []), self._counts[code]
        if not lines:
            return ""
        named = ", ".join(str(n) for n in lines)
        more = f" and {count - len(lines):,} more" if count > len(lines) else ""
        return f"line{'s' if len(lines) > 1 else ''} {named}{more}"
