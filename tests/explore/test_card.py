"""What is drawn and taken home: portraits, FITS with a WCS, exports, the bundle that brings a view back."""

import io
import json
import os
import re
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.cosmology import FlatLambdaCDM
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from PIL import Image

import galexplore as gx
from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.atlas.likeness import find_twins
from galexplore.draw import annotated
from galexplore.explore import bundle, neighbours
from galexplore.explore.card import (
    describe_meaning,
    describe_recipe,
    describe_source,
    list_limits,
    list_uses,
    write_bibtex,
)
from galexplore.explore.export import FORMATS, ON_THE_SKY, export
from galexplore.explore.link import AtlasState, read_state
from galexplore.explore.table import find_artefacts
from galexplore.places import ROOT
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from galexplore.tables.lists import read_list
from galexplore.tables.regions import write_regions

needs_model = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)

#: Native pixels in one of the model's grid: what a flux a native pixel is multiplied by to be one a pixel of the file.
A_PIXEL = (DECALS.model_scale / DECALS.pixel_scale) ** 2


@pytest.fixture(scope="module")
def explorer():
    return gx.load()


def open_picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_the_bar_is_as_long_in_kpc_as_cosmology_says():
    cosmology = FlatLambdaCDM(H0=70, Om0=0.3)
    for z in (0.003, 0.1, 0.5, 1.0):
        theirs = 1 / cosmology.arcsec_per_kpc_proper(z).value
        assert annotated.kpc_per_arcsec(z) == pytest.approx(theirs, rel=1e-3)
    assert annotated.label_bar(None, 10) == '10"' and annotated.label_bar(float("nan"), 10) == '10"'
    assert annotated.label_bar(0.1, 10).endswith("18 kpc")


def test_a_picture_can_be_one_band_brighter_or_inverted():
    flux = np.zeros((3, 69, 69), np.float32)
    flux[0, 60, 8] = 1  # in g alone, north-east
    grey = {band: open_picture(annotated.draw_annotated(flux, DECALS, 138, band=band))[:40, :40].max() for band in "gr"}
    assert grey["g"] > grey["r"] + 60
    flux /= 20
    faint, bright = (
        open_picture(annotated.draw_annotated(flux, DECALS, 138, brightness=b))[:40, :40] for b in (0.25, 4)
    )
    assert bright.max() > faint.max()
    plain, inverted = (
        open_picture(annotated.draw_annotated(flux, DECALS, 138, inverted=i))[50:80, 50:80] for i in (False, True)
    )
    assert np.allclose(plain + inverted, 255, atol=12)


def test_an_image_keeps_its_place_on_the_sky_and_is_read_back():
    flux = np.random.default_rng(2).normal(0, 0.004, (3, 69, 69)).astype(np.float32)
    flux[:, 33:36, 33:36] += 1
    flux[:, 59:62, 7:10] += 2  # 26 pixels north and 26 east of the centre
    data = bundle.to_fits(flux, DECALS, 359.9999, -0.5, {"OBJECT": ("A1", "id")})
    with fits.open(io.BytesIO(data)) as file:
        header = file[0].header
        place = SkyCoord(*WCS(header).celestial.pixel_to_world_values(8, 60), unit="deg")
        assert np.allclose(file[0].data, flux * A_PIXEL, rtol=1e-5) and header["OBJECT"] == "A1"
        assert "per pixel of this file" in header.comments["BUNIT"]
    centre = SkyCoord(359.9999, -0.5, unit="deg")
    east, north = centre.spherical_offsets_to(place)
    assert east.arcsec == pytest.approx(26 * DECALS.model_scale, abs=0.01)
    assert north.arcsec == pytest.approx(26 * DECALS.model_scale, abs=0.01)
    cutout = gx.read(data)
    assert cutout.pixel_scale == pytest.approx(DECALS.model_scale, rel=1e-4)
    assert np.allclose(cutout.flux, flux * A_PIXEL, rtol=1e-5)
    kept = gx.prepare(cutout)
    assert np.allclose(kept.flux, flux, atol=1e-4), "and what it is located by is what was saved"


