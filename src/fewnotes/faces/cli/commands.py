"""All commands: one for each use the registry finds, and `version`. No use is known here by name."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import typer

import fewnotes
from fewnotes.atomic import write_atomic
from fewnotes.errors import BadParameter
from fewnotes.faces.cli.forms import Common, command
from fewnotes.faces.cli.reading import Intake, values_for
from fewnotes.registry import find, names
from fewnotes.style import Style
from fewnotes.uses import Result, Use, params, use_class

#: Examples at a first meeting: a few are read, a list is not.
_SHOWN = 7
_WELCOME = """fewnotes {version}: learns a style from a handful of pieces, then composes, compares and checks in it.

{examples}
  fewnotes --help                                            shows all of it

MIDI, MusicXML, ABC and kern are read. Nothing leaves this machine."""
_CODES = (
    "Exit codes: 0 done; 1 failed; 2 wrong usage or parameter; 3 done, with warnings, under --strict; 4 done, some "
    "files left out; 5 nothing usable; 6 store or disk; 7 an optional part is missing; 130 interrupted."
)


def build(only: str = "") -> typer.Typer:
    """The application, with a command for every use, or for one use alone, which starts quicker."""
    app = typer.Typer(
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=_CODES,
    )

    @app.callback(invoke_without_command=True, help="Learn a style from a few pieces, then compose, compare and check.")
    def welcome(
        context: typer.Context, version: bool = typer.Option(False, "--version", help="Show the version")
    ) -> int:
        if version:
            print(f"fewnotes {fewnotes.__version__}")
        elif context.invoked_subcommand is None:
            made = [use for use in _uses().values() if use.result is not Result.REPORT]
            made.sort(key=lambda use: list(Result).index(use.result))
            examples = "\n".join(f"  {use.example}" for use in made[:_SHOWN])
            print(_WELCOME.format(version=fewnotes.__version__, examples=examples))
        return 0

    wanted = {only: use_class(find("uses", only))} if only in names("uses") else _uses()
    for name, use in wanted.items():
        app.command(name=name.replace("_", "-"), epilog=_CODES, short_help=_first_line(use))(command(use, act))

    @app.command(name="version", short_help="Show the version.")
    def show_version() -> int:
        """Show the version."""
        print(f"fewnotes {fewnotes.__version__}")
        return 0

    return app


def _uses() -> dict[str, type[Use]]:
    return {name: use_class(find("uses", name)) for name in names("uses")}


def _first_line(use: type[Use]) -> str:
    return (use.__doc__ or "").strip().splitlines()[0]


def act(use: type[Use], given: dict[str, Any], common: Common) -> int:
    """Read, run, write, show: what every command does. Returns the exit code."""
    from fewnotes.faces.cli.showing import Bar

    bar = Bar(common.progress and not common.quiet and not common.as_json)
    intake = Intake(common.repeats, bar)
    try:
        _suffix_choices(use, given, common)
        run = use(**values_for(use, given, intake))
        result = run.run(bar)
        done = _keep(use, result, common, intake)
    finally:
        bar.stop()
    done.warnings = [
        *intake.warnings,
        *((n.where, n.message) for n in getattr(result, "warnings", ())),
        *done.warnings,
    ]
    to_stdout = common.output == "-"
    if common.as_json and not to_stdout:
        _print_json(use, done, intake)
    elif not common.quiet:
        _print_words(done, intake, sys.stderr if to_stdout else sys.stdout)
    if intake.skipped:
        return 4
    return 3 if common.strict and done.warnings else done.status


class _Done:
    """What is to be shown: the table, the document, the files, the warnings, the exit code."""

    def __init__(self, table: Any, document: dict[str, Any], status: int = 0) -> None:
        self.table = table
        self.document = document
        self.status = status
        self.files: list[Path] = []
        self.warnings: list[tuple[str, str]] = []
        self.hint = ""


def _keep(use: type[Use], result: Any, common: Common, intake: Intake) -> _Done:
    """Put a result where it belongs: a style into the store, pieces and bytes into files, a report beside."""
    if use.result is Result.STYLE:
        return _keep_style(use, result, common)
    table = result.to_table()
    done = _Done(table, result.to_dict(), getattr(table, "exit_status", 0))
    if use.result is Result.REPORT:
        if common.output and common.output != "-":
            text = json.dumps(done.document, indent=2, ensure_ascii=False)
            done.files.append(write_atomic(common.output, text.encode() + b"\n"))
        return done
    from fewnotes.faces.cli.writing import named_after, write_outputs

    outputs = named_after(result.outputs, intake.source) if use.result is Result.FILES else result.outputs
    written = write_outputs(outputs, common.output, common.form)
    done.files, done.warnings = written.files, written.warnings
    done.hint = _next(use, str(written.files[0])) if written.files else ""
    return done


def _keep_style(use: type[Use], style: Style, common: Common) -> _Done:
    """Into the store as the next version of its name, or into the file that was named."""
    from fewnotes.store import save_style
    from fewnotes.style_file import encode_style
    from fewnotes.uses._style import style_table

    done = _Done(style_table(style), style.to_dict())
    if common.output:
        if not common.output.lower().endswith(".style"):
            raise BadParameter(f"{common.output} is no name for a style", expected="a path that ends in .style")
        done.files.append(write_atomic(common.output, encode_style(style)))
        done.hint = _next(use, common.output)
        return done
    saved = save_style(style)
    done.document |= saved.to_dict()
    done.files.append(saved.path)
    version = f" (version {saved.version}; {saved.name}@{saved.version - 1} is kept)" if saved.version > 1 else ""
    done.hint = f"Kept as {saved.name}{version}. {_next(use, saved.name)}"
    return done


def _next(use: type[Use], name: str) -> str:
    return f"Next: {use.then.format(name=shlex.quote(name))}" if use.then else ""


def _suffix_choices(use: type[Use], given: dict[str, Any], common: Common) -> None:
    """A choice that follows from the suffix of the output, where a person did not choose."""
    for name, spec in params(use).items():
        if spec.from_suffix and given[name] is None and common.output and common.output != "-":
            fitting = [c for c in spec.choices if common.output.lower().endswith(f".{c}")]
            suffix = Path(common.output).suffix.lower().removeprefix(".")
            given[name] = max(fitting, key=len, default=suffix or None)


def _print_json(use: type[Use], done: _Done, intake: Intake) -> None:
    document = {
        "fewnotes": fewnotes.__version__,
        "use": use.__name__.lower(),
        "result": done.document,
        "files": [str(p) for p in done.files],
        "warnings": [{"where": w, "message": m} for w, m in done.warnings],
        "skipped": [{"file": f, **e.to_dict()} for f, e in intake.skipped],
    }
    print(json.dumps(document, ensure_ascii=False))


def _by_stem(files: list[Path]) -> list[str]:
    """Files that differ only in their suffix on one line: "jigs-1.mid, .musicxml, .json"."""
    lines: dict[str, list[str]] = {}
    for path in files:
        lines.setdefault(str(path.with_suffix("")), []).append(path.suffix)
    return [stem + ", ".join(suffixes) for stem, suffixes in lines.items()]


def _print_words(done: _Done, intake: Intake, stream: Any) -> None:
    from fewnotes.faces.cli.showing import clean, console, show, show_warnings, stderr_console

    out, err = console(stream), stderr_console()
    show(done.table, out)
    if done.files:
        out.print()
        for line in _by_stem(done.files):
            out.print(f"Wrote {clean(line)}", overflow="fold")
    if done.hint:
        out.print(clean(done.hint))
    show_warnings(done.warnings, err)
    if intake.skipped:
        count = len(intake.skipped)
        err.print(f"{count} file{'s' if count > 1 else ''} left out:")
        for file, error in intake.skipped[:20]:
            err.print(clean(f" - {error.what}" if Path(file).name in error.what else f" - {file}: {error.what}"))
        if len(intake.skipped) > 20:
            err.print(f" - and {len(intake.skipped) - 20} more; --json lists all")
