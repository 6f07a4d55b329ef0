"""The benches of attribution and of SED fitting: their oracles, without minutes of sampling."""

import json
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.rarity import Oddness
from galexplore.atlas.statements import state
from galexplore.bench import attribution, plantings, sed
from galexplore.explore.models import load
from galexplore.jobs import shifts, tails
from galexplore.mock.render import render_clean
from galexplore.mock.rows import read_rows
from galexplore.places import DATA
from galexplore.sources.segments import draw_pixels
from galexplore.survey import DECALS
from galexplore.tables import catalogue


def test_a_tail_is_three_sigma_of_the_conditional():
    """Two properties that hang together: the conditional of one given the other is known."""
    generator, n = np.random.default_rng(0), 20_000
    truth = generator.normal(size=(n, 3))
    truth[:, 0] = 0.8 * truth[:, 1] + 0.6 * truth[:, 0]
    at = np.array([[0.0, 0.5, 0.0], [9.0, -0.5, 0.2]])
    low, high = tails.find_tails(truth, at, 0)
    assert low == pytest.approx(0.8 * at[:, 1] - 1.8, abs=0.25)
    assert high == pytest.approx(0.8 * at[:, 1] + 1.8, abs=0.25)


def test_the_deviation_of_what_was_moved_is_the_sigma_it_was_moved_by():
    """And what it was moved in tells of the others, too: of two that hang together both are then off."""
    generator, n = np.random.default_rng(1), 20_000
    truth = generator.normal(size=(n, 4))
    truth[:, 0] = 0.8 * truth[:, 1] + 0.6 * truth[:, 0]
    truth[:, 2] = np.exp(truth[:, 2])
    at = np.tile(np.median(truth, axis=0), (6, 1))
    sigma = np.array([2.0, 2.5, 3.0, 3.5, 4.0, 5.0])
    for j, given in enumerate([3, 3, 3, 4]):
        low, high = tails.find_tails(truth[:, :given], at[:, :given], j, sigma)
        for side, tail in ((-1, low), (1, high)):
            moved = at.copy()
            moved[:, j] = tail
            assert tails.find_deviations(truth, moved)[:, j] == pytest.approx(side * sigma)
    near, far = np.zeros((2, 4)), np.zeros((2, 4))
    near[:, 2] = far[:, 2] = 1.0
    far[:, 0] = -1.2, 1.2  # two sigma of the conditional
    assert np.abs(tails.find_deviations(truth, near)).max() < 0.4
    off = tails.find_deviations(truth, far)
    assert off[:, 0] == pytest.approx([-2, 2], abs=0.3) and off[:, 1] == pytest.approx([1.6, -1.6], abs=0.4)


def test_the_move_has_made_it_odd_where_the_distance_doubled_and_what_is_named_is_held_against_the_truth():
    every = pd.DataFrame({"before": [4.0, 4.0, np.nan]})
    assert attribution.find_caused(every, np.array([9.0, 7.0, 9.0])).tolist() == [True, False, True]
    deviation = np.array([[-5.0, 0, 0, 0], [-5, 0, 0, 0], [0, 0, 5, 0], [0, 0, -5, 0], [0, 0, 5, 0]])
    said = state(Oddness((deviation**2).sum(axis=1), deviation**2, deviation), np.array([99.0, 10, 99, 99, 99]))
    truth = np.array([[-3.0, 0, 0, 0], [-3, 0, 0, 0], [-3, 0, 4, 0], [-3, 0, 4, 0], [-3, 0, 1, 0]])
    true = attribution.judge_truth(said, truth)
    assert true.tolist() == [True, False, True, False, False], "nothing said, another side, hardly off"


def test_what_is_named_is_counted_among_the_rarest_alone():
    deviation = np.array([[0, 5.0, 0, 0], [0, -5, 0, 0], [0, 5, 0, 0], [4, 3.9, 0, 0], [0, 2, 0, 0]])
    odd = Oddness((deviation**2).sum(axis=1), deviation**2, deviation)
    said = state(odd, np.array([99.0, 99, 99, 99, 10]))
    moved, high = np.array([1, 1, 3, 1, 1]), np.ones(5, bool)
    right = attribution.judge_statements(said, moved, high)
    assert right.tolist() == [True, False, False, True, False], "another side, another property, one of two"
    counted = attribution.count_named(said.verdict, right, np.arange(5) < 4)
    assert (counted["n"], counted["n_rare"], counted["named"][0]) == (5, 4, 0.5)
    assert counted["told"][0] == 0.75 and counted["ambiguous"][0] == 0.25 and counted["withheld"][0] == 0
    assert attribution.count_contradictions(said, odd.contributions) == 0
    assert attribution.count_contradictions(said, odd.contributions[:, ::-1]) > 0, "a test that can fail"
    bins = attribution.calibrate(said, moved, high, 2)
    assert sum(row["n"] for row in bins) == 5, "one of each that is told, two of what is ambiguous"
    assert sum(row["n"] * row["right"][0] for row in bins) == pytest.approx(2)
    assert bins[0]["probability"] < bins[1]["above"] <= bins[1]["probability"]


