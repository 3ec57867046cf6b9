"""A library of tens of thousands: its index on disk, and memory and time of a query in a process of its own.

The pieces are those of a smaller library again and again, with noise of a tenth of a standard deviation added to
embeddings and features; paths, hashes and facts are made up. What is measured does not depend on what they say, only on
how many there are and how large.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from fewnotes.engines import relation
from fewnotes.store.library import READ, Found, Known, Library

_BLOCK = 1000
#: Asked in a fresh process: the first query loads everything, the others find it in the cache of the disk.
_ASK = """
import json, resource, sys, time
import numpy as np
from fewnotes.engines import relation
from fewnotes.store.library import Library
from fewnotes.uses._listening import scores
from fewnotes.uses.recommend.personal import Person
from fewnotes.uses.recommend.ranking import Filters, choose, reasons, usual

def peak():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)

relation.judge()
idle = peak()
found = {"rounds": int(sys.argv[1])}
with Library("scale", create=False) as library:
    begin = time.perf_counter()
    index = library.index(relation.judge().digest)
    found["index read, s"] = round(time.perf_counter() - begin, 3)
    found["after the index, MiB more"] = round(peak() - idle, 1)
    part = relation.learn_vectors(index.vectors[:5], np.zeros((0, index.vectors.shape[1]), np.float32))

    def ask(filters, person):
        passed = filters.mask(index)
        asked = np.flatnonzero(passed)
        related = np.zeros(len(index))
        related[asked] = scores(part, index.vectors[asked])
        if person:
            related = Person.here(1.0, index, asked).weighed(related)
        chosen = choose(index, related, passed, 10, 0.2)
        common = usual(index, index.features[:5])
        return [reasons(index.features[i], index.features[:5], common) for i in chosen]

    narrow = Filters("3/4", "", (8, None), (None, 120.0), (None, 5.0))
    for name, filters, person in (("all pieces", Filters(), 0), ("filtered", narrow, 0), ("with taste", Filters(), 1)):
        times = []
        for _ in range(found["rounds"]):
            began, worked = time.perf_counter(), time.process_time()
            ask(filters, person)
            times.append((time.perf_counter() - began, time.process_time() - worked))
        clock, worked = np.median(times, axis=0)
        found[f"query, {name}, ms"] = {"clock": round(1000 * clock, 1), "processor": round(1000 * worked, 1)}
    found["filtered to"] = int(narrow.mask(index).sum())
found["peak, MiB"] = {"judge alone": idle, "after queries": peak()}
print(json.dumps(found))
"""


def scaled(features: np.ndarray, vectors: np.ndarray, count: int, rounds: int = 10) -> dict[str, Any]:
    """Make the index, ask it; all figures. features: (n, F). vectors: (n, D)."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "FEWNOTES_HOME": home}
        begin = time.perf_counter()
        made(home, features, vectors, count)
        took = time.perf_counter() - begin
        size = sum(p.stat().st_size for p in Path(home).rglob("*") if p.is_file())
        told_likes(home, 40)
        asked = subprocess.run(
            [sys.executable, "-c", _ASK, str(rounds)], env=environment, capture_output=True, text=True, check=True
        )
        walked = looked(Path(home) / "music", count, environment)
    return {
        "pieces": count, "made of": f"{len(features):,} real pieces, repeated with noise",
        "index on disk, MiB": round(size / 2**20, 1), "index written, s": round(took, 1), **json.loads(asked.stdout),
        **walked, "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
    }  # fmt: skip


def made(home: str, features: np.ndarray, vectors: np.ndarray, count: int) -> None:
    """An index as an update would have left it, some thousand pieces a transaction."""
    rng = np.random.default_rng(0)
    noise = [0.1 * x.std(axis=0) for x in (features, vectors)]
    checkpoint = relation.judge().digest
    with Library("scale", home) as library:
        library.add_roots([str(Path(home) / "music")])
        for at in range(0, count, _BLOCK):
            files, found = [], {}
            for number in range(at, min(at + _BLOCK, count)):
                digest = hashlib.sha256(str(number).encode()).hexdigest()
                path = Path(home) / "music" / f"{number % 500:03}" / f"{number:06}.mid"
                files.append(Known(str(path), str(path.parents[1]), 5000, number, digest, READ, "", "0"))
                row = number % len(features)
                x, v = (a[row] + n * rng.normal(size=len(n)) for a, n in zip((features, vectors), noise, strict=True))
                facts = {"title": f"Tune {number}", "composer": "", "meter": "4/4", "key": "C major", "bars": 32}
                found[digest] = [Found(
                    1, hashlib.sha256(digest.encode()).hexdigest(), hashlib.sha256(digest[:9].encode()).hexdigest(),
                    ("4/4", "3/4", "6/8")[number % 3], 8 + number % 64, 1 << number % 6, facts, x.astype(np.float32),
                    v.astype(np.float32), float(10 + number % 300), 1 + number % 90 / 10,
                )]  # fmt: skip
            library.put(checkpoint, files, found)


def told_likes(home: str, count: int) -> None:
    """Likes and dislikes, so that a taste has something to go by."""
    from fewnotes.music.edit import transpose
    from fewnotes.store.tastes import Opinion, Tastes
    from fewnotes.testing import tiny_chorale, tiny_melody

    with Tastes(home) as tastes:
        tastes.say(
            Opinion(transpose((tiny_chorale, tiny_melody)[n % 2](), n // 2 - 9), n % 2 == 0) for n in range(count)
        )


#: Time and memory of one look at a folder of so many empty files.
_LOOK = """
import json, resource, time
from fewnotes.store.library import Library
from fewnotes.uses._listening.watching import _looked
with Library("scale", create=False) as library:
    found, took = _looked(library)
print(json.dumps({"files looked at": len(found), "one look of watch, s": round(took, 2),
                  "peak of watch, MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}))
"""


def looked(folder: Path, count: int, environment: dict[str, str]) -> dict[str, Any]:
    """What `watch` costs between two updates."""
    for number in range(count):
        path = folder / f"{number % 500:03}" / f"{number:06}.mid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    done = subprocess.run([sys.executable, "-c", _LOOK], env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))
