"""The population, its light and its labels: what published relations say, and what real galaxies agree with."""

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.kinds import KINDS
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.jobs import mock_survey
from galexplore.mock import history, properties, rare, render, scene, shape
from galexplore.mock.conditions import find_conditions
from galexplore.mock.measure import add_labels, add_positions, choose_split
from galexplore.places import ROOT
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.analytic import REAL

DATA = ROOT / "data" / "catalogue.parquet"


@pytest.fixture(scope="module")
def drawn():
    return shape.add_shape(properties.draw(20000, 3, limit=22.0), np.random.default_rng(1))


@pytest.fixture(scope="module")
def shipped():
    return catalogue.read(DATA)


def test_draw_is_determined_by_the_seed():
    assert properties.draw(500, 1).equals(properties.draw(500, 1))
    assert not properties.draw(500, 1).equals(properties.draw(500, 2))


def test_mass_function_has_the_published_density():
    """Baldry et al. (2012): about 0.004 galaxies a Mpc3 above 10^10 Msun at z = 0.05."""
    mass = np.linspace(10, 12, 401)
    both = sum(properties.mass_function(mass, 0.05, t) for t in (properties.STAR_FORMING, properties.QUIESCENT))
    assert np.trapezoid(both, mass) == pytest.approx(0.0045, rel=0.35)


def test_main_sequence_rises_with_mass_and_redshift():
    assert properties.main_sequence(10.0, 0.8) > properties.main_sequence(10.0, 0.1) + 0.3
    assert properties.main_sequence(10.5, 0.1) > properties.main_sequence(9.5, 0.1) + 0.3
    assert -0.6 < properties.main_sequence(10.0, 0.05) < 0.3


def test_massive_galaxies_are_passive_early_and_round(drawn):
    passive = drawn["kind"] == "quiescent"
    near = drawn["z_true"] < 0.4
    low, high = drawn["logmass_true"].between(9, 9.7) & near, (drawn["logmass_true"] > 11) & near
    assert passive[high].mean() > 0.6 > 0.3 > passive[low].mean()
    assert drawn["elliptical"][high].mean() > drawn["elliptical"][low].mean()
    ssfr = drawn["logsfr_true"] - drawn["logmass_true"]
    assert ssfr[passive].median() < -11 < -10.3 < ssfr[~passive].median()


def test_shapes_are_possible(drawn):
    assert drawn["ba"].between(0.05, 1).all() and drawn["phi_true"].between(0, np.pi).all()
    assert np.isfinite(drawn.select_dtypes("number")).all().all()
    disc = drawn["elliptical"] == 0
    assert drawn["av"][disc & (drawn["ba"] < 0.3)].median() > drawn["av"][disc & (drawn["ba"] > 0.9)].median()
    kpc = drawn["re_arcsec"] / shape.arcsec_per_kpc(drawn["z_true"].to_numpy())
    late = (drawn["kind"] != "quiescent") & drawn["logmass_true"].between(10.5, 10.9)
    assert kpc[late].median() == pytest.approx(7.2, rel=0.25)


def test_histories_give_the_mass_and_the_rate():
    edges = np.concatenate([[0], np.geomspace(0.001, 13.47, 60)])
    edges = np.sort(np.append(edges, history.SFR_TIMESCALE))
    age, ssfr = np.array([8.0, 10.0, 5.0, 9.0]), np.array([0.02, 0.1, 0.3, 1.5])
    weights = history.formed_mass(edges, age, ssfr)
    assert np.allclose(weights.sum(axis=1), 1) and (weights >= 0).all()
    recent = weights[:, edges[1:] <= history.SFR_TIMESCALE + 1e-9].sum(axis=1) / history.SFR_TIMESCALE
    assert np.allclose(recent, ssfr, rtol=0.12)


def test_fields_are_the_survey_s():
    fields = scene.add_fields(pd.DataFrame(index=range(20000)), DECALS, np.random.default_rng(0))
    seeing = fields[["psf_g", "psf_r", "psf_z"]]
    assert np.allclose(seeing.median(), find_conditions(DECALS).seeing, rtol=0.01)
    assert 0.25 < np.log(seeing).corr().loc["psf_g", "psf_r"] < 0.45  # each band has nights of its own
    assert fields["ebv"].between(0, 0.45).all() and fields["seed"].is_unique
    # the dust that is taken off raises the noise
    dusty, clear = fields[fields["ebv"] > 0.2], fields[fields["ebv"] < 0.03]
    raised = 10 ** (0.4 * 3.214 * (dusty["ebv"].median() - clear["ebv"].median()))
    assert dusty["noise_g"].median() / clear["noise_g"].median() == pytest.approx(raised, rel=0.08)


