"""What people do: one file = one use, declared once, reached by every face.

A use module (named as its verb) holds one frozen dataclass that derives from `Use`, named as the module in
capitals-camel (`learn.py` holds `Learn`). Its fields are the parameters, made with `param`; its docstring's
first line is the help; `run` does the work. The CLI flags, the JSON schema, the Python function and the
contract test derive from that one place.

Field kinds are closed: see `Kind`. Result kinds too: see `Result`. Every result but a Style has `to_dict()` and
`to_table()`; what is to become files stands in its `outputs`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadParameter
from fewnotes.music.piece import Notice, Piece


class Kind(Enum):
    """What a parameter holds. Faces turn text, uploads or widgets into these, and only these."""

    PIECE = "piece"
    PIECES = "list of pieces"
    STYLE = "style"
    MUSIC = "piece or style"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STR = "str"
    NAMES = "list of names"
    CHOICE = "choice"
    SEED = "seed"
    BARS = "bar range"


class Result(Enum):
    """What `run` returns, so that a face knows what to do with it before it runs.

    STYLE: a Style, to be kept in the store. REPORT: something with `to_dict()` and `to_table()`.
    PIECES: a report whose `outputs` hold pieces, to be written in any form. FILES: a report whose `outputs` hold bytes.
    """

    STYLE = "style"
    REPORT = "report"
    PIECES = "pieces"
    FILES = "files"


@dataclass(frozen=True)
class Output:
    """One thing a use made that is to become one or more files, all with the same stem.

    stem: the file name without folder and suffix. piece: written by a codec. data: written as it is, with `suffix`.
    mark: provenance that goes into the file. facts: provenance that goes into a sidecar; empty for no sidecar.
    """

    stem: str
    piece: Piece | None = None
    data: bytes = b""
    suffix: str = ""
    mark: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Param:
    """One described, bounded parameter. minimum and maximum bound numbers, and the length of lists.

    positional: the CLI takes it as an argument, not as a flag. optional: None is allowed.
    from_suffix: a choice that follows from the suffix of the output path where that is given.
    off: what the flag that says no to a BOOL is called, where `--no-NAME` would say less.
    """

    kind: Kind
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    positional: bool = False
    optional: bool = False
    from_suffix: bool = False
    off: str = ""


def param(kind: Kind, help: str, *, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """A dataclass field that carries its `Param`; without default it is required."""
    return field(default=default, metadata={"param": Param(kind, help, **bounds)})


@dataclass(frozen=True, kw_only=True)
class Use:
    """Base of all uses: fields are parameters, `run()` is the act. Bounds are checked at construction.

    Raises BadParameter naming the parameter, what came, and what is allowed.
    """

    #: Shown by `--help` under "what you get".
    returns: ClassVar[str] = ""
    result: ClassVar[Result] = Result.REPORT
    #: One command line that shows the use at work.
    example: ClassVar[str] = ""
    #: What to do with the result next, as a command line; {name} is the name of the style or file.
    then: ClassVar[str] = ""
    #: The CLI takes the output path as its last argument instead of -o.
    output_argument: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name, spec in params(type(self)).items():
            check_value(name, getattr(self, name), spec)

    def run(self, progress: Progress = no_progress) -> Any:
        raise NotImplementedError


def params(use: type[Use]) -> dict[str, Param]:
    """The parameters of a use in order of declaration."""
    return {f.name: f.metadata["param"] for f in dataclasses.fields(use) if "param" in f.metadata}


def flag_names(name: str, spec: Param) -> tuple[str, ...]:
    """The flags of a parameter on a command line; for a BOOL the one that says yes, then the one that says no.

    A name of one letter is a short flag too.
    """
    word = name.replace("_", "-")
    if spec.kind is Kind.BOOL:
        return f"--{word}", f"--{spec.off or 'no-' + word}"
    return (f"-{word}", f"--{word}") if len(word) == 1 else (f"--{word}",)


def use_class(module: ModuleType) -> type[Use]:
    """The one class of a use module."""
    stem = module.__name__.rpartition(".")[2]
    found: type[Use] = getattr(module, "".join(word.capitalize() for word in stem.split("_")))
    return found


def check_value(name: str, value: Any, spec: Param) -> None:
    """Raises BadParameter if `value` is not what `spec` allows."""
    if value is None:
        if not spec.optional:
            raise BadParameter(f"{name} is missing", expected=spec.help)
        return
    _check_music(name, value, spec.kind)
    measure: float | None = None
    if spec.kind in (Kind.INT, Kind.SEED):
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadParameter(f"{name} is {value!r}", expected="a whole number")
        measure = value
    elif spec.kind is Kind.FLOAT:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:
            raise BadParameter(f"{name} is {value!r}", expected="a number")
        measure = value
    elif spec.kind is Kind.PIECES:
        measure = len(value)
    elif spec.kind is Kind.CHOICE and value not in spec.choices:
        raise BadParameter(f"{name} is {value!r}", expected=f"one of {', '.join(spec.choices)}")
    if measure is None:
        return
    unit = " pieces" if spec.kind is Kind.PIECES else ""
    if spec.minimum is not None and measure < spec.minimum:
        raise BadParameter(f"{name} is {measure:g}{unit}", expected=_bounds(spec) + unit)
    if spec.maximum is not None and measure > spec.maximum:
        raise BadParameter(f"{name} is {measure:g}{unit}", expected=_bounds(spec) + unit)


def _check_music(name: str, value: Any, kind: Kind) -> None:
    """A path or a name where a Piece or a Style is wanted is the commonest slip in Python: say what to do."""
    from fewnotes.style import Style

    wanted: dict[Kind, tuple[tuple[type, ...], str]] = {
        Kind.PIECE: ((Piece,), "a Piece"),
        Kind.PIECES: ((Piece,), "a list of Pieces"),
        Kind.STYLE: ((Style,), "a Style"),
        Kind.MUSIC: ((Piece, Style), "a Piece or a Style"),
    }
    if kind not in wanted:
        return
    types, words = wanted[kind]
    items = value if kind is Kind.PIECES and isinstance(value, (list, tuple)) else [value]
    wrong = [item for item in items if not isinstance(item, types)]
    if wrong:
        readers = {Piece: "read(PATH), read_all(PATH)", Style: "load_style(NAME), learn(PIECES, name=NAME)"}
        fix = "fewnotes makes them with " + ", ".join(readers[t] for t in types)
        shown = repr(wrong[0])[:60] if isinstance(wrong[0], (str, bytes)) else f"a {type(wrong[0]).__name__}"
        raise BadParameter(f"{name} is {shown}", expected=words, fix=fix)


def _bounds(spec: Param) -> str:
    if spec.minimum is not None and spec.maximum is not None:
        return f"{spec.minimum:g} to {spec.maximum:g}"
    return f"at least {spec.minimum:g}" if spec.minimum is not None else f"at most {spec.maximum:g}"


@dataclass(frozen=True)
class Table:
    """Rows of plain values under named columns, with facts that stand above them and words that stand below.

    exit_status: what a command that shows this table ends with, 0 unless something was found wrong.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    title: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    exit_status: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "facts": dict(self.facts),
            "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        return self
