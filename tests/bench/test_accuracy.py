"""The comparison's peers and its arithmetic, on analytic galaxies."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from galexplore.bench import contest
from galexplore.bench.accuracy import compare_peers, score
from galexplore.bench.boosting import answer_noiseless, answer_noisy, answer_shaped
from galexplore.bench.ground import Answer, Ground, remember
from galexplore.bench.peers import Contrastive, Published, Scale, embed_peer, train_peer
from galexplore.bench.real import find_known, locate_all, write_table
from galexplore.errors import InputError
from galexplore.latents import LABELLED
from galexplore.network.sample import Sample
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse


@pytest.fixture
def sample(sky):
    frame, flux = sky
    return Sample.gather(frame, flux, DECALS)


def nothing(*at):
    pass


def test_the_published_network_costs_what_the_paper_says():
    """Two convolutions and a linear layer: 4.25 million floating-point operations a galaxy, five latents."""
    model, operations = Published(DECALS), 0
    for layer, side in ((model.trunk[0], 35), (model.trunk[2], 18)):
        operations += 2 * layer.weight.numel() * side**2
    operations += 2 * model.head.weight.numel()
    assert operations == pytest.approx(4.25e6, rel=0.01)
    mean, logvar = model.encode(torch.zeros(2, 3, 69, 69))
    assert mean.shape == logvar.shape == (2, 5)
    assert model.paint(model.seed(mean)).shape == (2, 3, 69, 69)


def test_broadcast_weights_give_every_galaxy_the_mean_weight():
    """As published: shuffling the weights among the galaxies changes nothing."""
    model, generator = Published(DECALS).eval(), torch.Generator().manual_seed(0)
    flux = torch.from_numpy(np.stack([draw_ellipse(0.5, size) for size in (2, 4, 6, 9)]))
    target = torch.randn(4, 4, generator=generator)
    weight = torch.rand(4, 4, generator=generator)
    losses = []
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        torch.manual_seed(1)
        losses.append(model.loss(flux, target, weight[order]).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_unknown_labels_do_not_poison_the_published_loss():
    flux = torch.from_numpy(draw_ellipse(0.5))[None].repeat(2, 1, 1, 1)
    assert torch.isfinite(Published(DECALS).loss(flux, torch.full((2, 4), torch.nan), torch.ones(2, 4)))


def test_copies_of_one_galaxy_attract_and_others_repel():
    model = Contrastive(DECALS).eval()
    flux = torch.from_numpy(np.stack([draw_ellipse(p, s, t) for p, s, t in ((0, 2, 9), (1, 5, 60), (2, 9, 400))]))
    assert model.loss(flux, flux) < model.loss(flux, flux.roll(1, dims=0))
    assert torch.allclose(model.embed(flux).norm(dim=1), torch.ones(3), atol=1e-5)


def test_peers_learn_and_stop_when_their_time_is_spent(sky):
    sample = Sample.gather(sky[0][:160], sky[1][:160], DECALS)
    torch.manual_seed(0)
    model, scale = Published(DECALS), Scale(sample)
    cost = train_peer(model, sample, 15, 1e4, nothing, batch=32)
    latents = embed_peer(model, sample)
    assert latents.shape == (len(sample), 5)
    mass = scale.undo(latents)[:, 2]
    assert np.corrcoef(mass, sample.labels[:, 1])[0, 1] > 0.6
    assert cost["epochs"] == pytest.approx(15, abs=1)
    stopped = train_peer(Published(DECALS), sample, 100_000, 0.5, nothing, batch=64)
    assert stopped["epochs"] < 1000 and stopped["seconds"] < 10


def test_standardised_labels_undo(sample):
    scale = Scale(sample)
    labels, weight = scale.apply(sample)
    assert torch.allclose(labels.mean(dim=0), torch.zeros(4), atol=1e-3)
    assert torch.allclose(weight.mean(dim=0), torch.ones(4), atol=1e-4)
    back = scale.undo(np.column_stack([labels.numpy(), np.zeros(len(labels))]))
    assert np.allclose(back[:, 1:], sample.labels, atol=1e-4)


@pytest.fixture
def test_rows():
    generator = np.random.default_rng(0)
    n = 800
    frame = pd.DataFrame({"z": generator.uniform(0, 1, n), "logmass": generator.normal(10, 0.5, n)})
    frame["logsfr"], frame["phi"] = generator.normal(0, 0.7, n), generator.uniform(0, np.pi, n)
    return frame.assign(ba=generator.uniform(0.2, 1, n))


def answer(rows, noise, seed):
    generator = np.random.default_rng(seed)
    truth = rows[["phi", "z", "logmass", "logsfr"]].to_numpy()
    return Answer(truth + noise * generator.standard_normal(truth.shape), {"seconds": 1.0, "key": "a"})


def test_scores_are_their_definitions(test_rows):
    values = answer(test_rows, 0.1, 1).values
    found = score(values, test_rows)
    z = test_rows["z"].to_numpy()
    assert found["r2_redshift"] == pytest.approx(1 - ((values[:, 1] - z) ** 2).sum() / ((z - z.mean()) ** 2).sum())
    # The median of |N(0, 0.1 rad)| is 0.6745 of its width.
    assert found["phi_median_deg"] == pytest.approx(np.degrees(0.06745), rel=0.12)


def test_differences_are_paired(test_rows):
    """Two peers whose errors are nearly the same differ by far less than each is uncertain."""
    ours = answer(test_rows, 0.2, 1)
    twin = Answer(ours.values + 1e-3, {"seconds": 1.0})
    result = compare_peers(
        {"ours": ours, "published": twin, "noisy": answer(test_rows, 0.4, 2)}, test_rows, resamples=60
    )
    gap, error = result["published"]["ours_less"]["r2_redshift"]
    assert error < 0.1 * result["ours"]["scores"]["r2_redshift"][1]
    assert abs(gap) < 0.01
    assert result["noisy"]["ours_less"]["r2_redshift"][0] > 0
    assert "ours_less" not in result["ours"] and "key" not in result["ours"]["about"]


def test_a_peer_that_cannot_tell_an_angle_leaves_it_out(test_rows, tmp_path):
    ours = answer(test_rows, 0.2, 1)
    blind = Answer(np.column_stack([np.full(len(test_rows), np.nan), ours.values[:, 1:]]), {"seconds": 2.0})
    result = compare_peers({"ours": ours, "noiseless": blind}, test_rows, resamples=20)
    result = {"about": {"taught": 10, "examined": 800, "simulated": True, "hardware": "none"}, "peers": result}
    assert "phi_median_deg" not in result["peers"]["noiseless"]["scores"]
    contest.save_tables(result, tmp_path / "a.md", "galexplore bench accuracy")
    assert "| – |" in (tmp_path / "a.md").read_text()
    assert json.loads((tmp_path / "a.json").read_text())["peers"].keys() == {"ours", "noiseless"}


def test_answers_are_kept_and_only_for_the_same_ground(sky, sample, tmp_path):
    frame, flux = sky
    ground, made = Ground(frame, flux, DECALS, frame, sample, sample, tmp_path, nothing), []

    def make(ground):
        made.append(1)
        return Answer(np.ones((3, 4)), {"seconds": 1.0}, np.zeros((len(frame), 5)))

    first = remember(ground, "published", "ground one", make)
    again = remember(ground, "published", "ground one", make)
    assert len(made) == 1 and np.array_equal(first.values, again.values) and again.latents.shape == (len(frame), 5)
    remember(ground, "published", "ground two", make)
    assert len(made) == 2
    with np.load(tmp_path / "published.npz", allow_pickle=False) as file:
        assert file["ids"].tolist() == frame["id"].tolist()


def test_boosting_is_told_what_its_name_says(sky, sample, tmp_path):
    """On labels that follow the axis ratio alone, only who is told the profile can answer."""
    generator, n = np.random.default_rng(0), 600
    frame = pd.DataFrame({f"mag_{b}": generator.normal(20, 1, n) for b in "grz"})
    frame = frame.assign(ba=generator.uniform(0.2, 1, n), re_arcsec=1.0, bulge_fraction=0.2, bulge_n=3.0, split="train")
    frame = frame.assign(
        **{f"flux_{p}_{b}": generator.uniform(0, 9, n) for p in ("bulge", "disc", "young") for b in "grz"}
    )
    true = 22.5 - 2.5 * np.log10(frame["flux_bulge_g"] + frame["flux_disc_g"] + frame["flux_young_g"])
    frame = frame.assign(z=frame["ba"], logmass=true, logsfr=frame["mag_g"])
    frame.loc[400:, "split"] = "test"
    ground = Ground(frame, np.zeros((n, 1)), DECALS, frame.iloc[:400], sample, sample, tmp_path, nothing)
    told = {}
    for name, make in (("noiseless", answer_noiseless), ("noisy", answer_noisy), ("shaped", answer_shaped)):
        values = make(ground).values[:, 1:]
        told[name] = [np.corrcoef(values[:, i], frame[c][400:])[0, 1] > 0.9 for i, c in enumerate(LABELLED.values())]
    assert told == {"noiseless": [False, True, False], "noisy": [False, False, True], "shaped": [True, False, True]}


def test_an_unknown_peer_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no peer"):
        contest.run_contest("default", tmp_path, tmp_path, nothing, minutes=1, epochs=None, only=["nobody"])


def test_real_cutouts_are_told_beside_what_is_known(real):
    import galexplore as gx

    rows = locate_all(gx.load(), real / "cutouts")
    known = [row for row in rows if row["known"] and "latents" in row]
    assert len(known) >= 4
    assert find_known("decals_dr5_J094949.61+010533.1_0.13arcsec.fits") == (0.0347, 9.7)
    assert all(row["latents"]["redshift"][0] < 0.12 for row in known)  # all of them are nearer than z = 0.04
    masses = [row["told"][0] - row["known"][1] for row in known if row["known"][1] is not None]
    assert len(masses) >= 4 and all(row["told"][1] < row["latents"]["logmass"][1] for row in known)
    text = write_table(rows)
    assert text.count("\n| `") == len(rows) and {line.count("|") for line in text.splitlines() if "|" in line} == {10}
    assert f"is {np.median(masses):+.2f} ± " in text and f"over {len(masses)} cutouts" in text


def test_rare_kinds_are_found_by_the_latents_that_tell_them_apart():
    generator = np.random.default_rng(0)
    population = np.array(["ordinary"] * 900 + ["Green Pea"] * 60 + ["Red Spiral"] * 60)
    apart, blind = generator.standard_normal((2, len(population), 5))
    apart[population == "Green Pea", 1] += 8
    apart[population == "Red Spiral", 0] += 8  # an orientation tells nothing, but the vanilla peer has none
    known = {k: Answer(x[:, :4], {}, x) for k, x in {"ours": apart, "vanilla": apart, "published": blind}.items()}
    found = contest.find_rare(known | {"noisy": Answer(blind[:, :4], {})}, population)
    assert found.keys() == known.keys()
    assert found["ours"]["Green Pea"][0] > 0.97 and found["ours"]["Red Spiral"][0] < 0.3
    assert min(found["vanilla"][kind][0] for kind in ("Green Pea", "Red Spiral")) > 0.97
    assert max(recall for recall, _ in found["published"].values()) < 0.3
    scores = {c: [0.5, 0.1] for c in contest.COLUMNS}
    peers = {k: {"about": {"seconds": 1.0}, "scores": scores, "rare": v} for k, v in found.items()}
    told = contest.write_tables(
        {"about": {"taught": 10, "examined": 10, "simulated": True, "hardware": "none"}, "peers": peers}
    )
    assert "| | Green Pea | Red Spiral |" in told and "7 % of ordinary" in told