def test_a_share_of_what_is_learnt_from_has_any_seeing():
    rng, names = np.random.default_rng(2), ["psf_g", "psf_r", "psf_z"]
    usual = scene.add_fields(pd.DataFrame(index=range(20000)), DECALS, rng)
    broad = scene.broaden_seeing(usual, DECALS, rng)
    moved = (broad[names] != usual[names]).all(axis=1)
    assert moved.mean() == pytest.approx(scene.ANY_SEEING, abs=0.01)
    assert broad[~moved].equals(usual[~moved]) and broad.drop(columns=names).equals(usual.drop(columns=names))
    drawn = broad.loc[moved, names]
    low, high = scene.SEEING_LIMITS
    assert abs(drawn.corr().to_numpy() - np.eye(3)).max() < 0.06, "each band by itself"
    for name in names:
        assert np.allclose(drawn[name].quantile([0, 0.25, 0.5, 0.75, 1]), np.linspace(low, high, 5), atol=0.03), name


@pytest.mark.skipif(not REAL.exists(), reason="needs the real measurements")
def test_fields_are_distributed_as_the_survey_publishes():
    real = pd.read_csv(REAL / "tables" / "dr10_south_regions_psf_depth_ebv.csv")
    real = real[(real["median_psf_r_arcsec"] > 0) & (real["median_psfdepth_r"] > 0)]
    fields = scene.add_fields(pd.DataFrame(index=range(20000)), DECALS, np.random.default_rng(1))
    clear = fields["noise_r"] * 10 ** (-0.4 * DECALS.extinction[1] * fields["ebv"])
    size = PSFSIZE * fields["psf_r"]  # as published: by the area that the noise of a star is of
    width = np.sqrt(4 * np.pi) * size / 2.355 / DECALS.pixel_scale  # sqrt of its pixels
    depth = DECALS.zero_point - 2.5 * np.log10(5 * clear * width)
    pairs = ((size, "median_psf_r_arcsec", 0.06), (depth, "median_psfdepth_r", 0.2))
    for ours, column, tolerance in (*pairs, (np.log10(fields["ebv"]), "median_ebv", 0.15)):
        theirs = np.log10(real[column]) if column == "median_ebv" else real[column]
        theirs = np.repeat(theirs.to_numpy(), real["n_bricks"])
        for q in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert np.quantile(ours, q) == pytest.approx(np.quantile(theirs, q), abs=tolerance), (column, q)


def test_neighbours_follow_the_seed():
    one, two = scene.draw_neighbours(5, DECALS), scene.draw_neighbours(5, DECALS)
    assert len(one) == len(two) and all(np.array_equal(a["flux"], b["flux"]) for a, b in zip(one, two, strict=True))
    counts = [len(scene.draw_neighbours(s, DECALS)) for s in range(300)]
    assert 8 < np.mean(counts) < 18


def test_split_is_fixed_by_the_id():
    ids = [f"M{i:06d}" for i in range(20000)]
    split = pd.Series(choose_split(ids))
    assert split.tolist() == choose_split(ids)
    shares = split.value_counts(normalize=True)
    for name, share in (("train", 0.6), ("validation", 0.1), ("calibration", 0.1), ("test", 0.2)):
        assert shares[name] == pytest.approx(share, abs=0.015)


def test_labels_have_the_errors_that_they_state(drawn):
    table = add_labels(drawn, np.random.default_rng(0))
    for name in ("z", "logmass", "logsfr"):
        pull = (table[name] - table[f"{name}_true"]) / table[f"{name}_err"]
        assert pull.std() == pytest.approx(1, abs=0.05)
    assert table["phi"].between(0, np.pi).all()
    assert table["phi_err"][table["ba"] > 0.97].median() > 5 * table["phi_err"][table["ba"] < 0.5].median()


def test_positions_lie_in_the_footprint():
    table = add_positions(pd.DataFrame(index=range(500)), np.random.default_rng(0), DECALS)
    assert table["dec"].between(-18, 32).all() and table["ra"].between(0, 360).all()


def test_every_rare_kind_can_be_drawn(drawn):
    assert list(rare.RECIPES) == [kind.name for kind in KINDS]
    for kind in KINDS:
        table = rare.draw(kind, 5, 1)
        assert len(table) == 5 and set(drawn.columns) <= set(table.columns)
        assert np.isfinite(table.select_dtypes("number")).all().all()


