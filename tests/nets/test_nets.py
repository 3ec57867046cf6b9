"""The nets: shapes, the split of the first layer, and that they can learn at all."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fewnotes.engines.relation.head import Head
from fewnotes.meta.losses import choice_loss, relation_loss, same_piece_loss
from fewnotes.meta.segments import CHANNELS, PITCHES, STEPS
from fewnotes.nets.encoder import Encoder, EncoderShape
from fewnotes.nets.relation import LiteralRelation, RelationHead


@pytest.fixture
def head():
    torch.manual_seed(0)
    made = RelationHead(12, 8)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


def as_arrays(head: RelationHead) -> Head:
    values = {k: v.detach().numpy() for k, v in head.state_dict().items()}
    slope, offset, by_shots = values["temper"]
    return Head(
        np.exp(values["side.log_within"]), np.exp(values["side.log_between"]), values["side.centre"],
        np.full(12, slope, np.float32), float(offset), float(by_shots), values["piece.weight"].T, values["piece.bias"],
        values["style.weight"].T, values["out.weight"][0],
    )  # fmt: skip


def test_the_head_in_numpy_is_the_head_that_was_trained(head):
    x, means = torch.randn(7, 12), torch.randn(3, 12)
    wanted = head(x, means, torch.tensor([1.0, 5.0, 10.0])).detach().numpy()
    plain = as_arrays(head)
    found = np.stack([plain.log_odds(x.numpy(), means[i].numpy(), k) for i, k in enumerate((1, 5, 10))], axis=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_more_pieces_bring_the_expected_place_nearer_to_their_mean(head):
    plain = as_arrays(head)
    mean = np.full(12, 3.0, np.float32)
    gaps = [np.abs(plain.expected(mean, k)[0] - mean).sum() for k in (1, 5, 50)]
    assert gaps[0] > gaps[1] > gaps[2]
    spreads = [plain.expected(mean, k)[1].sum() for k in (1, 5, 50)]
    assert spreads[0] > spreads[1] > spreads[2]


def test_a_segment_is_heard_alike_in_any_batch():
    torch.manual_seed(0)
    encoder = Encoder(EncoderShape()).eval()
    rolls = (torch.rand(4, CHANNELS, PITCHES, STEPS) < 0.02).float()
    meter, families = torch.zeros(4, 2, STEPS), torch.rand(4, 17)
    with torch.inference_mode():
        together = encoder.segments(rolls, meter, families)
        alone = encoder.segments(rolls[:1], meter[:1], families[:1])
    torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-4)


def test_padding_is_not_heard():
    torch.manual_seed(0)
    encoder = Encoder(EncoderShape()).eval()
    vectors = torch.randn(1, 3, 192)
    padded = torch.cat([vectors, 99 * torch.ones(1, 2, 192)], dim=1)
    use = torch.tensor([[True, True, True, False, False]])
    with torch.inference_mode():
        torch.testing.assert_close(encoder.pieces(vectors, use[:, :3]), encoder.pieces(padded, use))


def test_the_squared_error_weighs_own_and_strange_alike():
    own = torch.eye(5, dtype=torch.bool)
    right = torch.where(own, 9.0, -9.0)
    assert relation_loss(right, own) < 1e-3
    all_no = torch.full((5, 5), -9.0)
    assert relation_loss(all_no, own) == pytest.approx(0.5, abs=1e-3)
    assert choice_loss(right, own) < choice_loss(all_no, own)


def test_segments_of_one_piece_are_told_from_others():
    first = torch.eye(6)
    assert same_piece_loss(first, first) < same_piece_loss(first, first.roll(1, dims=0))


def test_a_head_learns_which_direction_is_style():
    """Two coordinates: one tells styles apart, one is noise."""
    torch.manual_seed(1)
    head = RelationHead(2, 8)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)
    styles = torch.randn(30) * 2
    for _ in range(150):
        chosen = styles[torch.randperm(30)[:5]]
        support = torch.stack([chosen, torch.randn(5) * 2], dim=1)
        query = torch.stack([chosen + 0.2 * torch.randn(5), torch.randn(5) * 2], dim=1)
        own = torch.eye(5, dtype=torch.bool)
        loss = relation_loss(head(query, support, torch.ones(5)), own)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ratio = (head.side.log_between - head.side.log_within).detach()
    assert ratio[0] > ratio[1] + 0.5


def test_the_literal_network_scores_all_pairs():
    assert LiteralRelation(10)(torch.randn(4, 10), torch.randn(3, 10)).shape == (4, 3)
