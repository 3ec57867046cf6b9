"""Decoding in a child process with limits on time and memory: bad input can cost a worker, never the program.

A worker is started once, serves many files, and is replaced when it dies, hangs, or has served its share. A
reader that crashes natively, loops, or eats memory shows here as a `BadInput` that names what happened.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fewnotes import errors
from fewnotes.codecs import _frames
from fewnotes.errors import BadInput, FewnotesError, TooLarge
from fewnotes.music.piece import Piece

JOBS_PER_WORKER = 5000
SECONDS_PER_FILE = 5.0
SECONDS_PER_MIB = 2.0
SECONDS_TO_START = 20.0
#: -P: the working folder is no place to import from.
WORKER_COMMAND = (sys.executable, "-P", "-m", "fewnotes.codecs._worker")
_CHUNK = 1 << 20


class Job(NamedTuple):
    """One file to decode: its bytes, and the form they were found to be in."""

    form: str
    data: bytes
    repeats: bool = True

    @property
    def seconds(self) -> float:
        """How long decoding may take by the clock."""
        return SECONDS_PER_FILE + SECONDS_PER_MIB * len(self.data) / 2**20


class Worker:
    """One child process and the pipes to it."""

    def __init__(self, command: Sequence[str]) -> None:
        path = os.pathsep.join(p for p in sys.path if p)
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "HOME")}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**keep, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert self.process.stdout is not None
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ)
        self.owner = os.getpid()
        self.served = 0
        self._buffer = bytearray()

    def send(self, jobs: Sequence[Job]) -> None:
        assert self.process.stdin is not None
        head = [[job.form, len(job.data), job.repeats] for job in jobs]
        view = memoryview(_frames.pack(head, b"".join(job.data for job in jobs)))
        while view:
            view = view[self.process.stdin.write(view) :]

    def receive(self, seconds: float) -> tuple[Any, bytes]:
        """The next answer. Raises TooLarge after `seconds`, BadInput if the child died."""
        deadline = time.monotonic() + seconds
        assert self.process.stdout is not None
        handle = self.process.stdout.fileno()

        def read(count: int) -> bytes:
            while len(self._buffer) < count:
                if not self._selector.select(max(0.0, deadline - time.monotonic())):
                    raise TooLarge(
                        f"Reading took longer than {seconds:.0f} seconds and was stopped",
                        fix="If the file is good, split it into smaller ones",
                        code="timeout",
                    )
                chunk = os.read(handle, _CHUNK)
                if not chunk:
                    break
                self._buffer += chunk
            taken = bytes(self._buffer[:count])
            del self._buffer[:count]
            return taken

        frame = _frames.unpack(read)
        if frame is None:
            raise BadInput(f"The reader crashed on it ({self._how_it_died()})", code="child-died")
        self.served += 1
        return frame

    def _how_it_died(self) -> str:
        status = self.process.wait(timeout=5)
        return signal.Signals(-status).name if status < 0 else f"exit {status}"

    def close(self) -> None:
        """End the child now; a worker inherited through a fork is left to its owner."""
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()
        self._selector.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Sandbox:
    """A worker that is always there: started when first needed, replaced when it fails or is worn out."""

    def __init__(self, command: Sequence[str] = WORKER_COMMAND) -> None:
        self._command = command
        self._worker: Worker | None = None

    def decode(self, jobs: Sequence[Job]) -> Iterator[list[Piece] | FewnotesError]:
        """Decode jobs in order; each yields its pieces, or the error that it came to."""
        done = 0
        while done < len(jobs):
            worker = self._ready()
            try:
                worker.send(jobs[done:])
                for job in jobs[done:]:
                    # The first answer of a fresh worker waits for its start as well.
                    patience = job.seconds + (0 if worker.served else SECONDS_TO_START)
                    answer = _result(*worker.receive(patience))
                    done += 1
                    yield answer
            except (FewnotesError, BrokenPipeError) as error:
                self.close()
                done += 1
                yield error if isinstance(error, FewnotesError) else BadInput("The reader crashed", code="child-died")
            except BaseException:
                self.close()
                raise

    def _ready(self) -> Worker:
        if self._worker and (self._worker.owner != os.getpid() or self._worker.served >= JOBS_PER_WORKER):
            self.close()
        if self._worker is None:
            self._worker = Worker(self._command)
        return self._worker

    def close(self) -> None:
        if self._worker:
            self._worker.close()
            self._worker = None


def _result(head: dict[str, Any], body: bytes) -> list[Piece] | FewnotesError:
    if "pieces" in head:
        return _frames.unpack_pieces(head["pieces"], body)
    kind = {"TooLarge": TooLarge, "UnknownForm": errors.UnknownForm}.get(head["type"], BadInput)
    said = head["error"]
    return kind(said["what"], expected=said["expected"], fix=said["fix"], code=said["code"])


_shared = Sandbox()
_lock = threading.Lock()
atexit.register(_shared.close)


@contextlib.contextmanager
def shared_sandbox() -> Iterator[Sandbox]:
    """The one sandbox of this process for a few files at a time; threads take turns."""
    with _lock:
        yield _shared
