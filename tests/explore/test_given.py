"""A redshift that is known otherwise: what is said of mass and SFR holds for it, on every face."""

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.explore.embedded import Given
from galexplore.explore.intervals import POSTERIOR, list_intervals
from galexplore.explore.table import cover_redshifts
from galexplore.explore.verdicts import list_verdicts
from galexplore.jobs.locate_many import embed_files, read_redshifts
from galexplore.latents import LATENTS, MEANS
from galexplore.posterior.calibrate import LEVEL68
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from galexplore.tables.columns import find_column
from tests.served import write_cutout


@pytest.fixture(scope="module")
def explorer():
    return gx.load()


@pytest.fixture(scope="module")
def cutout(explorer):
    near = (explorer.table["population"] == "ordinary") & explorer.table["z"].between(0.06, 0.1)
    name = explorer.table.loc[near, "id"].iloc[0]
    return gx.Cutout(explorer.images.get([name])[0].astype(np.float32), DECALS.model_scale, "grz", name=name)


def test_the_intervals_that_are_shown_are_the_posteriors(explorer, cutout):
    location = explorer.locate(cutout)
    for name in PROPERTIES:
        assert location.interval(name) == pytest.approx(location.posterior.interval(LEVEL68, name))
    said = location.to_dict()
    assert said["latents"]["logmass"]["interval95"] == pytest.approx(location.interval("logmass", 95))
    assert said["given"] is None and location.pull is None


def test_told_a_redshift_all_that_is_said_holds_for_it(explorer, cutout):
    alone = explorer.locate(cutout)
    told = explorer.locate(cutout, redshift=0.05, redshift_error=0.001)
    joint = alone.posterior.given(redshift=0.05, error=0.001)
    assert told.latents[1:4] == pytest.approx(joint.mean) and told.latents[[0, 4]] == pytest.approx(
        alone.latents[[0, 4]]
    )
    assert told.interval("logmass") == pytest.approx(joint.interval(LEVEL68, "logmass"))
    assert told.sigma[2] < alone.sigma[2] and told.sigma[1] == pytest.approx(0.001, rel=0.1)
    assert told.position == pytest.approx(explorer.atlas.place(told.latents)[0])
    assert told.explanation.latents[1:4] == pytest.approx(told.latents[1:4])
    assert told.image_posterior.mean == pytest.approx(alone.posterior.mean)
    assert told.to_dict()["given"] == {"redshift": 0.05, "error": 0.001, "pull": told.pull}
    assert told.reason and np.isfinite(told.percentile)
    assert np.sign(told.pull) == np.sign(0.05 - alone.posterior.quantile(0.5))


def test_a_redshift_may_be_told_exactly(explorer, cutout):
    told = explorer.locate(cutout, redshift=0.05)
    assert told.interval("redshift", 95) == pytest.approx((0.05, 0.05)) and told.sigma[1] == pytest.approx(0, abs=1e-9)
    assert told.to_dict()["latents"]["redshift"]["value"] == pytest.approx(0.05) and 0 <= told.percentile <= 100
    assert np.isfinite(told.scatter.covariance).all()


def test_a_mass_goes_up_with_the_redshift_that_is_told(explorer, cutout):
    masses = [explorer.locate(cutout, redshift=z).latents[2] for z in (0.03, 0.06, 0.12)]
    assert masses == sorted(masses) and masses[2] - masses[0] > 0.3


@pytest.mark.parametrize(("redshift", "error"), [(-0.1, 0), (0, 0), (np.nan, 0), (0.1, -1), (0.1, np.inf)])
def test_what_cannot_be_a_redshift_is_refused_before_anything_else(explorer, cutout, redshift, error):
    with pytest.raises(InputError, match="known redshift"):
        explorer.locate(cutout, redshift=redshift, redshift_error=error)


def test_a_model_without_a_joint_posterior_answers_as_before_and_says_what_it_lacks(explorer, cutout, monkeypatch):
    monkeypatch.setattr(explorer, "density", None)
    location = explorer.locate(cutout)
    assert location.posterior is None and location.to_dict()["posterior"] is None
    low, high = location.interval("logmass")
    assert (high - low) / 2 == pytest.approx(location.sigma[2]) and (high + low) / 2 == pytest.approx(
        location.latents[2]
    )
    with pytest.raises(InputError, match=r"no joint posterior.*galexplore model posterior"):
        explorer.locate(cutout, redshift=0.1)
    table = list_verdicts(gx.locate_many(explorer, [(b"x", "bad.fits")]))
    assert not set(POSTERIOR) & set(table)