def test_what_is_planted_is_found_again():
    from galexplore.cutouts import artefacts
    from tests.analytic import draw_ellipse

    generator = np.random.default_rng(0)
    noise = generator.normal(size=(12, 3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    flux = (draw_ellipse(0.5, 4.0, 0.6, 300) + noise).astype(np.float32)
    planted = plantings.plant(flux, "neighbour", generator, DECALS)
    before, after = (artefacts.measure_artefacts(f, DECALS)["contamination"] for f in (flux, planted))
    assert (after > artefacts.CONTAMINATED).mean() > 0.9 and (before < artefacts.CONTAMINATED).all()
    trailed = plantings.plant(flux, "trail", generator, DECALS)
    assert (artefacts.suspect(artefacts.measure_artefacts(trailed, DECALS)) == "line").mean() > 0.7
    assert 0.05 < plantings.cut_edge(flux[0], DECALS) < 0.15


def test_a_second_source_is_put_where_it_is_said_with_the_light_that_is_asked_for():
    rows = read_rows(catalogue.read(DATA).query("population == 'ordinary' and mag_r < 18")[:40])
    host, other = rows[0], rows[1]
    image, at = draw_pixels(host, DECALS, alone=True).astype(np.float32), (np.arange(69) - 34) * DECALS.model_scale
    own = image[1][np.hypot(at, at[:, None]) < 2].sum()
    for second in (other, plantings.darken(other) | {"oddity": "star"}):
        drawn = plantings.draw_second(image, host, second, 2.2, 0.5, DECALS)[1]
        x, y = (2.2 * f(0.5) + host[f"offset_{a}"] * DECALS.pixel_scale for f, a in ((np.cos, "x"), (np.sin, "y")))
        row, column = np.unravel_index(drawn.argmax(), drawn.shape)
        assert np.hypot(at[column] - x, at[row] - y) < 0.5
        assert drawn[np.hypot(at - 2.2 * np.cos(0.5), at[:, None] - 2.2 * np.sin(0.5)) < 2].sum() == pytest.approx(own)
    crowd = np.stack([render_clean(plantings.darken(row), DECALS) for row in rows[:6]])
    whole = np.stack([render_clean(row, DECALS) - render_clean(row, DECALS, neighbours=False) for row in rows[:6]])
    assert np.abs(crowd - whole).max() < 1e-3 * whole.max(), "what is left of a galaxy without light is its neighbours"


def test_a_mass_is_moved_at_the_same_ssfr_and_a_rate_at_the_same_mass():
    base = pd.DataFrame({"z_true": [0.1], "logmass_true": [10.5], "logsfr_true": [0.2], "re_arcsec": [10.0]})
    for name, j in (("redshift", 0), ("logmass", 1), ("logssfr", 2)):
        moved, size = shifts.move(base, name, np.array([0.3]))
        before, after = tails.list_truth(base)[0], tails.list_truth(moved)[0]
        assert after[j] == pytest.approx(0.3) and size is None
        assert np.delete(after, j) == pytest.approx(np.delete(before, j)), name
    assert shifts.move(base, "free", np.array([0.3]))[1] == 0.3 and tails.list_truth(base)[0, 3] == 1.0


def test_galaxies_that_are_odd_as_they_are_are_not_shifted(monkeypatch):
    """An atlas by which every other galaxy is odd before anything is moved: none of those is encoded again."""
    pytest.importorskip("bagpipes")
    asked, drawn = [], []

    class Atlas:
        def rarity_percentile(self, distance2):
            return distance2

    def encode(other, lit, faintest):
        asked.append(faintest)
        drawn.append(lit.index)
        return pd.DataFrame({"d2": np.where(lit.index % 2, 95.0, 50.0)}, index=lit.index)

    monkeypatch.setattr(shifts, "encode", encode)
    monkeypatch.setattr(shifts, "find_oddness", lambda other, seen: SimpleNamespace(distance2=seen["d2"].to_numpy()))
    other = SimpleNamespace(table=load("default").table, survey=DECALS, atlas=Atlas())
    _, answers = shifts.shift(other, ("test",), 6, 1, lambda text: None)
    assert np.isinf(asked[0]) and len(drawn[0]) == 6
    assert all((index % 2 == 0).all() for index, faintest in zip(drawn, asked, strict=True) if np.isfinite(faintest))
    assert all(len(rows) for rows in answers.values())
    for j, rows in enumerate(answers.values()):
        assert (rows["before"] == 50).all(), "what it was with nothing moved"
        sigma = rows["size"] * np.where(rows["high"], 1, -1)
        assert rows[shifts.TRUE[j]].to_numpy() == pytest.approx(sigma.to_numpy(), abs=0.01), "it is so far off"


def test_shifting_one_property_leaves_the_others_and_the_draws_alone():
    pytest.importorskip("bagpipes")
    base = pd.DataFrame({"z_true": [0.1, 0.2], "logmass_true": [10.5, 10.0], "logsfr_true": [0.2, -0.1]})
    base["kind"] = "main sequence"
    lit, nearer = (shifts.relight(table, None, 3, DECALS) for table in (base, base.assign(z_true=[0.05, 0.2])))
    larger = shifts.relight(base, np.log10(lit["re_arcsec"]) + np.array([0.3, 0.0]), 3, DECALS)
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


def test_the_rarest_tenth_is_parted_evenly_by_rarity():
    percentile = np.random.default_rng(0).uniform(0, 100, 2000)
    parts = attribution.part_rare(percentile)
    sizes = [len(rows) for _, rows in parts]
    assert len(parts) == 10 and max(sizes) - min(sizes) <= 1 and sum(sizes) == (percentile >= 90).sum()
    assert all(percentile[a].max() <= percentile[b].min() for (_, a), (_, b) in pairwise(parts))
    assert attribution.part_rare(np.array([10.0, 20.0])) == []
    assert len(dict(attribution.part_rare(np.full(40, 100.0)))) == 10, "what is equally rare is not lost"


def make_explorer(covariance: np.ndarray, decode) -> SimpleNamespace:
    """An explorer of one mode, whose deviations are told in the plain basis, and 5,000 galaxies of it."""
    from galexplore.atlas.basis import find_basis
    from galexplore.atlas.rarity import Mixture
    from galexplore.latents import INTRINSIC

    usual = Mixture(np.ones(1), np.zeros((1, 4)), covariance[None], np.zeros((1, 4)))
    drawn = np.random.default_rng(0).multivariate_normal(np.zeros(4), covariance, 5000)
    table = pd.DataFrame(drawn, columns=[f"lat_{name}" for name in INTRINSIC])
    table["lat_logssfr"] = table["lat_logsfr"] - table["lat_logmass"]
    atlas = SimpleNamespace(usual=usual, find_turn=lambda mode, own: find_basis(own), ordinary=np.ones(5000, bool))
    survey = SimpleNamespace(model_noise=(1.0, 1.0, 1.0))
    return SimpleNamespace(atlas=atlas, table=table, density=None, survey=survey, decode=decode, attribution=None)


COVARIANCE = np.array([[1, 0.7, 0.2, 0], [0.7, 1, 0.5, 0.1], [0.2, 0.5, 1, 0], [0, 0.1, 0, 1]])


def test_one_property_at_its_conditional_median_takes_its_own_square_off_the_distance():
    from galexplore.atlas.rarity import explain
    from galexplore.bench.rivals import make_counterfactuals
    from galexplore.latents import INTRINSIC_AT

    explorer = make_explorer(COVARIANCE, None)
    latents, sigma = np.random.default_rng(1).normal(size=(30, 5)) * 2, np.zeros((30, 5))
    moved = make_counterfactuals(explorer, latents, sigma, None)
    own = explorer.atlas

    def measure(of: np.ndarray) -> Oddness:
        return explain(of[:, INTRINSIC_AT], sigma[:, INTRINSIC_AT], own.usual, None, own.find_turn)

    before = measure(latents)
    for j in range(4):
        after = measure(moved[:, j])
        assert after.conditional_z[:, j] == pytest.approx(0, abs=1e-9)
        assert after.distance2 == pytest.approx(before.distance2 - before.conditional_z[:, j] ** 2)
    assert (moved[:, :, 0] == latents[:, None, 0]).all(), "the angle stays"


def test_the_property_that_changes_the_picture_most_is_named_whatever_its_deviation():
    from galexplore.bench.rivals import find_largest_change, look_at_marginals, measure_marginals
    from galexplore.latents import LATENTS, MEANS, SIGMAS

    place = LATENTS.index("free")

    def decode(latents: np.ndarray) -> np.ndarray:
        """Only the free latent is seen."""
        return np.broadcast_to(latents[:, place, None, None, None], (len(latents), 3, 4, 4))

    explorer = make_explorer(np.eye(4), decode)
    rows = pd.DataFrame(0.0, index=range(3), columns=[*MEANS, *SIGMAS])
    rows["lat_redshift"], rows["lat_free"] = [5.0, 5.0, 0.1], [0.5, 1.0, 2.0]
    assert find_largest_change(explorer, rows).tolist() == [3, 3, 3]
    assert look_at_marginals(explorer, rows).tolist() == [0, 0, 3]
    assert measure_marginals(explorer, rows).argmax(axis=1).tolist() == [0, 0, 3]


def test_looks_are_moved_and_the_size_stays():
    from galexplore.jobs.looks import list_looks, set_look

    shaped = pd.DataFrame({"bulge_mass_fraction": [0.1, 0.5], "disc_re": [3.0, 2.0], "av": [0.5, 1.0]})
    shaped["bulge_av"] = [0.2, 0.4]
    dusty = set_look(shaped, "dust", np.log10([1.0, 0.25]))
    assert dusty["av"].tolist() == pytest.approx([1.0, 0.25]) and dusty["bulge_av"].tolist() == pytest.approx(
        [0.4, 0.1]
    )
    assert dusty.drop(columns=["av", "bulge_av"]).equals(shaped.drop(columns=["av", "bulge_av"]))
    concentrated = set_look(shaped, "concentration", np.array([0.0, np.log10(0.25 / 0.75)]))
    assert concentrated["bulge_mass_fraction"].tolist() == pytest.approx([0.5, 0.25])
    half = concentrated["disc_re"] / (1 + 0.25 * concentrated["bulge_mass_fraction"])
    assert half.tolist() == pytest.approx((shaped["disc_re"] / (1 + 0.25 * shaped["bulge_mass_fraction"])).tolist())
    for k, name in enumerate(("concentration", "dust")):
        value = np.array([0.4, -0.3])
        assert list_looks(set_look(shaped, name, value))[:, k] == pytest.approx(value), "what is set is what is listed"


def test_dust_reddens_what_is_lit_after_it_was_set():
    pytest.importorskip("bagpipes")
    from functools import partial

    from galexplore.jobs.looks import set_look

    base = pd.DataFrame({"z_true": [0.1], "logmass_true": [10.5], "logsfr_true": [0.2], "kind": ["main sequence"]})
    lit, dusty = (
        shifts.relight(base, None, 3, DECALS, *how)
        for how in ((), (partial(set_look, name="dust", value=np.array([0.6])),))
    )
    colour, redder = (t["flux_disc_g"][0] / t["flux_disc_z"][0] for t in (lit, dusty))
    assert redder < 0.8 * colour and dusty["av"][0] == pytest.approx(10**0.6)
    assert dusty["re_arcsec"][0] == lit["re_arcsec"][0] and dusty["seed"][0] == lit["seed"][0]


def test_what_was_measured_of_groups_and_confusion_is_written_as_it_is():
    from galexplore.bench.controls import write_confusion
    from galexplore.bench.groups import write_lines
    from galexplore.cli.trials import groups
    from galexplore.errors import InputError

    with pytest.raises(InputError, match="rarity, reconstruction or both"):
        groups(by="beauty")
    measured = {"galaxies": 1234, "groups": 16, "kinds": ["a", "b"], "purity": 0.5, "purity_one_group": 0.4}
    measured |= {"reached": {8: {"tiles": 1, "members": 2}, 16: {"tiles": 1, "members": 2}}}
    measured |= {"missing": {"tiles": ["b"], "members": []}, "largest_share": 0.125, "largest_reason": 0.25}
    text = "\n".join(write_lines(measured | {"largest_reason_ungrouped": 0.2}))
    assert "| 16 | 1 of 2 | 2 of 2 |" in text and "Not met in the tiles: b." in text and "in the members" not in text
    rows = [{"of": "Green Pea", "n": 100, "star": 0.5, "outside": 0.0, "called Green Pea": None}]
    assert write_confusion(rows)[-2] == "| Green Pea | 100 | 50 ± 5 % | 0 ± 0 % | – |"
