"""The developers' corpus of 152 styles, by its manifest. Users' clones do not have it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from fewnotes.errors import BadInput
from fewnotes.meta.rows import Row
from fewnotes.meta.sources.periods import period_of

NAME = "shared"
_MANIFEST = "manifest.csv"
_COLUMNS = {"path", "split", "style", "family", "source_repo", "licence", "title", "composer", "encoder", "notes"}
#: Whom to name, by the owner of the source repository.
_CREDIT = {
    "OpenScore/Lieder": "OpenScore Lieder Corpus",
    "OpenScore/StringQuartets": "OpenScore String Quartets",
    "MarkGotham/Hauptstimme": "OpenScore Orchestra / Hauptstimme",
    "pl-wnifc/humdrum-polish-scores": "Polish Music Heritage in Open Access, The Fryderyk Chopin Institute",
    "MutopiaProject/MutopiaProject": "The Mutopia Project",
    "freedoom/freedoom": "Contributors to the Freedoom project",
    "polifonia-project/folk_ngram_analysis": "Ceol Rince na hEireann corpus, Polifonia project; Bill Black",
    "00sapo/OpenEWLD": "OpenEWLD, F. Simonetta",
    "OpenTTD/OpenMSX": "OpenMSX authors",
    "jukedeck/nottingham-dataset": "Nottingham Music Database, E. Foxley; cleaned by Jukedeck",
}
_REGIONS = (
    ("pl_galician", "Ukraine"),
    ("pl_", "Poland"),
    ("cre_", "Ireland"),
    ("nottingham_", "Britain"),
    ("swedish_", "Sweden"),
    ("leadsheet_", "USA"),
)
_DANCES = {"slipjig": "slip jig", "morris": "morris dance"}
_DANCE_STYLES = ("cre_", "nottingham_")


def folder() -> Path | None:
    """Where it lies: $FEWNOTES_CORPUS, else $FEWNOTES_SHARED/corpus, else beside the clone; None if nowhere."""
    named = os.environ.get("FEWNOTES_CORPUS")
    shared = os.environ.get("FEWNOTES_SHARED")
    beside = Path(__file__).resolve().parents[4].parent / "shared"
    chosen = Path(named) if named else (Path(shared) if shared else beside) / "corpus"
    return chosen if (chosen / _MANIFEST).is_file() else None


def rows(root: Path | None = None) -> list[Row]:
    """One row a line of the manifest; none where there is no such corpus.

    Raises BadInput if the manifest lacks a column.
    """
    root = root or folder()
    if root is None:
        return []
    with (root / _MANIFEST).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = _COLUMNS - set(reader.fieldnames or ())
        if missing:
            raise BadInput(
                f"{root / _MANIFEST} lacks the columns {', '.join(sorted(missing))}",
                expected="the manifest of the shared corpus",
                fix="Set FEWNOTES_CORPUS to the folder that holds it",
            )
        return [_row(root, line) for line in reader]


def _row(root: Path, line: dict[str, str]) -> Row:
    style, composer = line["style"], line["composer"]
    credit = _CREDIT.get(line["source_repo"], line["source_repo"])
    if line["encoder"]:
        credit += f"; {line['encoder']}"
    dance = style.partition("_")[2] if style.startswith(_DANCE_STYLES) else ""
    return Row(
        key=f"{NAME}/{line['path']}",
        style=style,
        source=NAME,
        path=root / line["path"],
        family=line["family"],
        composer="" if composer.lower() in ("", "anonim", "anonymous") else composer,
        region=next((region for start, region in _REGIONS if style.startswith(start)), ""),
        dance=_DANCES.get(dance, dance),
        period=period_of(style, line["family"]),
        title=line["title"],
        licence=line["licence"],
        attribution=credit,
        given_split=line["split"],
        source_hash=line.get("content_hash", ""),
        notes=int(line["notes"] or 0),
    )