def test_shipped_catalogue(shipped):
    ordinary = shipped["population"] == "ordinary"
    assert ordinary.sum() == 26000 and shipped["id"].is_unique
    assert set(shipped["split"][ordinary]) == {"train", "validation", "calibration", "test"}
    assert set(shipped["split"][~ordinary]) == {"rare"}
    assert choose_split(shipped["id"][ordinary][:200]) == shipped["split"][ordinary][:200].tolist()
    counts = shipped["population"].value_counts()
    assert counts["Green Pea"] == 80 and counts["Red Spiral"] == 294
    assert shipped["z"][ordinary].between(0, 1.01).all() and (shipped["mag_r"][ordinary] < 23.6).all()
    gama = shipped["selection"] == "GAMA-like"
    assert (shipped["mag_r"][gama] < 19.801).all() and 15000 < gama.sum() < 17000
    assert DATA.stat().st_size < 8e6


def test_shipped_rare_kinds_agree_with_the_literature(shipped, real):
    peas = shipped[shipped["population"] == "Green Pea"]
    table = pd.read_csv(real / "tables" / "green_peas_cardamone2009_table4.csv").dropna(subset=["psfmag_dered_r"])
    g, r, z = (table[f"psfmag_dered_{b}"] for b in "grz")
    assert peas["mag_r"].median() == pytest.approx(r.median(), abs=0.15)
    assert (peas["mag_g"] - peas["mag_r"]).median() == pytest.approx((g - r).median(), abs=0.15)
    assert (peas["mag_r"] - peas["mag_z"]).median() == pytest.approx((r - z).median(), abs=0.15)
    assert (peas["re_arcsec"] < 0.7).all()


@pytest.fixture(scope="module")
def survey():
    pytest.importorskip("bagpipes")
    pytest.importorskip("speclite")
    from galexplore.mock import survey

    return survey


def test_real_pictures_find_their_like(survey, real):
    """The measure that picks them: of galaxies rendered at another scale it finds the very one again."""
    from galexplore.mock import montage

    table = catalogue.read(DATA)
    table = table[(table["population"] == "ordinary") & (table["mag_r"] < 18.5)]
    alone = table["neighbour_flux"] < 0.1 * 10 ** (0.4 * (DECALS.zero_point - table["mag_r"]))
    table = table[alone & (table["re_arcsec"] < 4)].head(60)  # the measure's aperture ends at 6 arcsec
    drawn = [render.render(row, DECALS) for row in table.head(3).to_dict("records")]
    pictures = [(picture[:, 4:-4, 4:-4], DECALS.pixel_scale) for picture in drawn]
    for (picture, _), like in zip(pictures, montage.find_like(pictures, table, DECALS), strict=True):
        assert np.array_equal(like[:, 4:-4, 4:-4], picture)
    assert all(p.shape[0] == 3 and 0.05 < scale < 0.5 for p, scale in montage.read_real(real, DECALS))


def test_survey_is_determined_by_the_seed(survey):
    one, two = (survey.draw_catalogue(40, 5, DECALS, "deep", photometry_only=True) for _ in range(2))
    assert one.equals(two)
    assert not one["z"].equals(survey.draw_catalogue(40, 6, DECALS, "deep", photometry_only=True)["z"])


def test_small_survey_holds_every_kind(survey, tmp_path):
    table = survey.draw_catalogue(40, 5, DECALS)
    assert set(table["population"]) == {"ordinary"} | {kind.name for kind in KINDS}
    mock_survey.build(40, 5, tmp_path / "a.parquet", DECALS)
    read = catalogue.read(tmp_path / "a.parquet")
    assert read["id"].tolist() == table["id"].tolist() and np.array_equal(read["seed"], table["seed"])
    assert mock_survey.is_built(tmp_path / "a.parquet", 40, 5, "default")
    assert not mock_survey.is_built(tmp_path / "a.parquet", 40, 6, "default")


def test_blocks_make_the_whole_survey(survey, tmp_path, monkeypatch):
    """Written block by block or drawn at once, with a kill between or without: the same table."""
    monkeypatch.setattr(survey, "BLOCK", 30)
    whole = survey.draw_catalogue(70, 5, DECALS, "deep", photometry_only=True)
    assert whole["id"].tolist() == [f"M{i + 1:06d}" for i in range(70)] and whole["z"].is_unique
    path, drawn, draw = tmp_path / "p.parquet", [], mock_survey.draw_block

    def draw_until_killed(size, seed, block, *rest):
        if block == 2 and len(drawn) < 3:
            drawn.append("killed")
            raise KeyboardInterrupt
        drawn.append(block)
        return draw(size, seed, block, *rest)

    monkeypatch.setattr(mock_survey, "draw_block", draw_until_killed)
    with pytest.raises(KeyboardInterrupt):
        mock_survey.build(70, 5, path, DECALS, photometry_only=True, depth="deep")
    assert not path.exists()
    mock_survey.build(70, 5, path, DECALS, photometry_only=True, depth="deep")
    assert drawn == [0, 1, "killed", 2], "what a killed run had drawn is kept"
    assert [len(block) for block in catalogue.read_blocks(path)] == [30, 30, 10]
    read = catalogue.read(path)
    assert read.equals(whole[list(read)]) and [f.name for f in tmp_path.iterdir()] == ["p.parquet"]


