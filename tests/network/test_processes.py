"""Several processes that train one model: what they share, and that they end where one process ends."""

import pytest
import torch
from safetensors.torch import load_file

from galexplore.network.processes import Processes
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.network.train import fit
from galexplore.survey import DECALS
from tests.network.test_train import TINY

RECIPE = Training(epochs=8, batch=64, drawn=1, pictures=100)


def take_part(fabric, frame, flux, folder):
    """One process's share; runs in a process of its own."""
    torch.set_num_threads(1)
    processes = Processes(fabric)
    mine = torch.full((3,), float(processes.rank))
    processes.average([mine])
    sample, validation = Sample.gather(frame[40:], flux[40:], DECALS), Sample.gather(frame[:40], flux[:40], DECALS)
    model, card = fit(sample, validation, folder, survey=DECALS, network=TINY, training=RECIPE, processes=processes)
    weights = torch.cat([v.flatten().float() for v in model.state_dict().values()])
    others = fabric.all_gather(weights)
    processes.leave()
    if processes.rank == 0:
        return mine.tolist(), float((others - weights).abs().max()), card
    return None


@pytest.mark.timeout(280)
def test_two_processes_end_where_one_does(sky, tmp_path):
    fabrics = pytest.importorskip("lightning_fabric")
    frame, flux = sky
    fabric = fabrics.Fabric(accelerator="cpu", devices=2, strategy="ddp_spawn")
    mean, apart, two = fabric.launch(take_part, frame, flux, tmp_path / "two")
    assert mean == [0.5] * 3
    assert apart == 0.0
    sample, validation = Sample.gather(frame[40:], flux[40:], DECALS), Sample.gather(frame[:40], flux[:40], DECALS)
    _, one = fit(sample, validation, tmp_path / "one", survey=DECALS, network=TINY, training=RECIPE)
    last, alone = two["history"][-1], one["history"][-1]
    # Not the same numbers: batch statistics and random moves are each process's own.
    assert last["reconstruction"] == pytest.approx(alone["reconstruction"], rel=0.3)
    assert last["score"] == pytest.approx(alone["score"], abs=0.15)
    assert two["hardware"].endswith("2 processes")
    assert load_file(tmp_path / "two" / "weights.safetensors")


def test_one_process_needs_no_library():
    processes, tensor, acted = Processes(), torch.ones(2), []
    processes.average([tensor])
    processes.lead(lambda: acted.append(1))
    assert (processes.rank, processes.size, tensor.tolist(), acted) == (0, 1, [1.0, 1.0], [1])
