"""The composer: a decoder of events. What each note is, is foretold from all notes before it, field by field.

Axes: B sequences, T events, W width, H heads. Attention: Vaswani 2017, eq. 1, with rotary positions (Su 2021, eq. 15):
half of each head is turned by the number of the event, the other half by musical time, so that what stood a bar ago is
always found at one angle.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

LONGEST, KEYS = 192, 128
#: Columns of an event; as in `fewnotes.meta.events`.
KEY, LENGTH, DELTA, PLACE, BAR, FAMILY, TRACK, LAST_KEY, LAST_LENGTH, GAP, TIME, CLASSES, CROWD, LEFT = range(14)
WITH = 14
#: The key of an event that begins a piece; its length is 1 for minor, 0 for major.
BEGIN = 2 * KEYS


@dataclass(frozen=True)
class ComposerShape:
    """Sizes."""

    width: int = 192
    layers: int = 6
    heads: int = 4
    families: int = 17
    tracks: int = 16
    together: int = 6
    crowds: int = 16
    left: int = 25
    style: int = 192
    dropout: float = 0.1

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ComposerShape:
        return cls(**values)


class Layer(nn.Module):
    """Attention and two layers, normalised before each."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = nn.Dropout(dropout)
        self.before = nn.LayerNorm(width, bias=False)
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.between = nn.LayerNorm(width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], kept: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """x: (B, T, W). turn: cosines and sines, (B, 1, T, W / H / 2). kept: where keys and values are to be put."""
        batch, count, width = x.shape
        parts = self.project(self.before(x)).view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        query, key = (rotated(functional.rms_norm(y, y.shape[-1:]), turn) for y in (query, key))
        if kept is not None:
            kept[0][:, :, :count], kept[1][:, :, :count] = key, value
        seen = attended(query, key, value)
        x = x + self.dropout(self.out(seen.transpose(1, 2).reshape(batch, count, width)))
        return x + self.dropout(self.down(functional.gelu(self.up(self.between(x)))))

    def step(self, x: Tensor, turn: tuple[Tensor, Tensor], kept: tuple[Tensor, Tensor], cache: Cache) -> Tensor:
        """One event more, (B, 1, W)."""
        batch, _, width = x.shape
        parts = self.project(self.before(x)).view(batch, 1, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        query, key = (rotated(functional.rms_norm(y, y.shape[-1:]), turn) for y in (query, key))
        last = cache.length + 1
        first = max(0, last - cache.window)
        kept[0][:, :, last - 1 : last], kept[1][:, :, last - 1 : last] = key, value
        seen = functional.scaled_dot_product_attention(query, kept[0][:, :, first:last], kept[1][:, :, first:last])
        x = x + self.out(seen.transpose(1, 2).reshape(batch, 1, width))
        return x + self.down(functional.gelu(self.up(self.between(x))))


class Cache:
    """Keys and values of the events so far, of each layer (B, H, room, D). window: how many of them are attended to."""

    def __init__(self, shape: ComposerShape, batch: int, room: int, window: int) -> None:
        each = (batch, shape.heads, room, shape.width // shape.heads)
        self.layers = [(torch.zeros(each), torch.zeros(each)) for _ in range(shape.layers)]
        self.length, self.window = 0, window


def attended(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention, (B, H, T, D).

    Training in bfloat16 on a CPU, plain products are twice as fast as the fused way.
    """
    if query.dtype != torch.bfloat16 or query.is_cuda:
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    count, width = query.shape[-2:]
    ahead = torch.full((count, count), float("-inf"), dtype=query.dtype).triu(1)
    flat = [x.flatten(0, 1) for x in (query, key, value)]
    odds = torch.baddbmm(ahead.expand(len(flat[0]), -1, -1), flat[0], flat[1].transpose(1, 2), alpha=width**-0.5)
    return (odds.softmax(dim=-1) @ flat[2]).view(query.shape)


def rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Pairs of numbers turned by their angles."""
    cosine, sine = (y.to(x.dtype) for y in turn)
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cosine - two * sine, one * sine + two * cosine], dim=-1)


class Composer(nn.Module):
    """Events (B, T, F) in, hidden states out; `told` gives the log odds of each field of the events after them."""

    def __init__(self, shape: ComposerShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.key = nn.Embedding(2 * KEYS + 1, width)
        self.length = nn.Embedding(LONGEST + 1, width)
        self.delta = nn.Embedding(LONGEST + 1, width)
        self.place = nn.Embedding(LONGEST, width)
        self.bar = nn.Embedding(LONGEST + 1, width)
        self.family = nn.Embedding(shape.families, width)
        self.track = nn.Embedding(shape.tracks, width)
        self.interval = nn.Embedding(2 * KEYS + 1, width)
        self.together = nn.Embedding(KEYS + 1, width, padding_idx=KEYS)
        self.above = nn.Embedding(KEYS + 1, width, padding_idx=KEYS)
        # What may be asked for; 0 is "nothing asked".
        self.classes, self.classes_then = (nn.Linear(12, width, bias=False) for _ in range(2))
        self.crowd = nn.Embedding(shape.crowds, width, padding_idx=0)
        self.left = nn.Embedding(shape.left, width, padding_idx=0)
        self.style = nn.Linear(shape.style, width, bias=False)
        self.layers = nn.ModuleList(Layer(width, shape.heads, shape.dropout) for _ in range(shape.layers))
        self.settle = nn.LayerNorm(width, bias=False)
        # What is known of the event to come before anything of it is told: whose it is, and what its track did last.
        self.next_family = nn.Embedding(shape.families, width)
        self.next_track = nn.Embedding(shape.tracks, width)
        self.last_key = nn.Embedding(KEYS + 1, width)
        self.last_length = nn.Embedding(LONGEST + 1, width)
        self.gap = nn.Embedding(LONGEST + 1, width)
        self.which = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
            for _ in range(3)
        )
        self.to_delta = nn.Linear(width, LONGEST + 1)
        self.to_length = nn.Linear(width, LONGEST + 1)
        self.to_key = nn.Linear(width, KEYS)
        self.to_interval = nn.Linear(width, 2 * KEYS)
        self.to_track = nn.Linear(width, shape.tracks)
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.1)
            if isinstance(module, Layer):
                nn.init.zeros_(module.out.weight)
                nn.init.zeros_(module.down.weight)

    def hidden(self, events: Tensor, index: Tensor, style: Tensor) -> Tensor:
        """(B, T, W). index: (B, T), number of each event in its sequence; times are steps from its beginning.

        style: (B, S), how the judge hears the style, standardised; zeros where nothing is known of it.
        """
        x = self.inside(events) + self.style(style)[:, None]
        turn = self.turn(index, events[..., TIME])
        for layer in self.layers:
            x = layer(x, turn)
        return self.settle(x)

    def inside(self, events: Tensor) -> Tensor:
        """Events as vectors."""
        key, last = events[..., KEY], events[..., LAST_KEY]
        drum = events[..., FAMILY] == self.shape.families - 1
        known = (last < KEYS) & (key < KEYS)
        interval = torch.where(known, key - last + KEYS, 0)
        key = torch.where(drum & (key < KEYS), key + KEYS, key)
        return (
            self.key(key) + self.length(events[..., LENGTH]) + self.delta(events[..., DELTA])
            + self.place(events[..., PLACE]) + self.bar(events[..., BAR]) + self.family(events[..., FAMILY])
            + self.track(events[..., TRACK]) + self.interval(interval)
            + self.together(events[..., WITH : WITH + self.shape.together]).sum(dim=-2)
            + self.classes(class_bits(events[..., CLASSES])) + self.crowd(events[..., CROWD])
            + self.left(events[..., LEFT])
        )  # fmt: skip

    def turn(self, index: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        """Angles of rotary positions, (B, 1, T, D / 2): half of them by number, half by quarters."""
        each = self.shape.width // self.shape.heads // 4
        speed = torch.logspace(0, -3.5, each, device=index.device)
        by_index = index[..., None].float() * speed
        by_time = time[..., None].float() / 12 * (torch.pi / 2) * speed
        angles = torch.cat([by_index, by_time], dim=-1)[:, None]
        return angles.cos(), angles.sin()

    def told(self, hidden: Tensor, then: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log odds of track, delta, length and key of the events `then` (..., F), that follow the hidden states."""
        x, delta = self.begins(hidden, then)
        x, length = self.lasts(x, then)
        return self.to_track(hidden), delta, length, self.sounds(x, then)

    def begins(self, hidden: Tensor, then: Tensor) -> tuple[Tensor, Tensor]:
        """Log odds of delta, of events of which only the track and what it did last is known."""
        known = hidden + self.next_family(then[..., FAMILY]) + self.next_track(then[..., TRACK])
        known = known + self.last_key(then[..., LAST_KEY]) + self.last_length(then[..., LAST_LENGTH])
        known = known + self.gap(then[..., GAP])
        x = known + self.which[0](known)
        return x, self.to_delta(x)

    def lasts(self, x: Tensor, then: Tensor) -> tuple[Tensor, Tensor]:
        """Log odds of length, once delta and place are known."""
        x = x + self.delta(then[..., DELTA]) + self.place(then[..., PLACE])
        x = x + self.which[1](x)
        return x, self.to_length(x)

    def sounds(self, x: Tensor, then: Tensor) -> Tensor:
        """Log odds of key, once the length is known, what sounds then, and which pitch classes are asked for."""
        last = then[..., LAST_KEY]
        x = x + self.length(then[..., LENGTH]) + self.above(then[..., WITH : WITH + self.shape.together]).sum(dim=-2)
        x = x + self.classes_then(class_bits(then[..., CLASSES]))
        x = x + self.which[2](x)
        keys = torch.arange(KEYS, device=x.device)
        step = torch.where((last < KEYS)[..., None], keys - last[..., None] + KEYS, 0)
        return self.to_key(x) + self.to_interval(x).gather(-1, step)

    def step(self, event: Tensor, number: int, style: Tensor, cache: Cache) -> Tensor:
        """The hidden state after one more event of each sequence, (B, W). event: (B, F). cache: grows by the event."""
        x = self.inside(event[:, None]) + self.style(style)[:, None]
        index = torch.full((len(event), 1), number, device=event.device)
        turn = self.turn(index, event[:, None, TIME])
        for layer, kept in zip(self.layers, cache.layers, strict=True):
            x = layer.step(x, turn, kept, cache)  # type: ignore[operator]
        cache.length += 1
        return self.settle(x)[:, 0]


def prefilled(net: Composer, events: Tensor, style: Tensor, cache: Cache) -> Tensor:
    """The hidden state after events that stand before, (B, W), heard at once. events: (B, T, F). cache: empty."""
    batch, count = events.shape[:2]
    x = net.inside(events) + net.style(style)[:, None]
    turn = net.turn(torch.arange(count, device=events.device).expand(batch, -1), events[..., TIME])
    for layer, kept in zip(net.layers, cache.layers, strict=True):
        x = layer(x, turn, kept)
    cache.length = count
    return net.settle(x)[:, -1]


def class_bits(classes: Tensor) -> Tensor:
    """Bits of pitch classes (...) as numbers 0 and 1 (..., 12)."""
    return ((classes[..., None] >> torch.arange(12, device=classes.device)) & 1).float()


def losses(
    net: Composer, events: Tensor, index: Tensor, style: Tensor, foretold: Tensor, heard: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Nats of delta, length and key of each event from the second on, (B, T - 1, 3), and of its track, (B, T - 1).

    foretold: (B, T), False where an event is not to be counted. heard: what the net is told came, if not the events.
    """
    hidden, then = net.hidden(events if heard is None else heard, index, style)[:, :-1], events[:, 1:]
    track, delta, length, key = (x.float() for x in net.told(hidden, then))
    # The key of an event that begins a piece is none; it is not counted.
    goals = (then[..., DELTA], then[..., LENGTH], then[..., KEY].clamp(max=KEYS - 1))
    each = torch.stack(
        [functional.cross_entropy(x.flatten(0, 1), y.flatten(), reduction="none").view(y.shape)
         for x, y in zip((delta, length, key), goals, strict=True)], dim=-1,
    )  # fmt: skip
    whose = functional.cross_entropy(track.flatten(0, 1), then[..., TRACK].flatten(), reduction="none")
    count = foretold[:, 1:]
    return each * count[..., None], whose.view(count.shape) * count
