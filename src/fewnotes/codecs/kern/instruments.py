"""Humdrum instrument codes (`*Ivioln`) and printed names (`*I"Violino`) as General MIDI programs, 0 to 127."""

from __future__ import annotations

from typing import NamedTuple

_CODES = {
    # Voices: General MIDI has one choir sound for all.
    "soprn": 52, "cant": 52, "canto": 52, "mezzo": 52, "calto": 52, "alto": 52, "tenor": 52, "barit": 52, "bass": 52,
    "vox": 53, "voice": 53, "feme": 52, "male": 52, "nfant": 52, "recit": 53, "soprano": 52, "ctenr": 52,
    "coro": 52, "quint": 52, "heldt": 52, "basso": 52,
    # Keyboards.
    "piano": 0, "pianf": 0, "fortp": 0, "klav": 0, "cemba": 6, "clavi": 7, "clave": 6, "organ": 19, "orgue": 19,
    "reedo": 20, "harmm": 20, "celst": 8, "epian": 4, "synth": 80, "accor": 21, "hurdy": 110, "regal": 20,
    # Strings, bowed and plucked.
    "violn": 40, "viola": 41, "viold": 41, "cello": 42, "cbass": 43, "violb": 42, "gamba": 42, "violt": 41,
    "viols": 40, "viole": 41, "arpa": 46, "guitr": 24, "eguit": 27, "bguit": 33, "liuto": 24, "luth": 24,
    "theor": 24, "mando": 24, "banjo": 105, "sitar": 104, "koto": 107, "shami": 106, "zithr": 15, "dulc": 15,
    "cimba": 15, "ukule": 24, "bouzo": 24, "balal": 24, "strng": 48, "archi": 48, "arcdc": 42,
    # Winds.
    "flt": 73, "picco": 72, "recor": 74, "flts": 74, "fltda": 74, "flta": 73, "fltb": 73, "oboe": 68, "oboeD": 68,
    "cangl": 69, "clars": 71, "clarp": 71, "clara": 71, "clarb": 71, "claro": 71, "clarn": 71,
    "fagot": 70, "fag_c": 70, "cfago": 70, "ctrfg": 70, "saxS": 64, "saxA": 65, "saxT": 66, "saxR": 67, "saxB": 67,
    "saxN": 64, "bagpS": 109, "bagpI": 109, "bagpN": 109, "panpi": 75, "shaku": 77, "ocari": 79, "armon": 22,
    "piri": 68, "shawm": 68, "chalu": 71, "krumh": 68, "dulcn": 70,
    # Brass.
    "cor": 60, "corno": 60, "horn": 60, "tromp": 56, "cornt": 56, "flugh": 56, "tromt": 57, "tromb": 57, "troms": 57,
    "troma": 57, "trmbn": 57, "tuba": 58, "tubaB": 58, "tubaC": 58, "tubaT": 58, "tubaU": 58, "euph": 58,
    "serpn": 58, "ophic": 58, "zink": 56, "sackb": 57,
    # Percussion with pitch.
    "timpa": 47, "xylo": 13, "marim": 12, "vibra": 11, "glock": 9, "campn": 14, "caril": 14, "chime": 14,
}  # fmt: skip

_DRUMS = frozenset(
    ("bdrum", "sdrum", "crshc", "ridec", "spshc", "piatt", "tambn", "trngl", "gong", "marac", "casts", "drums", "drmsp",
     "perc", "tomto", "conga", "bongo", "guiro", "wblok", "cwbel", "gran", "tmtam", "clap", "fingc", "hihat")
)  # fmt: skip

#: Classes (`*ICklav`) say less than codes; they count only where there is no code.
_CLASSES = {"vox": 52, "str": 48, "ww": 73, "bras": 61, "brass": 61, "klav": 0}

#: Beginnings of words in printed names, the longer first where one holds the other.
_NAMES = (
    ("violonc", 42), ("violoncel", 42), ("violone", 43), ("viola", 41), ("viole", 41), ("violin", 40), ("vln", 40),
    ("vla", 41), ("vlc", 42), ("cello", 42), ("contrab", 43), ("double bass", 43), ("bratsche", 41), ("geige", 40),
    ("harpsi", 6), ("cembal", 6), ("clavec", 6), ("fortep", 0), ("pianof", 0), ("piano", 0), ("klavier", 0),
    ("organ", 19), ("orgel", 19), ("orgue", 19), ("guitar", 24), ("chitarr", 24), ("lute", 24), ("liuto", 24),
    ("harp", 46), ("arpa", 46), ("piccolo", 72), ("recorder", 74), ("flaut", 73), ("flut", 73), ("fl\u00f6t", 73),
    ("fl\u00fbt", 73), ("obo", 68), ("hautb", 68), ("english horn", 69), ("corno ingl", 69), ("clarin", 71),
    ("klarin", 71), ("fagot", 70), ("bassoon", 70), ("basson", 70), ("sax", 65), ("trumpet", 56), ("trombon", 57),
    ("tromb", 56), ("trompet", 56), ("posaun", 57), ("cornet", 56), ("corn", 60), ("horn", 60), ("tuba", 58),
    ("timpan", 47), ("sopran", 52), ("canto", 52), ("cantus", 52), ("alto", 52), ("altus", 52), ("altvs", 52),
    ("tenor", 52), ("bariton", 52), ("basso continuo", 6), ("basso", 52), ("bassus", 52), ("voice", 53),
    ("voce", 53), ("voix", 53), ("singst", 53), ("g\u0142os", 53),
)  # fmt: skip


class Sound(NamedTuple):
    program: int = 0
    is_drum: bool = False


def sound(code: str, family: str, name: str) -> Sound:
    """The program that fits best: by code, else by printed name, else by class of instrument, else piano."""
    if code in _DRUMS:
        return Sound(0, True)
    if code in _CODES:
        return Sound(_CODES[code])
    lowered = name.lower()
    for begin, program in _NAMES:
        if begin in lowered:
            return Sound(program)
    if family in ("perc", "idio"):
        return Sound(0, True)
    return Sound(_CLASSES.get(family, 0))
