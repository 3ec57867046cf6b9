"""From what a use returns to files: each whole or not at all, none overwritten that was not named."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadParameter, StoreError
from fewnotes.registry import find, names
from fewnotes.uses import Kind, Output, Result, Use, params, use_class

_DEFAULT_FORMS = "midi,musicxml"
_SIDECAR = ".json"


@dataclass
class Written:
    """Files that were written, and what their forms could not hold: (file, message)."""

    files: list[Path] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    fresh: list[Path] = field(default_factory=list)


def write_outputs(outputs: Sequence[Output], target: str | None, form: str | None) -> Written:
    """Write all outputs to a file, into a folder, or (target "-") the first to stdout.

    If one cannot be written, those that were newly made before it are removed again.
    Raises BadParameter for forms that cannot be written, StoreError for places that cannot be written to.
    """
    if not outputs:
        return Written()
    if target == "-":
        return _to_stdout(outputs, form)
    written = Written()
    try:
        for stem, suffixes, output, named in _plan(outputs, target, form):
            _write_one(stem, suffixes, output, named, written)
    except BaseException:
        for path in written.fresh:
            path.unlink(missing_ok=True)
        raise
    return written


def named_after(outputs: Sequence[Output], source: str) -> list[Output]:
    """The outputs with the name of the file they were made from, numbered from the second on."""
    if not source:
        return list(outputs)
    return [replace(o, stem=source if n == 1 else f"{source}-{n}") for n, o in enumerate(outputs, 1)]


def suffixes_of(form: str) -> list[str]:
    """Suffixes for "midi,musicxml" or ".mid,abc": names of forms or suffixes, in order, once each."""
    from fewnotes.files import writer_for

    found = []
    for word in (w.strip().lower() for w in form.split(",")):
        if word in names("codecs") and find("codecs", word).CAN_WRITE:
            found.append(find("codecs", word).SUFFIXES[0])
        elif word:
            suffix = "." + word.removeprefix(".")
            writer_for(suffix)
            found.append(suffix)
    if not found:
        raise BadParameter("--form is empty", expected="forms such as midi,musicxml,abc")
    return list(dict.fromkeys(found))


_Planned = tuple[Path, list[str], Output, bool]


def _plan(outputs: Sequence[Output], target: str | None, form: str | None) -> list[_Planned]:
    """Where each output goes: path without suffix, its suffixes, and whether the person named that very file."""
    path = Path(target) if target else Path()
    is_file = target is not None and not target.endswith(("/", "\\")) and bool(path.suffix) and not path.is_dir()
    forms = None if form is None else suffixes_of(form)
    if not is_file:
        chosen = [[o.suffix] if o.piece is None else forms or suffixes_of(_DEFAULT_FORMS) for o in outputs]
        wanted = [(path / o.stem, s, o) for o, s in zip(outputs, chosen, strict=True)]
        return [(p, s, o, False) for p, s, o in _free(wanted)]
    ending = outputs[0].suffix if outputs[0].piece is None else path.suffix
    if not path.name.lower().endswith(ending) or (forms and path.suffix.lower() not in forms):
        raise BadParameter(
            f"{path.name} is not named like what is to be written", expected=f"a name that ends in {ending or form}"
        )
    if outputs[0].piece is not None:
        _check_music(ending)
    stem = path.with_name(path.name[: -len(ending)])
    suffixes = [path.name[-len(ending) :], *(s for s in forms or () if s != ending.lower())]
    later = [(stem.with_name(f"{stem.name}-{n}"), suffixes, o) for n, o in enumerate(outputs[1:], 2)]
    return [(stem, suffixes, outputs[0], True), *((p, s, o, False) for p, s, o in _free(later))]


def _check_music(suffix: str) -> None:
    """Raises BadParameter for a suffix that no music file has; pictures and sound are made of one afterwards."""
    try:
        suffixes_of(suffix)
    except BadParameter as error:
        made = [name for name in names("uses") if _makes_files_of_a_piece(use_class(find("uses", name)))]
        known = [c for name in made for spec in params(use_class(find("uses", name))).values() for c in spec.choices]
        if suffix.lower().removeprefix(".") in known:
            error.fix = f"Write music first; then `fewnotes {made[0]} FILE -o NAME{suffix}` makes this of it"
        raise


def _makes_files_of_a_piece(use: type[Use]) -> bool:
    return use.result is Result.FILES and any(spec.kind is Kind.PIECE for spec in params(use).values())


def _free(wanted: list[tuple[Path, list[str], Output]]) -> list[tuple[Path, list[str], Output]]:
    """The same with names that are not taken: a number at the end is raised for all alike, or one is added."""
    for shift in range(100_000):
        moved = [(_shifted(path, shift), suffixes, output) for path, suffixes, output in wanted]
        taken = any(_named(path, s).exists() for path, suffixes, _ in moved for s in (*suffixes, _SIDECAR))
        if not taken:
            return moved
    raise StoreError("There are too many files of this name", fix="Choose another place with -o")


def _shifted(path: Path, shift: int) -> Path:
    found = re.fullmatch(r"(.*)-([0-9]{1,6})", path.name)
    if shift == 0:
        return path
    return path.with_name(f"{found[1]}-{int(found[2]) + shift}" if found else f"{path.name}-{shift + 1}")


def _named(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _write_one(stem: Path, suffixes: Sequence[str], output: Output, named: bool, written: Written) -> None:
    digests = {}
    for suffix in suffixes:
        path = _named(stem, suffix)
        existed = path.exists()
        if path.is_dir():
            raise StoreError(f"{path} is a folder", fix="Choose another name with -o")
        if output.piece is None:
            write_atomic(path, output.data)
        else:
            from fewnotes.files import write

            notices = write(output.piece, path, mark=output.mark)
            written.warnings += [(path.name, str(n)) for n in notices]
        written.files.append(path)
        if not existed:
            written.fresh.append(path)
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    if output.facts:
        path = _sidecar(stem, named)
        existed = path.exists()
        facts = {**output.facts, "mark": output.mark, "sha256": digests}
        write_atomic(path, json.dumps(facts, indent=2, ensure_ascii=False).encode() + b"\n")
        written.files.append(path)
        if not existed:
            written.fresh.append(path)


def _sidecar(stem: Path, named: bool) -> Path:
    """Where provenance goes: beside the file; a foreign file of that name is left alone."""
    path = _named(stem, _SIDECAR)
    if named and path.exists():
        try:
            ours = json.loads(path.read_bytes()).get("program") == "fewnotes"
        except (ValueError, AttributeError, OSError):
            ours = False
        if not ours:
            return _named(stem, ".fewnotes" + _SIDECAR)
    return path


def _to_stdout(outputs: Sequence[Output], form: str | None) -> Written:
    output = outputs[0]
    if len(outputs) > 1:
        raise BadParameter(
            f"There are {len(outputs)} results, and stdout takes one",
            expected="one result",
            fix="Name a folder with -o",
        )
    if output.piece is None:
        sys.stdout.buffer.write(output.data)
        return Written()
    from fewnotes.files import write

    with tempfile.TemporaryDirectory(prefix="fewnotes-") as folder:
        path = Path(folder) / ("piece" + suffixes_of(form or "midi")[0])
        notices = write(output.piece, path, mark=output.mark)
        sys.stdout.buffer.write(path.read_bytes())
    return Written(warnings=[("stdout", str(n)) for n in notices])
