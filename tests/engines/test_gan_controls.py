"""The plain GANs beside the sketch pad: rolls there and back, losses that do what they say, learning a style."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fewnotes.engines.gan import plain
from fewnotes.engines.gan.scene import Wish
from fewnotes.meta.phrases import DRUM_KINDS, FIRST, HOLD, LINES, PITCHED, PITCHES, Frame, Phrase
from fewnotes.music.piece import Meter
from fewnotes.nets.roll_gan import PAIRS, RollShape

SMALL = RollShape(channels=2, rows=8, slots=16, noise=5, style=3, width=4)


def made_phrase(frame: Frame, seed: int) -> Phrase:
    """Notes, held notes and rests on all lines; strokes of every kind on those of the drums."""
    rng = np.random.default_rng(seed)
    tokens = rng.choice([0, HOLD, FIRST], (LINES, frame.length), p=[0.3, 0.4, 0.3])
    for line in range(LINES):
        kinds = PITCHES if line < PITCHED else len(DRUM_KINDS[line - PITCHED])
        tokens[line] += np.where(tokens[line] == FIRST, rng.integers(0, kinds, frame.length), 0)
    return Phrase(plain.sounding_only(tokens.astype(np.uint8)), frame, False)


def pair_of(which: str, shape: RollShape = SMALL):
    torch.manual_seed(1)
    return PAIRS[which](shape)


@pytest.mark.parametrize("meter", [(2, 4), (3, 4), (7, 8), (4, 4)])
def test_a_phrase_of_at_most_64_slots_comes_back_from_its_roll_as_it_was(meter):
    frame = Frame(Meter(0, *meter), 4)
    phrase = made_phrase(frame, sum(meter))
    roll = plain.encode(phrase)
    assert roll.shape == (plain.CHANNELS, plain.ROWS, plain.SLOTS)
    assert np.array_equal(plain.decode(roll.astype(np.float32), frame.length), phrase.tokens)


def test_of_a_longer_phrase_the_notes_come_back_though_not_all_to_their_slots():
    frame = Frame(Meter(0, 4, 4), 6)
    tokens = np.zeros((LINES, frame.length), np.uint8)
    tokens[0, ::3], tokens[0, 1::3] = FIRST + 36 + np.arange(frame.length // 3) % 12, HOLD
    back = plain.decode(plain.encode(Phrase(tokens, frame, False)).astype(np.float32), frame.length)
    assert back[0][back[0] >= FIRST].tolist() == tokens[0, ::3].tolist()


def test_what_is_unlikely_is_not_written_and_nothing_goes_on_that_did_not_begin():
    roll = np.full((plain.CHANNELS, plain.ROWS, plain.SLOTS), 0.4)
    assert not plain.decode(roll, 32).any()
    roll[1::2] = 0.9
    assert not plain.decode(roll, 32).any()


@pytest.mark.parametrize("which", sorted(PAIRS))
def test_a_step_of_either_net_lowers_its_own_loss_on_the_same_rolls(which):
    pair = pair_of(which)
    real, style = (torch.rand(12, 2, 8, 16) < 0.1).float(), torch.randn(3)

    def loss(net):
        torch.manual_seed(2)
        is_critic = net is pair.discriminator
        return pair.discriminator_loss(real, style) if is_critic else pair.generator_loss(12, style)

    for net in (pair.discriminator, pair.generator):
        before = loss(net)
        pair.zero_grad()
        before.backward()
        torch.optim.SGD(net.parameters(), lr=1e-3).step()
        assert loss(net).item() < before.item()


def test_the_minimax_loss_is_ln_4_where_the_discriminator_cannot_tell():
    pair = pair_of("literal")
    for parameter in pair.discriminator.parameters():
        torch.nn.init.zeros_(parameter)
    real, style = torch.ones(4, 2, 8, 16), torch.zeros(3)
    assert pair.discriminator_loss(real, style).item() == pytest.approx(np.log(4), rel=1e-6)
    assert pair.generator_loss(4, style).item() == pytest.approx(-np.log(2), rel=1e-6)


@pytest.mark.parametrize("which", sorted(PAIRS))
def test_ten_inner_steps_change_both_nets(which):
    pair = pair_of(which)
    before = {k: v.clone() for k, v in pair.state_dict().items()}
    rolls = np.random.default_rng(3).random((12, 2, 8, 16)) < 0.1
    plain.learn(pair, plain.RULES[which], rolls, np.zeros(3, np.float32), np.random.default_rng(4), 10)
    changed = {k.split(".")[0] for k, v in pair.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"generator", "discriminator"}


def test_a_perceptron_that_keeps_some_rows_leaves_the_others_silent():
    pair = pair_of("literal", RollShape(channels=2, rows=8, slots=16, noise=5, style=3, width=4, kept=(1, 9)))
    new = pair.new(6, torch.zeros(3)).detach()
    heard = {(c, r) for c in range(2) for r in range(8) if new[:, c, r].any()}
    assert heard == {(0, 1), (1, 1)}


def test_drawn_phrases_sound_only_on_lines_that_were_wished_for():
    pair = pair_of("literal", RollShape(noise=5, style=3, width=4))
    frame = Frame(Meter(0, 3, 4), 4)
    wanted = np.zeros(1 + LINES + 1, np.float32)
    wanted[1] = 1
    found = plain.drawn(pair, np.zeros(3, np.float32), [Wish(frame, wanted)] * 2, seed=5)
    assert [p.sounding.tolist() for p in found] == [[True] + [False] * (LINES - 1)] * 2
    assert all(p.tokens.shape == (LINES, frame.length) for p in found)
