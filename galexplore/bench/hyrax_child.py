"""hyrax's infer verb, timed by the Python of hyrax's own environment, which need not know this package.

`galexplore.bench.hyrax` copies this file into a folder of cutouts and runs it there.
"""

import json
import resource
from pathlib import Path
from typing import Any

import hyrax
import numpy as np
import torch
from hyrax.models import hyrax_model
from torch import Tensor, nn

HERE = Path(__file__).parent


@hyrax_model
class Encoder(nn.Module):
    """The published encoder's stretch, convolutions and head, as `galexplore.bench.peers.Published` has them."""

    knee: Tensor

    def __init__(self, config: dict[str, Any], data_sample: Any = None):
        super().__init__()
        self.config = config
        bands, size = data_sample.shape[-3], data_sample.shape[-1]
        side = (size + 3) // 4
        self.register_buffer("knee", torch.ones(bands, 1, 1))
        self.trunk = nn.Sequential(
            nn.Conv2d(bands, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Flatten()
        )
        self.head = nn.Linear(32 * side**2, 10)

    def infer_batch(self, batch: Tensor) -> Tensor:
        """Latent means (N, 5) of images (N, 1, B, S, S), each file of which is one plane of hyrax's."""
        v = batch.flatten(1, 2) / self.knee
        return self.head(self.trunk(v / torch.sqrt(1 + v * v)))[:, :5]

    def train_batch(self, batch: Tensor) -> dict[str, Tensor]:
        """Hyrax asks for it; nothing is trained here."""
        raise RuntimeError("nothing is trained here")

    @staticmethod
    def prepare_inputs(data_dict):  # type: ignore[no-untyped-def]
        """Images of a batch; hyrax keeps this method's text in a file of its own, where no name is known."""
        return data_dict["data"]["image"]


def read_clock() -> float:
    """Seconds of CPU that this process and those it waited for have had."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in each)


def main() -> None:
    """Infer once to warm up, then once a round; write the seconds, and the answers in the order of the files."""
    torch.set_num_threads(1)
    with np.load(HERE / "weights.npz") as weights:
        torch.save({name: torch.from_numpy(weights[name]) for name in weights}, HERE / "weights.pth")
    verbs, seconds = hyrax.Hyrax(config_file=HERE / "hyrax.toml"), list[float]()
    for _ in range(1 + json.loads((HERE / "rounds.json").read_text())):
        start = read_clock()
        results = verbs.infer()
        seconds.append(read_clock() - start)
    order = np.argsort([int(name) for name in results.ids()])
    np.save(HERE / "answers.npy", np.stack([row["data"] for row in results[order]]))
    (HERE / "seconds.json").write_text(json.dumps({"version": hyrax.__version__, "seconds": seconds[1:]}))


if __name__ == "__main__":
    main()