def test_training_galaxies_reach_the_extremes(survey):
    extra = survey.draw_training(400, 77, DECALS)
    assert len(extra) == 400 and extra["id"].is_unique and set(extra["split"]) == {"train"}
    assert set(extra["population"]) == {"ordinary"} and set(survey.BROAD) < set(extra["selection"])
    ssfr = extra["logsfr_true"] - extra["logmass_true"]
    few = extra["selection"] == "starbursts"
    assert ssfr[few].quantile(0.9) > ssfr[~few].quantile(0.9)
    assert extra[extra["selection"] == "nearby"]["re_arcsec"].median() > 3 * extra["re_arcsec"].median()
    giants = extra[extra["selection"] == "giants"]["logmass_true"]
    assert giants.between(11.2, 12.2).all() and giants.median() == pytest.approx(11.6, abs=0.1)
    assert not set(extra["seed"]) & set(survey.draw_training(400, 78, DECALS)["seed"])


def test_photometry_only(survey, tmp_path):
    mock_survey.build(300, 5, tmp_path / "p.parquet", DECALS, photometry_only=True, depth="deep")
    table = catalogue.read(tmp_path / "p.parquet")
    assert list(table)[1:7] == ["z", "logmass", "logsfr", "mag_g", "mag_r", "mag_z"] and len(table) == 300
    assert 23 < table["mag_r"].max() < 24
    with pytest.raises(ValueError, match="depth"):
        survey.draw_catalogue(10, 1, DECALS, "shallow")


def test_light_is_bagpipes_own(survey, tmp_path):
    """A galaxy of constant star formation through `model_galaxy` and through our tables: the same to 2 %."""
    import bagpipes
    from speclite.filters import load_filter

    from galexplore.mock import light

    paths = []
    for name in find_conditions(DECALS).filters:
        curve = load_filter(name)
        paths.append(str(tmp_path / f"{name}.txt"))
        np.savetxt(paths[-1], np.column_stack([curve.wavelength, curve.response]))
    av, z = 0.6, 0.25
    dust = {"type": "CF00", "n": float(light.find_slope(av)), "Av": av, "eta": 1.0}
    stars = {"age_max": 3.0, "age_min": 0.0, "massformed": 10.0, "metallicity": 0.4}
    parts = {"redshift": z, "constant": stars, "nebular": {"logU": -2.5}, "dust": dust}
    theirs = bagpipes.model_galaxy(parts, filt_list=paths, phot_units="mujy").photometry / 3.6307805
    grid = light.build_grid(find_conditions(DECALS).filters)
    at = [light._bracket(axis, np.array([x])) for axis, x in ((grid.redshift, z), (grid.attenuation, av))]
    at.append(light._bracket(grid.log_metals, np.log10([0.4])))
    weights = np.diff(np.clip(grid.edges / 3.0, 0, 1)) * 1e10
    ours = weights @ light._gather(grid.stars, *at)[0]
    gas = light._gather(grid.gas, *at, light._bracket(grid.log_u, np.array([-2.5])))[0]
    ours = (ours + weights[: grid.young] @ gas) * light._dilute(np.array([z]))
    assert np.allclose(ours, theirs, rtol=0.03)


def test_real_galaxies_agree(survey, real):
    """A regressor that saw only mock photometry reads real galaxies (the full figures: `galexplore mock check`)."""
    from galexplore.mock import comparisons

    hosts = comparisons.read_hosts(real)
    mock = survey.draw_catalogue(12000, 1, DECALS, "deep", photometry_only=True)
    scores = comparisons.transfer(mock, hosts)
    assert scores["z"]["R2 taught by the mock"] > 0.66
    assert scores["logmass"]["R2 taught by the mock"] > 0.81
    bins = comparisons.compare_bins(mock, hosts)
    assert len(bins) > 20
    for name, limit in comparisons.LIMITS.items():
        gaps = np.array([abs(b[name]["mock"] - b[name]["real"]) for b in bins])
        assert np.median(gaps) < 0.6 * limit and (gaps > limit).sum() <= 4, name