def test_an_atlas_galaxys_intervals_are_its_posteriors(explorer):
    rows = np.array([5, 500])
    ends = explorer.list_intervals(rows, 68)
    assert ends[:, 2] == pytest.approx(np.stack(explorer.posteriors[rows].interval(LEVEL68, "logmass"), axis=-1))
    plain = list_intervals(explorer.table.iloc[rows], None, explorer.card["calibration"], 68)
    assert plain.mean(axis=2) == pytest.approx(explorer.table[MEANS].to_numpy(float)[rows])
    assert ends[:, [0, 4]] == pytest.approx(plain[:, [0, 4]])


def test_the_local_coverage_is_of_the_intervals_that_are_shown(explorer):
    rows = np.flatnonzero(explorer.table["split"] == "test")[:300]
    redshift = explorer.table["z"].to_numpy()[rows]
    low, high = explorer.list_intervals(rows, 68)[:, LATENTS.index("redshift")].T
    inside = (low <= redshift) & (redshift <= high)
    assert cover_redshifts(explorer.table.iloc[rows], explorer.density).tolist() == inside.tolist()
    assert cover_redshifts(explorer.table.iloc[rows], None).tolist() != inside.tolist(), "else it shows another's"
    assert explorer.table["coverage_redshift"].mean() == pytest.approx(inside.mean(), abs=0.08)


def test_a_table_of_many_holds_quantiles_correlations_and_what_was_told(explorer, tmp_path):
    for name in ("one.fits", "two.fits"):
        write_cutout(tmp_path / name)
    (tmp_path / "known.csv").write_text("id,z,z_err,spec\none,0.08,0.001,0.1\nthree,0.2,,0.3\nfour,,,\n")
    redshifts = read_redshifts(tmp_path / "known.csv")
    assert redshifts == {"one": Given(0.08, 0.001), "three": Given(0.2, 0.0)}
    assert read_redshifts(tmp_path / "known.csv", "spec")["one"] == Given(0.1)
    files = [tmp_path / "one.fits", tmp_path / "two.fits"]
    assert embed_files(files, tmp_path / "out.parquet", explorer, redshifts=redshifts)[0] == 2
    table = catalogue.read(tmp_path / "out.parquet")
    assert set(POSTERIOR) <= set(table) and table[POSTERIOR].notna().all(axis=None)
    assert table["given_redshift"].tolist()[0] == 0.08 and np.isnan(table["given_redshift"].iloc[1])
    told, untold = table.iloc[0], table.iloc[1]
    assert told["lat_redshift"] == pytest.approx(0.08, rel=0.05) and told["redshift_p50"] == pytest.approx(
        0.08, rel=0.05
    )
    assert told["logmass_p84"] - told["logmass_p16"] < untold["logmass_p84"] - untold["logmass_p16"]
    for name in (*PROPERTIES, "logssfr"):
        assert (np.diff([untold[f"{name}_{key}"] for key in ("p025", "p16", "p50", "p84", "p975")]) > 0).all()
    location = explorer.locate(gx.read(files[1]))
    assert untold["logsfr_p16"] == pytest.approx(location.interval("logsfr")[0], abs=1e-3)
    for column in (*POSTERIOR, "given_redshift", "given_redshift_error"):
        described = find_column(column)
        assert described is not None and described.ucd and described.description
        assert (described.unit == "dex") == column.startswith("log")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,z\na,0.1\n", "has no column file or id"),
        ("id,redshift\na,0.1\n", "has no column z"),
        ("id,z\na,-0.1\n", "a: A known redshift"),
        ("id,z,z_err\na,0.1,-1\n", "a: The error of a known redshift"),
    ],
)
def test_a_table_of_redshifts_that_cannot_be_used_is_refused(tmp_path, text, says):
    (tmp_path / "known.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_redshifts(tmp_path / "known.csv")


def test_many_files_may_be_told_their_redshifts_by_name(explorer, tmp_path):
    write_cutout(tmp_path / "one.fits")
    (verdict,) = gx.locate_many(explorer, [tmp_path / "one.fits"], redshifts={"one.fits": Given(0.08)})
    assert verdict.location.given == Given(0.08) and verdict.location.latents[1] == pytest.approx(0.08)
    assert isinstance(list_verdicts([verdict]), pd.DataFrame)
