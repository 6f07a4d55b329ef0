"""The mixture density network (Bishop 1994) while it is fitted; fitted, it is `galexplore.posterior.density`."""

import torch
from torch import Tensor, nn

from galexplore.posterior.density import BROAD, NARROW


class DensityHead(nn.Module):
    """Inputs (B, F) to a mixture of K Gaussians in three straight coordinates, standardised by a sample's spread."""

    input_mean: Tensor
    input_std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, inputs: int, components: int, hidden: int):
        super().__init__()
        self.shape = {"inputs": inputs, "components": components, "hidden": hidden}
        for name, size in {"input": inputs, "target": 3}.items():
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_std", torch.ones(size))
        body = [nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()]
        self.net = nn.Sequential(*body, nn.Linear(hidden, components * 10))

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights (B, K), means (B, K, 3) and Cholesky factors (B, K, 3, 3), standardised."""
        scaled = ((inputs - self.input_mean) / self.input_std).nan_to_num()  # what is not known is as usual
        out = self.net(scaled).unflatten(1, (self.shape["components"], 10))
        log_weight, mean, scale, below = out.split([1, 3, 3, 3], dim=2)
        factor = torch.diag_embed(scale.clamp(NARROW, BROAD).exp())
        rows, columns = torch.tril_indices(3, 3, -1)
        factor[..., rows, columns] = below
        return log_weight[..., 0].log_softmax(dim=1), mean, factor
