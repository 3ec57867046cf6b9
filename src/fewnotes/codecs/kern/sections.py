"""The order in which the spans of a piece are played: section lists and repeat barlines, never without end."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.codecs import MAX_NOTES, MAX_REPEAT_FACTOR
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.timing import Span, Timeline


def order_of_play(line: Timeline, repeats: bool, log: FaultLog) -> list[int]:
    """Indices into `line.spans`. Without repeats, or if they would take too long, each span once as written.

    `*>[A,A,B]` decides where there is one; else repeat barlines do.
    """
    written = list(range(len(line.spans)))
    if not repeats:
        return written
    names = line.orders.get("", [])
    order = _by_labels(line.spans, names, log) if names else _by_barlines(line.spans)
    if not order:
        return written
    if _is_too_long(line.spans, order):
        log.add("expansion-long")
        return written
    return order


def _by_labels(spans: Sequence[Span], names: Sequence[str], log: FaultLog) -> list[int]:
    """A label holds until the next one; what stands before the first label is played first."""
    held: dict[str, list[int]] = {}
    intro: list[int] = []
    current = intro
    for i, span in enumerate(spans):
        if span.label:
            current = held.setdefault(span.label, [])
        current.append(i)
    order = list(intro)
    budget = len(spans) * MAX_REPEAT_FACTOR
    for name in names:
        if name not in held:
            log.add("expansion-label", detail=name[:20])
            continue
        order += held[name]
        if len(order) > budget:
            break
    return order if len(order) > len(intro) else []


def _by_barlines(spans: Sequence[Span]) -> list[int]:
    """Each repeated stretch twice. It begins at the last repeat sign, or after the last stretch."""
    order: list[int] = []
    begin = 0
    for i, span in enumerate(spans):
        if span.starts_repeat:
            begin = i
        order.append(i)
        if span.ends_repeat:
            order += range(begin, i + 1)
            begin = i + 1
    return order


def _is_too_long(spans: Sequence[Span], order: Sequence[int]) -> bool:
    written = sum(span.end_tick - span.start_tick for span in spans)
    played = sum(spans[i].end_tick - spans[i].start_tick for i in order)
    notes = sum(len(spans[i].notes) + len(spans[i].graces) for i in order)
    changes = sum(len(spans[i].changes) + len(spans[i].bars) for i in order)
    too_many = notes > MAX_NOTES or changes > MAX_NOTES
    return too_many or len(order) > len(spans) * MAX_REPEAT_FACTOR or played > written * MAX_REPEAT_FACTOR
