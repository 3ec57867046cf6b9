"""A use as a command: its parameters as arguments and flags, built from the declaration alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any

import typer

from fewnotes.uses import Kind, Param, Result, Use, flag_names, params

_TYPES: dict[Kind, Any] = {
    Kind.PIECE: str,
    Kind.PIECES: list[str],
    Kind.STYLE: str,
    Kind.MUSIC: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOL: bool,
    Kind.STR: str,
    Kind.NAMES: list[str],
    Kind.CHOICE: str,
    Kind.SEED: int,
    Kind.BARS: str,
}
_METAVARS = {Kind.PIECE: "FILE", Kind.PIECES: "FILE...", Kind.STYLE: "STYLE", Kind.MUSIC: "FILE|STYLE"}
_READS = (Kind.PIECE, Kind.PIECES, Kind.MUSIC)
_PANEL = "Output and messages"


@dataclass(frozen=True)
class Common:
    """The flags every command has, as given."""

    output: str | None = None
    form: str | None = None
    repeats: bool = True
    as_json: bool = False
    quiet: bool = False
    progress: bool = True
    strict: bool = False
    debug: bool = False


def command(use: type[Use], act: Callable[[type[Use], dict[str, Any], Common], int]) -> Callable[..., int]:
    """A function with the signature typer turns into a command; it calls `act(use, values, common)`."""
    specs = params(use)
    declared = {f.name: f for f in fields(use)}
    signature = [_parameter(name, spec, declared[name]) for name, spec in specs.items()]
    common = _common(use)

    def run(**given: Any) -> int:
        flags = Common(**{key: given.pop(key) for key in list(given) if key in common})
        return act(use, given, flags)

    every = sorted(signature, key=lambda p: p.default is not inspect.Parameter.empty)
    every += [
        inspect.Parameter(k, inspect.Parameter.KEYWORD_ONLY, default=d, annotation=a) for k, (d, a) in common.items()
    ]
    run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in every}
    run.__doc__ = help_text(use)
    return run


def help_text(use: type[Use]) -> str:
    """Docstring with its paragraphs in one line each, what you get, and an example."""
    paragraphs = inspect.cleandoc(use.__doc__ or "").split("\n\n")
    text = "\n\n".join(" ".join(p.split()) for p in paragraphs)
    if use.returns:
        text += f"\n\nYou get {use.returns}."
    if use.example:
        text += f"\n\nExample: {use.example}"
    return text


def _parameter(name: str, spec: Param, declared: Field[Any]) -> inspect.Parameter:
    required = declared.default is MISSING
    kind = _TYPES[spec.kind]
    annotation = kind if required or not spec.optional else kind | None
    help = spec.help + _bounds_text(spec)
    info: Any
    if spec.positional:
        info = typer.Argument(help=help, metavar=_METAVARS.get(spec.kind, name.upper()), show_default=False)
    else:
        metavar = "|".join(spec.choices) if spec.choices else None
        flags = flag_names(name, spec)
        flags = ("/".join(flags),) if spec.kind is Kind.BOOL else flags
        info = typer.Option(*flags, help=help, metavar=metavar, show_default=not spec.optional)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else declared.default,
        annotation=Annotated[annotation, info],
    )


def _bounds_text(spec: Param) -> str:
    if spec.minimum is None or spec.maximum is None or spec.kind in (Kind.SEED, Kind.PIECES):
        return ""
    return f" ({spec.minimum:g} to {spec.maximum:g})"


def _common(use: type[Use]) -> dict[str, tuple[Any, Any]]:
    """Default and annotation of the flags that every command shares, those that make sense for this use."""

    def option(*flags: str, help: str) -> Any:
        return typer.Option(*flags, help=help, rich_help_panel=_PANEL, show_default=False)

    found: dict[str, tuple[Any, Any]] = {}
    if use.output_argument:
        argument = typer.Argument(help="Where to write: a file, a folder, or - for stdout", metavar="OUT")
        found["output"] = (inspect.Parameter.empty, Annotated[str, argument])
    else:
        flag = option("-o", "--output", "--out", help=_OUTPUT_HELP[use.result])
        found["output"] = (None, Annotated[str | None, flag])
    if use.result is Result.PIECES:
        text = "Forms to write, such as midi,musicxml,abc; else by the suffix of the output, else midi and musicxml"
        found["form"] = (None, Annotated[str | None, option("--form", help=text)])
    if any(spec.kind in _READS for spec in params(use).values()):
        flag = option("--repeats/--no-repeats", help="Play repeats out, as is usual, or read what is written once")
        found["repeats"] = (True, Annotated[bool, flag])
    switches = (
        ("as_json", "--json", False, "Print one JSON object and nothing else"),
        ("quiet", "--quiet/-q", False, "Print nothing but errors"),
        ("progress", "--progress/--no-progress", True, "Show a bar for what takes more than two seconds"),
        ("strict", "--strict", False, "Exit with 3 if there were warnings"),
        ("debug", "--debug", False, "Show where in the program an error came from"),
    )
    for name, flags, default, text in switches:
        names = flags.split("/") if name == "quiet" else [flags]
        found[name] = (default, Annotated[bool, option(*names, help=text)])
    return found


_OUTPUT_HELP = {
    Result.STYLE: "Write a .style file here instead of into the store",
    Result.REPORT: "Write the report here as JSON too",
    Result.PIECES: "A file, a folder, or - for stdout; else the folder you are in",
    Result.FILES: "The file to write, or - for stdout",
}
