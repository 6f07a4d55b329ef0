"""What is said of the atlas's galaxies, and what speaks against saying anything of their physics."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.atlas.basis import BASIS
from galexplore.atlas.statements import AMBIGUOUS, TOLD, WITHHELD
from galexplore.cutouts import artefacts
from galexplore.cutouts.audit import prepare
from galexplore.explore.caveats import BRIEFLY, POOR, SENTENCES, add_caveats, name_caveats, suspect
from galexplore.explore.comparison import count_told, list_rows
from galexplore.explore.derived import add_derived, find_main_sequence
from galexplore.explore.models import load
from galexplore.explore.residual import ARTEFACT, CONTAMINATED, STRUCTURE, describe_residual
from galexplore.latents import MEANS
from galexplore.posterior.domain import Validity
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse

EDGES = np.array([[0.02, 0.9], [8.0, 11.5]])


@pytest.fixture(scope="module")
def explorer():
    return load()


def test_of_the_rarest_no_statement_contradicts_what_is_shown_beside_it(explorer):
    """The largest conditional deviation and the largest share of the distance are among what is named."""
    for place in explorer.ranking.sort()[:200]:
        explanation = explorer.explain_at(int(place))
        reasons, told = explanation.reasons, explanation.to_dict()
        named = [row["property"] for row in told["properties"]]
        if explanation.caveat:
            assert not named and BRIEFLY[explanation.caveat] in explanation.sentence
            continue
        assert told["verdict"] in (TOLD, AMBIGUOUS, WITHHELD)
        for column in (reasons["conditional_z"].abs(), reasons["contribution"]):
            assert not named or reasons["property"][column.idxmax()] in named, explanation.sentence
        assert reasons["contribution"].sum() == pytest.approx(explorer.table["distance2"].iloc[place], rel=1e-3)
        if named:
            assert explanation.counterfactual.moved[0] == named[0], "what is made ordinary is what was odd"
        assert explorer.quote(int(place)).split(",")[0] in {*explorer.statements.brief()[[place]]}


def test_four_in_five_green_peas_are_told_their_star_formation(explorer):
    peas = list_rows(explorer, "Green Pea")
    assert len(peas) >= 50 and count_told(explorer, peas, "high sSFR") >= 0.8 * len(peas)


def test_the_tables_words_are_those_of_the_statement(explorer):
    table = explorer.table
    assert (table["statement"].nunique()) <= 20, "they can be coloured by"
    caught = explorer.caveats != ""
    assert set(table["statement"][caught]) <= set(BRIEFLY.values())
    told = (explorer.statements.verdict == TOLD) & ~caught
    assert table["statement_share"].notna().equals(pd.Series(told, index=table.index))


def test_what_an_image_hides_is_told_before_any_physics():
    table = pd.DataFrame({"lat_redshift": [0.2] * 7 + [0.95], "lat_logmass": 10.0})
    table["suspicion"] = ["", "line", "", "", "", "", "", ""]
    table["contamination"] = [0.0, 9.0, 9.0, np.nan, 0, 0, 0, 0]
    table["blend"] = [0.0, 9.0, 9.0, 0, np.nan, 0.9, 1.1, 0]
    table["filled"], table["saturated"] = [0, 0, 0, 0.2, 0, 0, 0, 0], [0, 0, 0, 0, 0.01, 0, 0, 0]
    assert name_caveats(table, EDGES).tolist() == ["", "line", "neighbour", "cut", "saturated", "", "blended", "edge"]
    assert name_caveats(table[["lat_redshift", "lat_logmass"]], EDGES).tolist() == [""] * 7 + ["edge"]
    unmeasured = name_caveats(table.drop(columns="blend"), EDGES).tolist()
    assert unmeasured == ["", "line", "neighbour", "cut", "saturated", "", "", "edge"], "of blends nothing is known"
    usual = name_caveats(table.assign(percentile=40.0), EDGES).tolist()
    assert usual == ["", "line", "", "cut", "saturated", "", "", ""], "what is not odd needs no excuse"
    assert set(BRIEFLY) == set(SENTENCES)


@pytest.mark.parametrize("arcsec", [2.0, 3.0])
def test_a_neighbour_is_measured_and_the_galaxy_itself_is_not(arcsec):
    galaxy = draw_ellipse(0.4, 3.0, 0.6, 500)
    point = np.roll(draw_ellipse(0.0, 1.3, 1.0, 300), round(arcsec / DECALS.model_scale), axis=2)
    measured = artefacts.measure_artefacts(np.stack([galaxy, galaxy + point, 0.1 * galaxy]), DECALS)["contamination"]
    assert measured[1] > artefacts.CONTAMINATED > 10 * max(measured[0], measured[2], 0)


def test_noise_of_an_empty_sky_is_no_neighbour():
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(40, 3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    faint = noise + 0.04 * draw_ellipse(0.4, 3.0, 0.6, 500)
    measured = artefacts.measure_artefacts(faint.astype(np.float32), DECALS)["contamination"]
    assert (measured > artefacts.CONTAMINATED).mean() < 0.05


def test_columns_that_follow_from_others():
    table = pd.DataFrame({"lat_redshift": [0.1, -0.01], "lat_logmass": [10.0, 10.0], "lat_logsfr": [0.5, 0.5]})
    table = table.assign(z=0.2, logmass=11.0, logsfr=0.0, re_arcsec=2.0, mag_r=18.0)
    derived = add_derived(table).iloc[0]
    assert derived["lat_logssfr"] == pytest.approx(-9.5) and derived["logssfr"] == pytest.approx(-11.0)
    assert derived["lat_size_kpc"] == pytest.approx(2 * 1.844, rel=1e-3), "Wright's calculator: 1.844 kpc an arcsec"
    assert derived["size_kpc"] == pytest.approx(2 * 3.300, rel=1e-3)
    assert derived["lat_absmag"] == pytest.approx(18 - 38.315, abs=0.01)
    assert derived["lat_ms_offset"] == pytest.approx(0.5 - find_main_sequence(np.array(10.0), np.array(0.1)), abs=1e-4)
    assert np.isnan(add_derived(table)["lat_size_kpc"][1]), "nothing is far that is not redshifted"
    own = add_derived(table.assign(logssfr=-7.0))
    assert (own["logssfr"] == -7.0).all(), "what the catalogue has of its own is kept"


def test_rest_frame_colour_and_luminosity_are_those_of_spectra_that_are_not_redshifted(explorer):
    """Against galaxies lit anew by stellar population synthesis, seen by SDSS at rest."""
    pytest.importorskip("bagpipes")
    pytest.importorskip("speclite")
    from galexplore.cosmology import COSMOLOGY
    from galexplore.jobs.shifts import relight
    from galexplore.mock.light import find_absolute
    from galexplore.mock.rows import PARTS

    table = explorer.table[(explorer.table["population"] == "ordinary") & (explorer.table["z_true"] > 0.004)]
    lit = relight(table.sample(1500, random_state=8), None, 8, DECALS)
    light = {band: lit[[f"flux_{part}_{band}" for part in PARTS]].sum(axis=1) for band in DECALS.bands}
    seen = {f"mag_{band}": 22.5 - 2.5 * np.log10(flux) for band, flux in light.items()}
    known = {"z": lit["z_true"], "logmass": lit["logmass_true"], "logsfr": lit["logsfr_true"]}
    rest = add_derived(pd.DataFrame(seen | known))
    absolute = find_absolute(lit)
    colour = rest["rest_gr"] - (absolute[:, 0] - absolute[:, 1])
    luminosity = rest["rest_absmag"] - absolute[:, 1]
    for off in (colour, luminosity):
        assert abs(off.median()) < 0.01 and off.abs().median() < 0.02 and off.abs().quantile(0.99) < 0.2
    far = (lit["z_true"] > 0.3).to_numpy()
    uncorrected = seen["mag_r"] - COSMOLOGY.distmod(lit["z_true"].to_numpy()).value - absolute[:, 1]
    assert uncorrected[far].abs().median() > 10 * luminosity[far].abs().median(), "what the correction is for"
    assert np.isnan(add_derived(pd.DataFrame(seen | known | {"z": 1.2}))["rest_gr"]).all(), "none was fitted there"
    assert not {"rest_gr", "rest_absmag"} & set(add_derived(pd.DataFrame(seen | known).drop(columns="mag_z")))


def test_the_main_sequence_rises_with_redshift_and_flattens_with_mass():
    """Popesso et al. (2023): log SFR of 1e10 Msun near zero at z = 0, and of 10^10.85 half its way to the turn."""
    z = np.array([0.0001, 0.5, 1.0])
    rates = find_main_sequence(np.full(3, 10.0), z)
    assert (np.diff(rates) > 0.2).all() and -0.2 < rates[0] < 0.5
    low, middle, high = find_main_sequence(np.array([9.0, 10.5, 12.0]), np.full(3, 0.5))
    assert (middle - low) / 1.5 > 2 * (high - middle) / 1.5 > 0


def test_the_atlas_has_them_with_units(explorer):
    from galexplore.tables.columns import find_column

    assert {"lat_logssfr", "lat_ms_offset", "lat_size_kpc", "lat_absmag"} <= set(explorer.numbers)
    assert {"lat_rest_gr", "rest_gr", "lat_rest_absmag", "rest_absmag"} <= set(explorer.numbers)
    assert find_column("lat_size_kpc").unit == "kpc" and find_column("absmag").unit == "mag"
    large = explorer.where("lat_size_kpc > 8 and ms_offset > 0.3 and rest_gr < 0.5 and rest_absmag < -20")
    assert 0 < len(large) < len(explorer.table) and (large["ms_offset"] > 0.3).all(), "they can be filtered by"
    row = explorer.table.iloc[0]
    assert row["lat_logssfr"] == pytest.approx(row["lat_logsfr"] - row["lat_logmass"], abs=1e-4)
    assert {f"condz_{name}" for name in BASIS} <= set(explorer.table) and set(MEANS) <= set(explorer.table)


def test_a_residual_says_where_it_lies_in_which_band_and_of_what_shape():
    model = draw_ellipse(0.4, 4.0, 0.6, 300)
    point = draw_ellipse(0.0, 1.3, 1.0, 200)
    far = np.roll(point, 24, axis=2)
    one_band = model.copy()
    one_band[1] += point[1]
    beside = describe_residual(model + far, model, DECALS)
    assert beside.places["surroundings"] > 0.95 and "another source" in beside.say()
    assert beside.kind == CONTAMINATED and beside.brief() == "contaminated, surroundings"
    middle = describe_residual(one_band, model, DECALS)
    assert middle.bands["r"] > 0.99 and middle.sided < 0.01 and "in r alone" in middle.say() and "core" in middle.say()
    assert sum(middle.places.values()) == pytest.approx(1) == pytest.approx(sum(middle.bands.values()))
    assert middle.kind == STRUCTURE, "what one band has in the core may be a line of the galaxy's own gas"
    tilted = model * np.sign(np.mgrid[:69, :69][1] - 34.0) * 0.3
    one_sided = describe_residual(model + tilted, model, DECALS)
    assert one_sided.sided > 0.99 and one_sided.kind == STRUCTURE and one_sided.brief().endswith("asymmetric")
    trail = model.copy()
    trail[0, 12:14] += 20 * DECALS.model_noise[0]
    across = describe_residual(trail, model, DECALS)
    assert across.kind == ARTEFACT and "in g alone" in across.say()


def read_star() -> gx.Cutout:
    """A round point of a star's colours, as an upload would have it."""
    point = draw_ellipse(0.0, 1.3, 1.0, 4000) * np.array([0.55, 1.0, 1.25])[:, None, None]
    noise = np.random.default_rng(1).normal(size=point.shape) * np.asarray(DECALS.model_noise)[:, None, None]
    return gx.Cutout((point + noise).astype(np.float32), DECALS.model_scale, "grz", dereddened=("SIMULATE = T",) * 3)


