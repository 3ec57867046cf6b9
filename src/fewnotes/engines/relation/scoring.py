"""How likely is each of millions of stored pieces to be of a style? numpy and threads, as fast as memory is read.

The formula is that of `fewnotes.nets.relation` and `head`, put in order for one style and many pieces. With
y = x - centre the two-covariance term is a quadratic form in y, one coordinate at a time and along the few directions
g in which the style's own pieces vary (`fitted`), and relu(p + s) is max(p, -s) + s, of which w.s is the same for all
pieces. The log odds of a piece are then

    sum_d (a_d y_d^2 + b_d y_d) + sum_j sign_j (y.g_j - t_j)^2 + sum_h w_h max(p_h, -s_h) + constant,
    p = W1 x + bias, s = W2 x2,

with y and p stored: a piece costs D + H numbers read, D products and H maxima in buffers, and three dot products.
Pieces go in blocks that stay in the second-level cache, each thread with a part of them. Whatever is worked on lies in
one piece of memory, thresholds too, once for every row of a block: numpy then makes one loop of it.

Axes: n pieces, D coordinates of the embedding, H hidden units.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.head import Head
from fewnotes.errors import BadInput

Floats = NDArray[np.float32]
THREADS = 2
#: Bytes of one block, and about as many are worked out of it. Larger ones leave the cache, smaller ones cost calls.
_BLOCK_BYTES = 2**19
#: Multiplications of a matrix product that BLAS does at once, rather than spread it over threads of its own.
_SMALL_PRODUCT = 250_000
#: Fewer pieces than this are scored before a second thread has begun.
_WORTH_A_THREAD = 4096


@dataclass(frozen=True)
class StyleQuery:
    """What is asked of pieces for one style: a, b (D,) and const of a y^2 + b y; w, s (H,) of w relu(p + s); directions
    (D, J), shift and sign (J,) of sign (y directions - shift)^2, what the style's own pieces changed."""

    a: Floats
    b: Floats
    const: float
    w: Floats
    s: Floats
    directions: Floats
    shift: Floats
    sign: Floats

    @classmethod
    def of(cls, style: Fitted) -> StyleQuery:
        """For a style as the head has it."""
        form, head = style.form, style.head
        single = [np.asarray(v, np.float32) for v in (form.a, form.b, form.directions.T, form.shift, form.sign)]
        a, b, directions, shift, sign = single
        pushed = (style.mean.astype(np.float64) @ head.style).astype(np.float32)
        return cls(a, b, form.const, head.out, pushed, np.ascontiguousarray(directions), shift, sign)


@dataclass(frozen=True)
class Shelf:
    """n stored pieces. y: embeddings less the head's centre, (n, D). p: their projections W1 x + bias, (n, H)."""

    y: Floats
    p: Floats

    @classmethod
    def of(cls, head: Head, vectors: NDArray[Any]) -> Shelf:
        """Stores embeddings, (n, D). Raises BadInput for vectors of other size, or that are not numbers."""
        if np.ndim(vectors) != 2 or vectors.shape[1] != head.dimensions:
            raise BadInput(
                f"Embeddings of shape {np.shape(vectors)} are not of this head",
                expected=f"{head.dimensions} coordinates a piece",
                fix="Listen to the library again with this checkpoint",
            )
        y = np.empty((len(vectors), head.dimensions), np.float32)
        p = np.empty((len(vectors), len(head.bias)), np.float32)
        for at in range(0, len(vectors), _WORTH_A_THREAD):
            x = np.asarray(vectors[at : at + _WORTH_A_THREAD], np.float32)
            if not np.isfinite(x).all():
                raise BadInput("An embedding holds what is no number", fix="Listen to the library again")
            np.subtract(x, head.centre, out=y[at : at + len(x)])
            np.add(x @ head.piece, head.bias, out=p[at : at + len(x)])
        return cls(y, p)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def nbytes(self) -> int:
        """Bytes that scoring has to read."""
        return self.y.nbytes + self.p.nbytes


def scores(shelf: Shelf, query: StyleQuery, threads: int = THREADS) -> Floats:
    """Log odds that each stored piece is of the style: (n,). Raises BadInput where the two are of different heads."""
    if (len(query.a), len(query.w)) != (shelf.y.shape[1], shelf.p.shape[1]):
        raise BadInput("The style and the stored pieces were listened to by different heads")
    out = np.empty(len(shelf), np.float32)
    workers = max(1, min(threads, os.cpu_count() or 1, len(shelf) // _WORTH_A_THREAD))
    ends = np.linspace(0, len(shelf), workers + 1).astype(int).tolist()
    if workers == 1:
        _score(shelf, query, out, 0, len(shelf))
        return out
    with ThreadPoolExecutor(workers) as pool:
        parts = [pool.submit(_score, shelf, query, out, a, b) for a, b in pairwise(ends)]
        for part in parts:
            part.result()
    return out


def top(scored: Floats, k: int) -> NDArray[np.int64]:
    """Places of the k highest scores, highest first, of equals the earlier; without sorting all: (min(k, n),)."""
    count = min(k, len(scored))
    if count < 1:
        return np.zeros(0, np.int64)
    least = np.partition(scored, len(scored) - count)[len(scored) - count]
    above = np.flatnonzero(scored > least)
    chosen = np.concatenate([above, np.flatnonzero(scored == least)[: count - len(above)]])
    return np.asarray(chosen[np.lexsort((chosen, -scored[chosen]))], np.int64)


def _score(shelf: Shelf, query: StyleQuery, out: Floats, begin: int, end: int) -> None:
    """Log odds of pieces begin to end into `out`, block by block, in buffers that are used again and again."""
    size, hidden = len(query.a), len(query.w)
    rows = max(1, _BLOCK_BYTES // (4 * (size + hidden)))
    squares, raised = np.empty((rows, size), np.float32), np.empty((rows, hidden), np.float32)
    told, leaned = np.empty(rows, np.float32), np.empty((rows, len(query.sign)), np.float32)
    small = max(8, _SMALL_PRODUCT // (size * max(1, len(query.sign))))
    threshold = np.tile(-query.s, (rows, 1))
    const = np.float32(query.const + float(query.w.astype(np.float64) @ query.s))
    for at in range(begin, end, rows):
        y, p = shelf.y[at : min(at + rows, end)], shelf.p[at : min(at + rows, end)]
        count = len(y)
        found, more = out[at : at + count], told[:count]
        _dots(np.multiply(y, y, out=squares[:count]), query.a, found)
        _dots(y, query.b, more)
        found += more
        _dots(np.maximum(p, threshold[:count], out=raised[:count]), query.w, more)
        found += more
        if len(query.sign):
            turned = leaned[:count]
            for first in range(0, count, small):
                np.matmul(y[first : first + small], query.directions, out=turned[first : first + small])
            turned -= query.shift
            turned *= turned
            _dots(turned, query.sign, more)
            found += more
        found += const


def _dots(rows: Floats, weights: Floats, out: Floats) -> None:
    """Each row (D,) of rows (n, D) times the weights into `out`, (n,)."""
    if hasattr(np, "vecdot"):
        np.vecdot(rows, weights, out=out)
    else:  # numpy 1
        np.einsum("nd,d->n", rows, weights, out=out)
