"""doctor: is all in order here?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
from dataclasses import dataclass
from typing import ClassVar

import fewnotes
from fewnotes import store
from fewnotes.engines import Progress, no_progress
from fewnotes.registry import find, names
from fewnotes.uses import Table, Use
from fewnotes.uses.styles import verified

#: What a distribution is imported as, where that is another name.
_IMPORT_NAMES = {"pillow": "PIL"}


@dataclass(frozen=True, kw_only=True)
class Doctor(Use):
    """Check this installation: every style in the store, every engine and form, and the optional parts.

    It ends with 1 if a style is damaged or a part of the program does not load. A missing optional part is no fault.
    """

    returns: ClassVar[str] = "a list of what is there, what is missing, and what to do about it"
    example: ClassVar[str] = "fewnotes doctor"

    def run(self, progress: Progress = no_progress) -> Table:
        rows: list[tuple[str, str, str]] = []
        broken = 0
        for folder in ("codecs", "engines"):
            for name in names(folder):
                fault = _fault(folder, name)
                broken += bool(fault)
                rows.append((f"{folder[:-1]} {name}", "broken" if fault else "ok", fault))
        for extra, package in _optional_parts():
            there = importlib.util.find_spec(_IMPORT_NAMES.get(package, package)) is not None
            fix = "" if there else f'pip install "fewnotes[{extra}]"'
            rows.append((f"{package} ({extra})", "ok" if there else "missing", fix))
        rows.append(_sound())
        progress(1, 2, "Verifying styles")
        styles = verified(None)
        rows += [(f"style {row[1]}", str(row[0]), f"{row[2]}. {row[3]}") for row in styles.rows]
        facts = {
            "fewnotes": fewnotes.__version__,
            "python": f"{platform.python_version()} on {platform.system()}",
            "styles": f"{styles.title}, in {store.home_folder()}",
        }
        status = int(bool(broken) or styles.exit_status != 0)
        words = ("All is in order.",) if status == 0 else ("Something is wrong: see above.",)
        return Table(("part", "state", "what to do"), rows, "Doctor", facts, words, exit_status=status)


def _fault(folder: str, name: str) -> str:
    """Why a module does not load, or nothing."""
    try:
        find(folder, name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _optional_parts() -> list[tuple[str, str]]:
    """(extra, distribution) as the installed package declares them; each once, under its first extra."""
    found: dict[str, str] = {}
    for requirement in importlib.metadata.requires("fewnotes") or ():
        match = re.match(r"([A-Za-z0-9._-]+).*extra == ['\"]([a-z]+)['\"]", requirement)
        if match and match[1] != "fewnotes" and match[2] != "all":
            found.setdefault(match[1], match[2])
    return [(extra, package) for package, extra in found.items()]


def _sound() -> tuple[str, str, str]:
    """Whether a better synthesiser than our own can be used."""
    from fewnotes.render.audio import find_soundfont

    program, soundfont = shutil.which("fluidsynth"), find_soundfont()
    if program and soundfont:
        return "fluidsynth and a soundfont", "ok", ""
    missing = " and ".join(n for n, there in (("fluidsynth", program), ("a soundfont", soundfont)) if not there)
    return "fluidsynth and a soundfont", "missing", f"Sound works without; for better sound install {missing}"
