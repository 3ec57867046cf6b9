"""A library brought up to date in a process of its own, with the fake engine: index_once.py NAME FOLDER [PAUSE]."""

from __future__ import annotations

import sys
import time

import fake_relation

from fewnotes.store.library import Library
from fewnotes.uses._listening import indexing


def main() -> None:
    name, folder, pause = sys.argv[1], sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
    judge = fake_relation.install()
    embed = judge.embed

    def slowly(pieces, progress=None):
        time.sleep(pause)
        return embed(pieces)

    judge.embed = slowly
    indexing._BATCH = 4
    print("ready", flush=True)
    with Library(name) as library:
        put = library.put

        def put_and_tell(checkpoint, files, found):
            put(checkpoint, files, found)
            if found:
                print(f"kept {len(found)}", flush=True)

        library.put = put_and_tell
        indexing.update(library, [folder])


if __name__ == "__main__":
    main()
