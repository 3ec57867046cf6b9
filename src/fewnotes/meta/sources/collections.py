"""The corpus inside the music21 package as collections of one style each: for benchmarks and tests only.

Found without importing music21. Nothing of it may enter weights that are given away: the Essen songs are for
non-commercial use, the Palestrina edition reserves derived forms, most of the rest states no licence.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import re
from pathlib import Path
from typing import NamedTuple

from fewnotes.meta.rows import Row
from fewnotes.meta.sources.books import tunes

NAME = "music21"
OTHER = "m21_other"
_SUFFIXES = (".abc", ".mxl", ".xml", ".musicxml", ".krn", ".mid")


class Collection(NamedTuple):
    """A style: files by a pattern below the corpus folder, tunes of a book by a header field (R rhythm, O origin)."""

    style: str
    family: str
    files: str
    field: str = ""
    matches: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def _essen(style: str, files: str, field: str = "", matches: str = "", region: str = "Germany") -> Collection:
    return Collection(
        f"m21_essen_{style}", "Essen folk song", f"essenFolksong/{files}", field, matches, (("region", region),)
    )


def _dances(book: str, folder: str, family: str, kinds: tuple[tuple[str, str], ...]) -> list[Collection]:
    """One collection a dance, by the R: field; what is left is the book's own rest."""
    files = f"{folder}/*.abc"
    facts = (("period", ""), ("region", "Ireland" if book == "oneill" else "USA"))
    found = [
        Collection(f"m21_{book}_{name}", family, files, "R", pattern, (*facts, ("dance", name.replace("_", " "))))
        for name, pattern in kinds
    ]
    return [*found, Collection(f"m21_{book}_other", family, files, "", "", facts)]


def _works(style: str, family: str, files: str, composer: str, period: str) -> Collection:
    return Collection(f"m21_{style}", family, files, "", "", (("composer", composer), ("period", period)))


_SLIP, _JIG = ("slip_jig", r"slip ?jig"), ("jig", r"(double )?jig|slide")
#: The first that fits is the style of a piece.
COLLECTIONS: tuple[Collection, ...] = (
    _works("bach_chorale", "chorale", "bach/*.mxl", "Bach, Johann Sebastian", "Baroque"),
    _works("beethoven_quartet", "string quartet", "beethoven/*.mxl", "Beethoven, Ludwig van", "Classical"),
    _works("mozart_quartet", "string quartet", "mozart/k[148]*/movement[0-9].mxl", "Mozart, W. A.", "Classical"),
    _works("haydn_quartet", "string quartet", "haydn/*.mxl", "Haydn, Joseph", "Classical"),
    _works("monteverdi_madrigal", "madrigal", "monteverdi/*[0-9].mxl", "Monteverdi, Claudio", "Baroque"),
    _works("palestrina_mass", "Renaissance mass", "palestrina/*.krn", "Palestrina, G. P. da", "Renaissance"),
    _works("josquin", "Renaissance vocal", "josquin/*.abc", "Josquin des Prez", "Renaissance"),
    *(
        _works("trecento_mass", "trecento", f"trecento/PMFC_*{part}*.xml", "", "Medieval")
        for part in ("Kyrie", "Gloria", "Credo", "Sanctus", "Agnus", "Benedicamus")
    ),
    _works("trecento_secular", "trecento", "trecento/PMFC_*.xml", "", "Medieval"),
    _essen("children", "kinder0.abc"),
    _essen("xiaodiao", "han?.abc", "R", ".*xiao ?diao", "China"),
    _essen("shange", "han?.abc", "R", ".*shan ?ge", "China"),
    _essen("china", "han?.abc", region="China"),
    _essen("luxembourg", "lux.abc", region="Luxembourg"),
    _essen("lorraine", "lot.abc", region="Lorraine"),
    _essen("ireland", "irl.abc", region="Ireland"),
    _essen("old_german", "altdeu?0.abc"),
    _essen("yugoslavia", "*.abc", "O", ".*jugoslawien", "Yugoslavia"),
    _essen("austria", "*.abc", "O", ".*(oesterreich|tirol|steiermark)", "Austria"),
    _essen("switzerland", "*.abc", "O", ".*schweiz", "Switzerland"),
    _essen("netherlands", "*.abc", "O", "mitteleuropa, niederlande", "Netherlands"),
    _essen("ballad", "ballad?0.abc"),
    _essen("germany", "*.abc", "O", ".*deutschland"),
    _essen("other", "*.abc", region=""),
    Collection("m21_aird", "British and Irish airs", "airdsAirs/*.abc", facts=(("region", "Scotland"),)),
    *_dances(
        "oneill",
        "oneills1850",
        "Irish dance",
        (_SLIP, _JIG, ("reel", "reel"), ("hornpipe", "hornpipe"), ("air", "air")),
    ),
    *_dances(
        "ryan",
        "ryansMammoth",
        "Irish dance",
        (_SLIP, _JIG, ("reel", "reel"), ("hornpipe", "hornpipe"), ("strathspey", "strathspey"), ("clog", "clog")),
    ),
    Collection("m21_northumbrian", "Northumbrian pipe tunes", "miscFolk/northumb*.abc", facts=(("region", "Britain"),)),
    Collection("m21_american_fife", "fife tunes", "miscFolk/americanfife*.abc", facts=(("region", "USA"),)),
    Collection(OTHER, "other", "*"),
)


def folder() -> Path | None:
    """The corpus folder of an installed music21; None if there is none."""
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "corpus"
    return found if found.is_dir() else None


def rows(root: Path | None = None) -> list[Row]:
    """One row a file, and one a tune of a book."""
    root = root or folder()
    if root is None:
        return []
    found: list[Row] = []
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        book = tunes(path) if path.suffix.lower() == ".abc" else []
        if len(book) < 2:
            found.append(_row(name, path, book[0].fields if book else {}))
            continue
        found.extend(_row(f"{name}#{t.number}", path, t.fields, t.text) for t in book)
    return found


def collection_of(name: str, fields: dict[str, str]) -> Collection:
    """The first collection that a file, or a tune with these header fields, belongs to."""
    file = name.partition("#")[0]
    for collection in COLLECTIONS:
        if fnmatch.fnmatchcase(file, collection.files) and (
            not collection.field or re.match(collection.matches, fields.get(collection.field, ""), re.IGNORECASE)
        ):
            return collection
    return COLLECTIONS[-1]


def _row(name: str, path: Path, fields: dict[str, str], part: str | None = None) -> Row:
    collection = collection_of(name, fields)
    facts = dict(collection.facts)
    licence, credit = _terms(name)
    return Row(
        key=f"{NAME}/{name}",
        style=collection.style,
        source=NAME,
        path=path,
        part=part,
        family=collection.family,
        composer=facts.get("composer", fields.get("C", "")),
        region=facts.get("region", ""),
        dance=facts.get("dance", ""),
        period=facts.get("period", ""),
        title=fields.get("T", path.stem),
        licence=licence,
        attribution=credit,
    )


def _terms(name: str) -> tuple[str, str]:
    """Licence and whom to name."""
    if name.startswith("essenFolksong/"):
        return "non-commercial", "Essen Folksong Database, H. Schaffrath, E. Dahlig-Turek; ABC by S. Shlien"
    if name.startswith("palestrina/"):
        return "derived forms reserved", "Palestrina masses, as distributed with music21"
    return "not stated", "as distributed with music21"
