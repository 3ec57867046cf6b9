"""find("codecs", "midi"): by file name in a folder of this package, then by entry point, loaded on demand.

To add an engine, a use or a codec, add a file to its folder: nothing else has to be edited. Another
package adds one through an entry point in the group `fewnotes.engines`, `fewnotes.uses` or
`fewnotes.codecs` whose value names a module.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
from functools import cache
from types import ModuleType

from fewnotes.errors import BadParameter

FOLDERS = ("codecs", "engines", "uses", "faces")


@cache
def names(folder: str) -> tuple[str, ...]:
    """Names that `find` accepts in a folder, sorted; files that begin with "_" are private."""
    if folder not in FOLDERS:
        raise BadParameter(f"There is no folder {folder!r}", expected=f"one of {', '.join(FOLDERS)}")
    found: set[str] = set()
    for entry in importlib.resources.files(f"fewnotes.{folder}").iterdir():
        stem, dot, suffix = entry.name.partition(".")
        if not stem.startswith("_") and ((dot and suffix == "py") or (not dot and entry.is_dir())):
            found.add(stem)
    found.update(point.name for point in importlib.metadata.entry_points(group=f"fewnotes.{folder}"))
    return tuple(sorted(found))


@cache
def find(folder: str, name: str) -> ModuleType:
    """The module called `name` in a folder.

    Raises BadParameter when there is none; it lists the names there are.
    """
    if name in names(folder):
        for point in importlib.metadata.entry_points(group=f"fewnotes.{folder}", name=name):
            module = point.load()
            if isinstance(module, ModuleType):
                return module
        return importlib.import_module(f"fewnotes.{folder}.{name}")
    raise BadParameter(
        f"There is no {folder.removesuffix('s')} called {name!r}",
        expected=f"one of {', '.join(names(folder))}",
    )
