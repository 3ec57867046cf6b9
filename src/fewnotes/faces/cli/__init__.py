"""The command line. Every use is a command; the commands, flags and help texts derive from `fewnotes.uses`.

Exit codes: 0 done; 1 failed; 2 wrong usage or parameter; 3 done, with warnings, under --strict; 4 done, some files
were left out; 5 nothing usable; 6 store or disk; 7 an optional part is missing; 130 interrupted.

stdout carries the result, stderr all else. With --json stdout carries one JSON object and nothing else.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import fewnotes
from fewnotes.errors import FewnotesError

_INTERRUPTED = 130
_INSIDE = "This is a fault in fewnotes, not in your files"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; errors are told on stderr in at most three lines."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        from fewnotes.faces.cli.commands import build

        status = build(words[0] if words else "")(args=words, standalone_mode=False, prog_name="fewnotes")
        sys.stdout.flush()
        if status == _INTERRUPTED:  # typer turns Ctrl-C into this code by itself
            raise KeyboardInterrupt
        return status if isinstance(status, int) else 0
    except FewnotesError as error:
        _tell(error, words)
        status = error.exit_status
    except KeyboardInterrupt:
        print("Interrupted. What was finished is kept; nothing half-written is left.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: no error of ours, and no second one at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if debug and not hasattr(error, "format_message"):
            raise
        problem = _as_ours(error, words)
        _tell(problem, words)
        status = problem.exit_status
    if debug:
        import traceback

        traceback.print_exc()
    return status


def _as_ours(error: Exception, words: Sequence[str]) -> FewnotesError:
    """Usage errors of the command line library, a full disk or memory, and our own faults, in our three lines."""
    if hasattr(error, "format_message"):
        message = _plain(error)
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "fewnotes"
        usage = context.get_usage().removeprefix("Usage: ") if context is not None else f"{command} ..."
        problem = FewnotesError(message, expected=usage, fix=f"{command} --help shows all there is", code="usage")
        problem.exit_status = int(getattr(error, "exit_code", 2))
        return problem
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        problem = FewnotesError("The disk is full", fix="Free some space and run the command again", code="disk-full")
        problem.exit_status = 6
        return problem
    if isinstance(error, MemoryError):
        return FewnotesError("There is not enough memory for this", fix="Give fewer or shorter pieces", code="memory")
    name = type(error).__name__
    return FewnotesError(
        f"{_INSIDE}: {name}: {error}", fix="Run it again with --debug and report what it prints", code="internal"
    )


def _plain(error: Any) -> str:
    """What the command line library says about a value, without the words of the checks behind it."""
    message = str(error.format_message())
    for kind, words in (("valid integer", "a whole number"), ("valid number", "a number")):
        if message.startswith("Invalid value") and kind in message:
            return f"{message.partition(':')[0]}: it takes {words}"
    return message


def _tell(error: FewnotesError, words: Sequence[str]) -> None:
    if "--json" in words:
        document: dict[str, Any] = {"fewnotes": fewnotes.__version__, "error": error.to_dict()}
        print(json.dumps(document, ensure_ascii=False))
    print(str(error), file=sys.stderr)