def test_what_is_outside_has_no_place_no_neighbours_and_no_rarity(explorer):
    location = explorer.locate(read_star())
    assert not location.answered and "star" in location.validity.sentence and location.validity.caveat == "star"
    said = location.to_dict()
    assert next(iter(said)) == "validity" and said["validity"]["sentence"] == location.validity.sentence
    assert said["umap"] is None and said["neighbours"] == [] and said["posterior"] is None
    assert {cell["value"] for cell in said["latents"].values()} == {None}
    anomaly = said["anomaly"]
    assert anomaly["percentile"] is anomaly["distance2"] is anomaly["contributions"] is anomaly["conditional_z"] is None
    assert anomaly["statement"]["verdict"] == "caveat" and not anomaly["statement"]["properties"]
    assert (
        len(location.kinds) == len(location.neighbours) == 0
        and np.isnan([*location.position, location.percentile]).all()
    )
    given = explorer.locate(read_star(), redshift=0.1)
    assert not given.answered and np.isnan(given.position).all(), "nor when its redshift is known"


def test_one_sentence_tells_all_that_is_to_be_known_of_an_image(explorer):
    prepared = prepare(read_star(), DECALS)
    cut = replace(prepared, valid=prepared.valid & (np.arange(69) < 60), saturated=0.01)
    measured = pd.DataFrame({"prob_galaxy": [0.9], "prob_star": [0.1], "contamination": [2.0], "line": [0.0]})
    measured = measured.assign(blend=0.4, depth=50.0, size=2.0, ellipticity=0.5, off_locus=1.0)
    row = pd.DataFrame({"lat_redshift": [0.2], "lat_logmass": [10.0], "percentile": [99.0], "chi2_percentile": [99.5]})
    (known,) = add_caveats([Validity("at the edge", ("seldom seen",), 1.5)], row, measured, [cut], EDGES)
    assert known.caveat == "neighbour" and known.reasons[0] == "seldom seen" and len(known.reasons) == 4
    assert (
        known.sentence.count("At the edge") == 1 and "13% of the image has no data and was filled in" in known.sentence
    )
    (usual,) = add_caveats([Validity()], row, measured.assign(contamination=0.0), [prepared], EDGES)
    assert usual.sentence == "Inside the training distribution." and usual.caveat == "" and not usual.reasons
    badly = row.assign(chi2_percentile=99.95)
    (poor,) = add_caveats([Validity()], badly, measured.assign(contamination=0.0), [prepared], EDGES)
    assert poor.sentence == f"Interpret with care: {POOR}." and poor.caveat == "", "that explains no oddness"
    (beside,) = add_caveats([Validity()], row, measured, [prepared], EDGES)
    assert beside.sentence == f"Interpret with care: {SENTENCES['neighbour']}."
    (double,) = add_caveats([Validity()], row, measured.assign(contamination=0.0, blend=3.0), [prepared], EDGES)
    assert double.caveat == "blended" and double.sentence == f"Interpret with care: {SENTENCES['blended']}."


def test_a_model_that_learnt_what_is_no_galaxy_is_asked_before_plain_limits():
    pixels = pd.DataFrame({"line": [9.0, 0.0], "depth": [50.0, 1.0], "size": 2.0, "ellipticity": 0.5, "off_locus": 1.0})
    assert suspect(pixels).tolist() == ["line", "empty"]
    learnt = pixels.assign(prob_galaxy=[0.8, 0.9], prob_star=[0.2, 0.1], prob_line=0.0, prob_empty=0.0)
    assert suspect(learnt).tolist() == ["line", ""], "a galaxy may have a line across it; an empty sky is none"
    learnt = learnt.assign(prob_galaxy=0.2, prob_star=[0.3, 0.8], prob_empty=[0.5, 0.0])
    assert suspect(learnt).tolist() == ["empty", "star"]
