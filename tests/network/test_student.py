"""A student's folding, and how it is kept with the limits of what it has learnt."""

from dataclasses import asdict, fields

import numpy as np
import torch

from galexplore.latents import LATENTS
from galexplore.network.embed_student import StudentEmbedder, save_student
from galexplore.network.student import Student, StudentNetwork
from galexplore.posterior.domain import fit
from galexplore.survey import DECALS

SMALL = StudentNetwork(widths=(4, 4, 4), photometer=8, hidden=8)


def make_student():
    torch.manual_seed(0)
    student = Student(SMALL, DECALS)
    for module in student.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    return student.eval()


def test_folding_its_norms_changes_no_answer():
    student, generator = make_student(), np.random.default_rng(0)
    flux = torch.from_numpy(generator.normal(0, 0.01, (6, *DECALS.shape)).astype(np.float32))
    with torch.no_grad():
        before = student.encode(flux)
        after = student.fold().encode(flux)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(before, after, strict=True))


def test_it_is_kept_with_its_domain(tmp_path):
    generator = np.random.default_rng(1)
    features, held_out = generator.normal(size=(400, 8)), np.arange(400) >= 200
    domain = fit(features, None, held_out, generator.normal(size=(400, 3)))
    calibration = {name: {"scale68": 1.0, "scale95": 1.96} for name in LATENTS}
    card = {"teacher": "t", "network": asdict(SMALL), "survey": DECALS.to_dict(), "calibration": calibration}
    save_student(make_student(), domain, tmp_path, card)
    kept = StudentEmbedder.load(tmp_path, "t").domain
    assert all(
        np.allclose(getattr(kept, f.name), getattr(domain, f.name), rtol=1e-5)
        for f in fields(domain)
        if f.name != "kinds"
    )
    assert list(kept.kinds) == list(domain.kinds)
    table, _ = StudentEmbedder.load(tmp_path, "t").read(np.zeros((3, *DECALS.shape), np.float16))
    assert np.isfinite(table["feature_distance"]).all()