@needs_model
def test_an_image_brings_its_psf_and_the_weight_of_its_sky(explorer):
    name = explorer.table["id"].iloc[20]
    row = explorer.table.iloc[20]
    data = bundle.write_image(explorer, name)
    with fits.open(io.BytesIO(data)) as file:
        image, weight, psf = file[0], file["INVVAR"], file["PSF"]
        assert weight.data.shape == image.data.shape and np.allclose(psf.data.sum(axis=(1, 2)), 1, atol=0.03)
        assert WCS(weight.header).celestial.wcs.compare(WCS(image.header).celestial.wcs)
        sky = image.data[:, :14, :14]  # a corner; where neighbours stand, the lower half of its pixels is sky still
        low, middle = np.percentile(sky, (15.87, 50), axis=(1, 2))
        assert np.allclose((middle - low) * np.sqrt(weight.data[:, 7, 7]), 1, atol=0.35)
        for plane, band in zip(psf.data, "grz", strict=True):
            assert np.unravel_index(plane.argmax(), plane.shape) == (31, 31)
            across = (plane > plane.max() / 2).sum() ** 0.5 * 2 / np.pi**0.5 * psf.header["PIXSCALE"]
            assert across == pytest.approx(row[f"psf_{band}"], rel=0.12)
    cutout = gx.read(data)
    assert cutout.invvar is not None and cutout.seeing == pytest.approx([row[f"psf_{b}"] for b in "grz"])


@needs_model
@pytest.mark.parametrize("kind", [k for k in FORMATS if k not in (*ON_THE_SKY, "CSV")])
def test_astropy_reads_exports_without_a_warning_and_ids_exactly(explorer, kind):
    rows = np.array([0, 7, len(explorer.table) - 1])
    written = io.BytesIO(export(explorer, rows, kind))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = Table.read(written, format={"ECSV": "ascii.ecsv"}.get(kind, FORMATS[kind][1]))
    assert [str(i) for i in table["id"]] == explorer.table["id"].iloc[rows].tolist()
    assert np.allclose(table["lat_logmass"], explorer.table["lat_logmass"].iloc[rows])
    assert kind == "Parquet" or str(table["ra"].unit) == "deg"


#: Of what follows from the catalogue, and of the same by what is inferred.
DERIVED_UNITS = {"rest_gr": "mag", "absmag": "mag", "rest_absmag": "mag", "size_kpc": "kpc", "ms_offset": "dex"}


@needs_model
@pytest.mark.parametrize("kind", [k for k in FORMATS if k not in ON_THE_SKY])
def test_exports_hold_exactly_the_selection_with_units(explorer, kind):
    rows = np.array([3, 40, len(explorer.table) - 1])
    back = catalogue.read(export(explorer, rows, kind))
    assert back["id"].tolist() == explorer.table["id"].iloc[rows].tolist()
    assert np.allclose(back["lat_logmass"], explorer.table["lat_logmass"].iloc[rows], rtol=1e-5)
    if kind in ("FITS", "VOTable", "ECSV"):
        names = {"FITS": "fits", "VOTable": "votable", "ECSV": "ascii.ecsv"}
        table = Table.read(io.BytesIO(export(explorer, rows, kind)), format=names[kind])
        assert str(table["ra"].unit) == "deg"
        known = {name: unit for name, unit in DERIVED_UNITS.items() if kind != "FITS" or unit != "dex"}  # FITS has none
        units = {f"{by}{name}": unit for name, unit in known.items() for by in ("", "lat_")}
        assert {name: str(table[name].unit) for name in units} == units
    if kind != "CSV":
        assert back.attrs["model_sha256"] == explorer.card["sha256"]


@needs_model
def test_the_viewers_form_is_ra_dec_name(explorer):
    text = export(explorer, np.array([0, 1]), "Legacy viewer").decode().splitlines()
    assert text[0] == "RA,DEC,name" and len(text) == 3 and text[1].endswith(explorer.table["id"].iloc[0])


