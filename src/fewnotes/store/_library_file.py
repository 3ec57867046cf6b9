"""The SQLite file behind a library: its tables, and the questions that are put to them."""

from __future__ import annotations

import os
from pathlib import Path

from fewnotes.store._database import Database, Kept

#: Version 1, then what version 2 added: facts that filters ask for, as columns. A difficulty of NULL is not known yet.
_STEPS = (
    (
        "CREATE TABLE IF NOT EXISTS roots (path PRIMARY KEY) WITHOUT ROWID",
        """CREATE TABLE IF NOT EXISTS files (
            path PRIMARY KEY, root, size INTEGER, mtime_ns INTEGER, digest TEXT, state TEXT, reason TEXT, reader TEXT)
            WITHOUT ROWID""",
        "CREATE INDEX IF NOT EXISTS files_of ON files (digest)",
        """CREATE TABLE IF NOT EXISTS pieces (
            digest TEXT, number INTEGER, content TEXT, same TEXT, meter TEXT, bars INTEGER, families INTEGER,
            facts TEXT, features BLOB, PRIMARY KEY (digest, number))""",
        "CREATE INDEX IF NOT EXISTS pieces_by_content ON pieces (content)",
        """CREATE TABLE IF NOT EXISTS vectors (
            digest TEXT, number INTEGER, checkpoint TEXT, vector BLOB, PRIMARY KEY (digest, number, checkpoint))""",
        """CREATE TABLE IF NOT EXISTS heard (
            content TEXT, checkpoint TEXT, same TEXT, features BLOB, vector BLOB, PRIMARY KEY (content, checkpoint))""",
        """CREATE TABLE IF NOT EXISTS feedback (
            list TEXT, content TEXT, liked INTEGER, title TEXT, time TEXT, PRIMARY KEY (list, content))""",
    ),
    (
        "ALTER TABLE pieces ADD COLUMN seconds REAL",
        "ALTER TABLE pieces ADD COLUMN difficulty REAL",
        "UPDATE pieces SET seconds = json_extract(facts, '$.seconds')",
    ),
)

WHOLE = """
SELECT digest FROM pieces LEFT JOIN (SELECT digest AS d, number AS n FROM vectors WHERE checkpoint = ?)
ON d = digest AND n = number GROUP BY digest HAVING count(*) = count(d)
"""
DROP_ORPHANS = "DELETE FROM pieces WHERE digest NOT IN (SELECT digest FROM files)"
#: Vectors of pieces that are gone, and those of another checkpoint where there is one of this.
DROP_STALE = """
DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM pieces AS p WHERE p.digest = vectors.digest
    AND p.number = vectors.number)
OR (checkpoint <> ? AND EXISTS (SELECT 1 FROM vectors AS v WHERE v.digest = vectors.digest
    AND v.number = vectors.number AND v.checkpoint = ?))
"""
INDEX = """
SELECT p.digest, p.number, content, same, meter, bars, families, seconds, difficulty, features, vector FROM pieces AS p
JOIN vectors AS v ON v.digest = p.digest AND v.number = p.number AND v.checkpoint = ? ORDER BY p.digest, p.number
"""
HEARD = "SELECT same, features, vector FROM heard WHERE content = ? AND checkpoint = ?"
HEARD_IN_FILES = """
SELECT same, features, vector FROM pieces AS p JOIN vectors AS v ON v.digest = p.digest AND v.number = p.number
WHERE content = ? AND checkpoint = ? LIMIT 1
"""
PIECE_AT = "SELECT content FROM pieces JOIN files USING (digest) WHERE path = ? AND number = ?"
COUNTS = {
    "folders": "SELECT count(*) FROM roots",
    "files": "SELECT count(*) FROM files",
    "unreadable": "SELECT count(*) FROM files WHERE state = 'unreadable'",
    "pieces": "SELECT count(*) FROM pieces",
}
PUT_PIECE = """
INSERT OR REPLACE INTO pieces
(digest, number, content, same, meter, bars, families, facts, features, seconds, difficulty)
VALUES (?,?,?,?,?,?,?,?,?,?,?)
"""
WITHOUT_DIFFICULTY = """
SELECT digest, number, json_extract(facts, '$.quarters_per_minute'), features FROM pieces WHERE difficulty IS NULL
"""
TABLES = ("roots", "files", "pieces", "vectors", "heard", "feedback")
#: Everything below is asked with one hash three times: it may be that of a piece, of its notes, or of a file.
EDITIONS = "SELECT content, same FROM pieces WHERE content = ? OR same = ? OR digest = ?"
EDITIONS_HEARD = "SELECT content, same FROM heard WHERE content = ? OR same = ? OR content = ?"
FILES_OF = """
SELECT digest, path FROM files WHERE digest = ? OR digest IN (SELECT digest FROM pieces WHERE content = ? OR same = ?)
"""
#: A file leaves with its last piece, and with it the root that named it alone.
DROP_FILE = """
DELETE FROM files WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM pieces AS p WHERE p.digest = files.digest)
"""
DROP_ROOT = "DELETE FROM roots WHERE path = ? AND NOT EXISTS (SELECT 1 FROM files WHERE files.path = roots.path)"
HOLDS = (
    "DELETE FROM pieces WHERE content = ? OR same = ? OR digest = ?",
    "DELETE FROM heard WHERE content = ? OR same = ? OR content = ?",
    "DELETE FROM feedback WHERE content IN (?, ?, ?)",
)
DROP_LOOSE = """
DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM pieces AS p WHERE p.digest = vectors.digest
    AND p.number = vectors.number)
"""


def bound(path: str) -> str | bytes:
    """A path as SQLite takes it: text, or bytes where the system's name is no text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def unbound(value: str | bytes) -> str:
    """The path again."""
    return os.fsdecode(value) if isinstance(value, bytes) else value


def file_row(
    path: str, root: str, size: int, mtime_ns: int, *rest: str
) -> tuple[str | bytes, str | bytes, int, int, *tuple[str, ...]]:
    """A row of the table of files."""
    return (bound(path), bound(root), size, mtime_ns, *rest)


class LibraryFile(Database):
    """The file of one library, open."""

    def __init__(self, path: Path, name: str) -> None:
        mend = (
            f"fewnotes library remove {name}, then give its folder again: it is built anew from your music; "
            "only remembered likes are lost"
        )
        super().__init__(path, Kept(f"The library {name!r}", _STEPS, mend, "damaged-library"))
