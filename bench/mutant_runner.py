"""Decoding mutants in forked workers that are watched by the clock and by their memory."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from adversarial import refusal_fault
from fewnotes.codecs import DecodeOptions
from fewnotes.errors import BadInput
from fewnotes.music.piece import check_piece
from fewnotes.music.time import bars
from fewnotes.registry import find, names
from mutant_maker import Seed, make_mutant

#: Of processor time for one mutant; by the clock four times as much, so that a busy machine finds no hangs.
SECONDS = 5.0
#: The same where what was read is also written in every form: a score of 30,000 notes takes eight seconds to write.
SECONDS_WITH_WRITING = 30.0
PATIENCE = 4
#: Bars times tracks of what --encode writes; a damaged MIDI file may be silent for 200,000 bars in 100 tracks.
MAX_CELLS_WRITTEN = 10_000
MIB = 256
WORKERS = 2
ITEMS_PER_WORKER = 1000
#: Forms that share a codec.
CODEC = {"mxl": "musicxml"}


class Finding(NamedTuple):
    form: str
    number: int
    outcome: str
    detail: str


def try_one(form: str, data: bytes, *, encode: bool = False) -> tuple[str, str]:
    """("read" | "refused", "") if all is well, else the kind of finding and where it came from."""
    codec = find("codecs", CODEC.get(form, form))
    began = time.process_time()
    try:
        codec.sniff(data)
        pieces = codec.decode(data, DecodeOptions())
        if not pieces:
            return "nothing", "decode returned no pieces and raised nothing"
        for piece in pieces:
            check_piece(piece)
        lengths = [len(bars(piece)) * len(piece.tracks) for piece in pieces]
        # Reading keeps its bound, whatever writing is allowed.
        if (taken := time.process_time() - began) > SECONDS:
            return "slow", f"{taken:.1f} s to read"
        if encode:
            _encode([piece for piece, cells in zip(pieces, lengths, strict=True) if cells <= MAX_CELLS_WRITTEN][:3])
    except BadInput as error:
        fault = refusal_fault(error) if error.code != "bad-piece" else f"check_piece: {error.what}"
        return ("wording", f"{fault}, raised at {_place()}") if fault else ("refused", "")
    except MemoryError:
        return "oom", _place()
    except Exception as error:
        return type(error).__name__, f"{str(error)[:60]!r} at {_place()}"
    return "read", ""


def _encode(pieces: list[Any]) -> None:
    for name in names("codecs"):
        codec = find("codecs", name)
        if codec.CAN_WRITE:
            for piece in pieces:
                codec.encode(piece)


def _place() -> str:
    """The innermost line of ours in the traceback at hand."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if "fewnotes" in frame.filename] or frames
    return f"{Path(ours[-1].filename).parent.name}/{Path(ours[-1].filename).name}:{ours[-1].lineno}"


def run_form(
    form: str, seeds: tuple[Seed, ...], count: int, first: int, encode: bool
) -> tuple[Counter[str], list[Finding], float, float]:
    """Outcomes, findings, the slowest item in seconds and the largest in MiB."""
    find("codecs", CODEC.get(form, form))
    todo = [list(range(first + w, first + count, WORKERS)) for w in range(WORKERS)]
    crews = [_Crew(form, seeds, numbers, encode) for numbers in todo]
    while any(crew.is_busy for crew in crews):
        waiting = [crew for crew in crews if crew.is_busy]
        ready, _, _ = select.select([crew.pipe for crew in waiting], [], [], 0.2)
        for crew in waiting:
            crew.look(crew.pipe in ready)
    counts: Counter[str] = Counter()
    for crew in crews:
        counts += crew.counts
    findings = sorted(f for crew in crews for f in crew.findings)
    return counts, findings, max(c.slowest for c in crews), max(c.largest for c in crews)


class _Crew:
    """One worker at a time over a list of numbers; replaced when it dies, hangs, or has done its share."""

    def __init__(self, form: str, seeds: tuple[Seed, ...], numbers: list[int], encode: bool) -> None:
        self.form, self.seeds, self.numbers, self.encode = form, seeds, numbers, encode
        self.seconds = SECONDS_WITH_WRITING if encode else SECONDS
        self.counts: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self.slowest = self.largest = 0.0
        self.done = 0
        self.is_busy = bool(numbers)
        self.pipe = self.pid = -1
        if numbers:
            self._start()

    def _start(self) -> None:
        self._buffer = b""
        read, write = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            with contextlib.suppress(BaseException):
                _work(self, write)
            os._exit(0)
        os.close(write)
        self.pipe, self.pid, self.began = read, pid, time.monotonic()

    def look(self, is_ready: bool) -> None:
        """Take reports; if there are none for too long, or the worker is gone, note that and go on with the next."""
        chunk = os.read(self.pipe, 1 << 16) if is_ready else b""
        if chunk:
            *lines, self._buffer = (self._buffer + chunk).split(b"\n")
            for line in lines:
                self._take(json.loads(line))
        elif is_ready:
            _, status = os.waitpid(self.pid, 0)
            os.close(self.pipe)
            if self.done < len(self.numbers) and os.waitstatus_to_exitcode(status) != 0:
                code = os.waitstatus_to_exitcode(status)
                self._find("crash", signal.Signals(-code).name if code < 0 else f"exit {code}")
            self._next()
        elif time.monotonic() - self.began > self.seconds * PATIENCE:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.pipe)
            self._find("hang", f"over {self.seconds * PATIENCE:.0f} s")
            self._next()

    def _next(self) -> None:
        self.is_busy = self.done < len(self.numbers)
        if self.is_busy:
            self._start()

    def _take(self, report: dict[str, Any]) -> None:
        self.began = time.monotonic()
        self.slowest = max(self.slowest, report["s"])
        self.largest = max(self.largest, report["mib"])
        if report["outcome"] not in ("read", "refused"):
            self._find(report["outcome"], report["detail"])
            return
        if report["s"] > self.seconds:
            self._find("slow", f"{report['s']:.1f} s")
            return
        if report["mib"] > MIB:
            self._find("heavy", f"over {MIB} MiB")
            return
        self.counts[report["outcome"]] += 1
        self.done += 1

    def _find(self, outcome: str, detail: str) -> None:
        self.findings.append(Finding(self.form, self.numbers[self.done], outcome, detail))
        self.counts["finding"] += 1
        self.done += 1


def _work(crew: _Crew, pipe: int) -> None:
    """In the child: decode one mutant after the other and report each."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = (_status("VmSize") << 10) + (4 * MIB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    sys.setrecursionlimit(1000)
    for number in crew.numbers[crew.done : crew.done + ITEMS_PER_WORKER]:
        data, _ = make_mutant(crew.form, number, crew.seeds)
        gc.collect(0)
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
        began = time.process_time()
        outcome, detail = try_one(crew.form, data, encode=crew.encode)
        report = {
            "outcome": outcome,
            "detail": detail,
            "s": time.process_time() - began,
            "mib": max(0, _status("VmHWM") - before) / 1024,
        }
        os.write(pipe, json.dumps(report).encode() + b"\n")


def _status(key: str) -> int:
    """A value of /proc/self/status in KiB."""
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))
