"""The child that decodes untrusted bytes: `python -m fewnotes.codecs._worker`, spoken to over its pipes.

It is given bytes and a form, never a path. Before the first job it gives up what it does not need: files to
write, sockets, further programs, core dumps, and memory beyond a limit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any, BinaryIO

from fewnotes.codecs import DecodeOptions, _frames
from fewnotes.errors import BadInput, FewnotesError, TooLarge
from fewnotes.music.piece import check_piece
from fewnotes.registry import find

_FORBIDDEN = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "pickle.find_class",
)
MEMORY_LIMIT_BYTES = 2**30


def main() -> None:
    """Serve jobs until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # A parser that prints must not write into the frames.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    _give_up_rights()
    while (frame := _frames.unpack(source.read)) is not None:
        _serve_batch(*frame, sink)


def _serve_batch(jobs: list[list[Any]], data: bytes, sink: BinaryIO) -> None:
    """Answer every job of a batch with a frame of its own, in order, as soon as it is done."""
    at = 0
    for form, length, repeats in jobs:
        head, body = decode_job(form, data[at : at + length], repeats)
        at += length
        sink.write(_frames.pack(head, body))
        sink.flush()


def decode_job(form: str, data: bytes, repeats: bool) -> tuple[dict[str, Any], bytes]:
    """Decode one file: {"pieces": ...} with note rows, or {"error": ...}. Never raises on bad input."""
    try:
        pieces = find("codecs", form).decode(data, DecodeOptions(repeats))
        heads, body = _frames.pack_pieces([check_piece(p) for p in pieces])
        return {"pieces": heads}, body
    except FewnotesError as error:
        return {"error": error.to_dict(), "type": type(error).__name__}, b""
    except MemoryError:
        failure: FewnotesError = TooLarge("It needs more memory than reading may use", code="memory")
    except Exception as error:  # a fault of ours: told as such, and the file is still only skipped
        failure = BadInput(
            f"The {form} reader failed on it ({type(error).__name__}: {error})",
            fix="Please report this file: a reader should never fail this way",
            code="reader-fault",
        )
    return {"error": failure.to_dict(), "type": type(failure).__name__}, b""


def _give_up_rights() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")):
            raise PermissionError(f"reading music may not do this: {event}")

    sys.addaudithook(refuse)


if __name__ == "__main__":
    main()
