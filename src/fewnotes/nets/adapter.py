"""Low-rank adapters: a linear layer and a small difference that one style makes (Hu 2021, eq. 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LowRank(nn.Module):
    """W x + B A x. B begins at zero, so at first nothing is different."""

    def __init__(self, linear: nn.Linear, rank: int, generator: torch.Generator) -> None:
        super().__init__()
        self.linear = linear
        inside, outside = linear.in_features, linear.out_features
        self.down = nn.Parameter(torch.randn(rank, inside, generator=generator) / inside**0.5)
        self.up = nn.Parameter(torch.zeros(outside, rank))

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., inside)."""
        return self.linear(x) + (x @ self.down.T) @ self.up.T


def adapted(net: nn.Module, names: tuple[str, ...], rank: int, seed: int) -> list[nn.Parameter]:
    """Put adapters into the linear layers of a net with these last names; all else is frozen. Their parameters."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    found: list[nn.Parameter] = []
    for path, module in list(net.named_modules()):
        parent, _, name = path.rpartition(".")
        if isinstance(module, nn.Linear) and (name in names or parent.rpartition(".")[0].rpartition(".")[2] in names):
            layer = LowRank(module, rank, generator)
            setattr(net.get_submodule(parent), name, layer)
            found += [layer.down, layer.up]
    return found


def adapters(net: nn.Module) -> dict[str, Tensor]:
    """The arrays of the adapters by the name of their layer: NAME.down (rank, inside), NAME.up (outside, rank)."""
    found = {}
    for path, module in net.named_modules():
        if isinstance(module, LowRank):
            found[f"{path}.down"], found[f"{path}.up"] = module.down.detach(), module.up.detach()
    return found


def merge(net: nn.Module, arrays: dict[str, Tensor]) -> None:
    """Add what adapters say to the plain layers of a net, so that it costs nothing to use."""
    for name in {key.rpartition(".")[0] for key in arrays}:
        layer = net.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        with torch.no_grad():
            layer.weight += arrays[f"{name}.up"].float() @ arrays[f"{name}.down"].float()
