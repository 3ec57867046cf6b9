"""The key a piece is in: its signature where that can be believed, else what its notes say.

Krumhansl and Kessler 1982: how well each pitch class fits a major or minor key, as rated by listeners. The key whose
profile correlates best with the sounding time of pitch classes wins (Krumhansl 1990); the last lowest note is
heard as a hint at the tonic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.pitch import key_name

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_FINAL_BONUS = 0.25
#: A signature is disbelieved if the notes fit another key better by more than this in correlation.
_DISBELIEF = 0.35
#: Many files write "major" beside every signature: less is needed to hear the minor key that shares it.
_RELATIVE_DISBELIEF = 0.15


class Key(NamedTuple):
    """fifths: sharps positive, -7 to 7. mode: "major" or "minor"."""

    fifths: int
    mode: str

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic."""
        return (7 * self.fifths + (9 if self.mode == "minor" else 0)) % 12

    def __str__(self) -> str:
        return key_name(self.fifths, self.mode)


def key_of(tonic: int, mode: str) -> Key:
    """The key with fewest accidentals on a tonic pitch class."""
    fifths = 7 * (tonic - (9 if mode == "minor" else 0)) % 12
    return Key(fifths - 12 if fifths > 6 else fifths, mode)


def estimate_key(piece: Piece, *, final: float = _FINAL_BONUS) -> Key:
    """Major or minor key of the whole piece. C major for a piece without pitched notes and signature.

    final: how much correlation the last lowest note adds to the keys that have it as their tonic; less where it is in
    question whether the piece ends as it should.
    """
    written = piece.keys[0] if piece.keys else None
    notes = _pitched(piece)
    if len(notes) == 0:
        return Key(written.fifths, written.mode or "major") if written else Key(0, "major")
    score = _scores(notes, final)
    best = max(score, key=lambda key: score[key])
    if written is None:
        return best
    pair = [Key(written.fifths, m) for m in (("major", "minor") if not written.mode else (written.mode,))]
    # Signatures of six and seven flats or sharps sound like others: score them by tonic and mode.
    signed = max(pair, key=lambda key: score[key_of(key.tonic, key.mode)])
    if written.mode == "major":
        relative = Key(written.fifths, "minor")
        if score[key_of(relative.tonic, "minor")] - score[key_of(signed.tonic, "major")] > _RELATIVE_DISBELIEF:
            signed = relative
    return signed if score[best] - score[key_of(signed.tonic, signed.mode)] <= _DISBELIEF else best


def _pitched(piece: Piece) -> NDArray[np.void]:
    drums = np.array([t.is_drum for t in piece.tracks], bool)
    return np.asarray(piece.notes[~drums[piece.notes["track"]]])


def _scores(notes: NDArray[np.void], bonus: float) -> dict[Key, float]:
    """Correlation with each of the 24 profiles, and the bonus of the last lowest note."""
    weight = np.zeros(12)
    length = np.minimum(notes["duration_tick"].astype(float), 8.0 * np.median(notes["duration_tick"]))
    np.add.at(weight, notes["pitch"] % 12, length)
    last = notes[notes["onset_tick"] == notes["onset_tick"].max()]
    ending = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
    last = np.concatenate([last, notes[ending == ending.max()]])
    final = int(last["pitch"].min()) % 12
    found: dict[Key, float] = {}
    for tonic in range(12):
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR)):
            turned = np.roll(profile, tonic)
            fit = float(np.corrcoef(weight, turned)[0, 1]) if weight.std() > 0 else 0.0
            found[key_of(tonic, mode)] = fit + (bonus if tonic == final else 0.0)
    return found