@needs_model
def test_regions_are_read_back_as_they_were_written(explorer):
    table = explorer.table.iloc[[0, 1, 5]].reset_index(drop=True)
    table.loc[1, "ra"] = np.nan
    text = write_regions(table.assign(id=["a}b", "c", "d e"]))
    back = read_list(text.encode())
    assert back["id"].tolist() == ["ab", "d e"]
    assert np.allclose(back[["ra", "dec"]], table.loc[[0, 2], ["ra", "dec"]], atol=1e-6)
    assert export(explorer, np.array([0]), "DS9 regions").decode().count("circle(") == 1


@needs_model
def test_neighbours_leave_out_itself_and_real_duplicates(explorer, monkeypatch):
    name = explorer.table["id"].iloc[20]
    near = neighbours.find_neighbours(explorer, name)
    assert name not in set(near["id"]) and len(near) == 8 and near["distance"].is_monotonic_increasing
    monkeypatch.setattr(explorer, "simulated", False)
    table = explorer.table.copy()
    twin = int(explorer.find_rows([near["id"].iloc[0]])[0])
    table.loc[twin, ["ra", "dec"]] = table.loc[20, ["ra", "dec"]].to_numpy() + np.array([0, 0.01])
    monkeypatch.setattr(explorer, "table", table)
    assert near["id"].iloc[0] not in set(neighbours.find_neighbours(explorer, name)["id"])
    alike = neighbours.find_alike(explorer, [name], 8)
    assert near["id"].iloc[0] not in set(alike["id"]) and alike["distance"].is_monotonic_increasing
    assert alike["id"].tolist() == neighbours.find_neighbours(explorer, name)["id"].tolist(), "of one: the same"


@needs_model
def test_what_is_no_galaxy_is_no_neighbour_twin_or_likeness_unless_it_is_asked_for(explorer):
    """Not even of what is none itself, whose nearest are."""
    table = explorer.table
    none, near = set(table["id"][find_artefacts(table)]), 0
    for kind in ("Star", "Bad Column", "Empty Sky"):
        name = table["id"][table["population"] == kind].iloc[0]
        near += len(set(neighbours.find_alike(explorer, [name], 48, artefacts=True)["id"]) & none)
        assert not set(neighbours.find_alike(explorer, [name], 48)["id"]) & none
        assert not set(neighbours.find_neighbours(explorer, name, 24)["id"]) & none
        assert not set(find_twins(table, name, 8, ~find_artefacts(table))["id"]) & none
    assert near > 5, "asked for, they come"


@needs_model
def test_a_view_travels_through_the_address(explorer):
    state = AtlasState("z", "lat_free", "split", "latents", ("Red Spiral",), {"mag_r": (17.0, 19.0)}, ("Green Pea",))
    assert read_state(state.to_params(), explorer) == (state, [])
    assert AtlasState().to_params() == {} and read_state({}, explorer) == (AtlasState(), [])
    assert read_state(AtlasState(kinds=()).to_params(), explorer)[0].kinds == ()
    bad = {"x": "<script>", "y": "id", "colour": "__class__", "map": "..", "kinds": "Nobody", "filter": "z:1"}
    state, refused = read_state(bad, explorer)
    assert state == AtlasState(kinds=()) and set(refused) == set(bad)


@needs_model
def test_the_bundle_brings_the_view_back(explorer, tmp_path):
    ids = explorer.table["id"].iloc[[5, 50, 500]].tolist()
    rest = AtlasState(limits={"lat_redshift": (0.0, 2.0)})
    data = bundle.make_bundle(explorer, rest, ids, ids[0], "A view")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        packed.extractall(tmp_path)
    folder = tmp_path / "galexplore-view"
    state = json.loads((folder / "view.json").read_text())
    assert state["model_sha256"] == explorer.card["sha256"] and state["object"] == ids[0]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "reproduce.py"], cwd=folder, env=environment, check=True, capture_output=True)
    kept = catalogue.read(folder / "selected.csv")
    inside = explorer.table["lat_redshift"].between(0, 2)
    assert kept["id"].tolist() == [i for i in explorer.table["id"][inside] if i in ids]
    assert (folder / "view.html").stat().st_size > 100_000


