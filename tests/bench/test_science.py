"""The benches of attribution and of SED fitting: their oracles, without minutes of sampling."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.causes import Causes
from galexplore.atlas.rarity import Mixture, explain
from galexplore.bench import attribution, sed
from galexplore.jobs import shifts
from galexplore.latents import INTRINSIC, MEANS, SIGMAS
from galexplore.survey import DECALS


def test_a_tail_is_three_sigma_of_the_conditional():
    """Two properties that hang together: the conditional of one given the other is known."""
    generator, n = np.random.default_rng(0), 20_000
    truth = generator.normal(size=(n, 3))
    truth[:, 0] = 0.8 * truth[:, 1] + 0.6 * truth[:, 0]
    at = np.array([[0.0, 0.5, 0.0], [9.0, -0.5, 0.2]])
    low, high = shifts.find_tails(truth, at, 0)
    assert low == pytest.approx(0.8 * at[:, 1] - 1.8, abs=0.25)
    assert high == pytest.approx(0.8 * at[:, 1] + 1.8, abs=0.25)


def test_what_is_named_first_is_counted_by_property():
    mixture = Mixture(np.ones(1), np.zeros((1, 4)), np.eye(4)[None], np.zeros((1, 4)))
    atlas = SimpleNamespace(
        explain=lambda latents, sigma: explain(latents[:, 1:], sigma[:, 1:], mixture),
        rarity_percentile=lambda distance2: np.where(distance2 > 20, 99.0, 10.0),
    )
    explorer = SimpleNamespace(atlas=atlas, find_causes=lambda odd, latents, sigma: None)
    answers = pd.DataFrame(0.0, index=range(4), columns=[*MEANS, *SIGMAS])
    answers["lat_logmass"] = [5.0, 5.0, 2.0, 1.0]
    answers["lat_free"] = [0.0, 0.0, 0.0, 7.0]
    found = attribution.count_named(explorer, answers, "logmass")
    assert found["first"][0] == 0.75 and found["n"] == 4 and found["instead"] == {"free": 0.25}
    assert found["n_told"] == 3 and found["first_told"][0] == pytest.approx(2 / 3)
    assert set(found["instead"]) <= set(INTRINSIC)
    learnt = Causes(np.full(4, INTRINSIC.index("free")), np.ones(4, bool), np.ones(4))
    explorer.find_causes = lambda odd, latents, sigma: learnt
    found = attribution.count_named(explorer, answers, "logmass")
    assert found["first"][0] == 0 and found["instead"] == {"free": 1.0}, "a model that has learnt is taken at its word"


def test_shifting_one_property_leaves_the_others_and_the_draws_alone():
    pytest.importorskip("bagpipes")
    base = pd.DataFrame({"z_true": [0.1, 0.2], "logmass_true": [10.5, 10.0], "logsfr_true": [0.2, -0.1]})
    base["kind"] = "main sequence"
    lit, nearer = shifts.relight(base, 3, DECALS), shifts.relight(base.assign(z_true=[0.05, 0.2]), 3, DECALS)
    larger = shifts.relight(base, 3, DECALS, np.log10(lit["re_arcsec"]) + np.array([0.3, 0.0]))
    assert (
        larger["re_arcsec"][0] == pytest.approx(10**0.3 * lit["re_arcsec"][0])
        and larger["disc_re"][1] == lit["disc_re"][1]
    )
    assert larger["flux_disc_r"].equals(lit["flux_disc_r"]), "a larger galaxy is as bright"
    same = ["logmass_true", "logsfr_true", "phi_true", "inclination", "seed", "noise_r"]
    assert lit[same].equals(nearer[same])
    assert nearer["flux_disc_r"][0] > 2 * lit["flux_disc_r"][0] and nearer["flux_disc_r"][1] == lit["flux_disc_r"][1]


def test_finished_fits_are_kept_and_compared_with_the_labels(tmp_path, monkeypatch):
    rows = pd.DataFrame({"id": ["A", "B"], "split": "test", "population": "ordinary", "z": [0.1, 0.3]})
    rows = rows.assign(logmass=10.0, logsfr=0.0, z_err=0.0, logmass_err=0.1, logsfr_err=0.1)
    for name, column in {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr"}.items():
        rows[f"lat_{name}"], rows[f"lat_{name}_sigma"] = rows[column] + 0.01, 0.02
    fitted = []

    def fit(row, survey, curves, folder):
        fitted.append(row["id"])
        wrong = {"redshift": [row["z"] + 0.2, 0.1], "logmass": [10.0, 0.1], "logsfr": [0.0, 0.1]}
        return {"id": row["id"], "seconds": 50.0} | wrong

    monkeypatch.setattr(sed, "fit_one", fit)
    monkeypatch.setattr(sed, "write_curves", lambda folder, survey: [])
    monkeypatch.setattr(sed, "time_ours", lambda explorer: {"whole": 0.001, "glance": 0.0001})
    seen = rows.assign(lat_redshift=rows["z"] + 0.03).set_index("id")
    embedder = SimpleNamespace(glance=lambda ids, observed: seen.loc[list(ids)])
    images = SimpleNamespace(get=np.asarray)
    explorer = SimpleNamespace(table=rows, survey=DECALS, embedder=embedder, images=images)
    found = sed.compare_with_fits(explorer, 2, tmp_path)
    assert found["ratio"] == {"whole": pytest.approx(50_000), "glance": pytest.approx(500_000)}
    redshift = found["accuracy"]["redshift"]
    assert redshift["sed"] == {"median_error": pytest.approx(0.2), "inside68": 0.0}
    assert redshift["ours"] == {"median_error": pytest.approx(0.01), "inside68": 1.0}
    assert redshift["glance"]["median_error"] == pytest.approx(0.03)
    sed.compare_with_fits(explorer, 2, tmp_path)
    assert sorted(fitted) == ["A", "B"] and len((tmp_path / "fits.jsonl").read_text().splitlines()) == 2
    assert json.loads(json.dumps(found)) == found