def test_an_image_without_a_position_comes_back_with_its_scale():
    flux = np.random.default_rng(0).normal(size=(3, DECALS.size, DECALS.size)).astype(np.float32)
    for ra, dec in ((None, None), (float("nan"), 2.0)):
        back = gx.read(bundle.to_fits(flux, DECALS, ra, dec, {}))
        assert back.pixel_scale == pytest.approx(DECALS.model_scale) and back.ra is None
        assert np.allclose(back.flux, flux * A_PIXEL, rtol=1e-5) and back.bands == "grz"


def test_the_card_says_which_latents_were_not_taught(explorer):
    from types import SimpleNamespace

    card = explorer.card | {"untaught": ["logsfr"], "uncalibrated": ["logsfr", "phi"]}
    like = {
        "table": explorer.table,
        "kinds": explorer.kinds,
        "simulated": explorer.simulated,
        "survey": explorer.survey,
    }
    rows = dict(describe_recipe(SimpleNamespace(card=card, **like)))
    assert rows["Not trained"].startswith("log SFR: no label")
    assert rows["Not calibrated"].startswith("orientation: no label")
    assert not {"Not trained", "Not calibrated"} & set(dict(describe_recipe(explorer)))


def test_bibtex_says_what_the_citation_file_says():
    file, bibtex = (ROOT / "CITATION.cff").read_text(), write_bibtex()
    title = re.search(r'title: "(.*)"', file).group(1)
    assert f"title = {{{{{title}}}}}" in bibtex and f"version = {{{gx.__version__}}}" in bibtex
    assert f"version: {gx.__version__}\n" in file
    for family in re.findall(r"family-names: (\w+)", file):
        assert f"{family}, " in bibtex
    assert "eprint = {2312.16687}" in bibtex and "arXiv:2312.16687" in file
    assert bibtex.count("{") == bibtex.count("}") and len(re.findall(r"^@\w+\{\w+,$", bibtex, re.MULTILINE)) == 2


def test_the_card_says_what_its_numbers_mean_only_where_it_is_known(explorer):
    from types import SimpleNamespace

    told = dict(describe_meaning(SimpleNamespace(simulated=True)))
    assert "Kroupa" in told["Stellar mass"] and "100 Myr" in told["SFR"] and "H₀ = 70" in told["Cosmology"]
    own = dict(describe_meaning(SimpleNamespace(simulated=False, card={})))
    assert "Kroupa" not in str(own) and "labels define" in own["Mass and SFR"]
    said = {"imf": "Chabrier (2003)", "cosmology": "Planck 2018", "source": "a survey", "selection": ["z < 1", "good"]}
    said |= {"dropped": {"no position": 3}, "cutouts": {"asked": 9, "got": 8, "missing": 1, "refused": 0, "failed": 0}}
    fetched = SimpleNamespace(simulated=False, card={"provenance": said})
    own = dict(describe_meaning(fetched))
    assert own["Initial mass function"] == "Chabrier (2003)" and "Planck 2018" in own["Cosmology"]
    source = dict(describe_source(fetched))
    assert source["Selection"] == "z < 1; good" and source["Left out"] == "3 no position"
    assert source["Cutouts"] == "9 requested: 8 got, 1 missing, 0 refused, 0 failed"
    assert not describe_source(explorer), "nothing is said of simulated ones"
    assert not any("{" in sentence for sentence in [*list_uses(explorer), *list_limits(explorer)])


def test_galaxies_and_artefacts_of_the_atlas_are_counted_apart(explorer):
    artefacts = int(explorer.table["population"].isin(NOT_GALAXIES).sum())
    said = dict(describe_recipe(explorer))["Atlas"]
    assert said.startswith(f"{len(explorer.table) - artefacts:,} galaxies, ")
    assert said.endswith(f"{artefacts} artefacts")


def test_the_recipe_tells_the_epochs_that_were_run(explorer):
    said = dict(describe_recipe(explorer))
    assert said["Recipe"].startswith(f"{len(explorer.card['history'])} epochs, ")
