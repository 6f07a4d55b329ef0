"""Several files at once: each its own verdict, single bands put together, one bad file spoils no other."""

import io

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.explore.locate_many import locate_many, settle_scale, tabulate
from galexplore.latents import LATENTS
from galexplore.places import ROOT
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.pages.driver import make_fits, make_galaxy

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture(scope="module")
def explorer():
    from galexplore.explore.models import load

    return load()


def make_band(band: str, flux: np.ndarray, header: bool = True) -> bytes:
    from astropy.io import fits

    with fits.open(io.BytesIO(make_fits(flux))) as cube:
        about = cube[0].header
    for word in ("BANDS", "NAXIS3"):
        about.remove(word, ignore_missing=True)
    if header:
        about["FILTER"] = band
    stream = io.BytesIO()
    fits.PrimaryHDU(flux["grz".index(band)], about).writeto(stream)
    return stream.getvalue()


def make_npy(flux: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, flux)
    return stream.getvalue()


def test_each_file_has_its_own_verdict(explorer):
    good, flux = make_fits(make_galaxy()), make_galaxy()
    files = [(good, "a.fits"), (b"rubbish", "b.fits"), (make_npy(flux), "c.npy"), (b"", "../../d.fits")]
    files += [(make_band(b, flux), f"pair-{b}.fits") for b in "zgr"] + [(good, "a.fits")]
    seen = []
    verdicts = locate_many(explorer.locate, files, DECALS, progress=lambda done, of: seen.append((done, of)))
    assert [v.word for v in verdicts] == ["located", "refused", "pixel scale unknown", "refused", "located", "located"]
    assert verdicts[4].name == "pair-z.fits, pair-g.fits, pair-r.fits" and verdicts[3].name == "d.fits"
    assert seen[-1] == (8, 8) and "known here" in verdicts[1].error
    whole, bands = verdicts[0].location, verdicts[4].location
    assert np.allclose(whole.latents, bands.latents, atol=1e-4), "the same galaxy in one file or in three"
    settled = settle_scale(verdicts[2], explorer.locate, DECALS, DECALS.model_scale)
    assert settled.location and np.allclose(settled.location.latents, whole.latents, atol=1e-3)


def test_two_galaxies_of_three_bands_each(explorer):
    one, other = make_galaxy(), make_galaxy() * 2
    files = [(make_band(b, f), f"{name}_{b}.fits") for b in "grz" for name, f in (("m51", one), ("m83", other))]
    verdicts = locate_many(explorer.locate, files, DECALS)
    assert [v.word for v in verdicts] == ["located"] * 2
    assert [v.name.split(",")[0] for v in verdicts] == ["m51_g.fits", "m83_g.fits"]


def test_three_bands_known_by_their_headers_alone(explorer):
    flux = make_galaxy()
    files = [(make_band(b, flux), name) for b, name in zip("grz", ("one.fits", "two.fits", "three.fits"), strict=True)]
    assert [v.word for v in locate_many(explorer.locate, files, DECALS)] == ["located"]


def test_two_bands_are_no_galaxy(explorer):
    flux = make_galaxy()
    verdicts = locate_many(explorer.locate, [(make_band(b, flux), f"m51-{b}.fits") for b in "gr"], DECALS)
    assert [v.word for v in verdicts] == ["refused"] * 2 and all(v.error for v in verdicts)


@pytest.mark.parametrize("n", [0, 61])
def test_none_and_too_many_are_refused(explorer, n):
    with pytest.raises(InputError, match=f"{n} files were given"):
        locate_many(explorer.locate, [(b"x", "x")] * n, DECALS)


def test_the_table_names_every_file_once_and_reads_back_with_units(explorer):
    from astropy.table import Table

    good = make_fits(make_galaxy())
    verdicts = locate_many(explorer.locate, [(good, "a.fits"), (b"rubbish", "b.fits"), (good, "a.fits")], DECALS)
    table = tabulate(verdicts)
    assert table["id"].tolist() == ["a.fits", "b.fits", "a.fits (2)"]
    assert table["verdict"].tolist() == ["located", "refused", "located"]
    for i, name in enumerate(LATENTS):
        assert table[f"lat_{name}"][0] == verdicts[0].location.latents[i] and np.isnan(table[f"lat_{name}"][1])
    assert table["percentile"][0] == verdicts[0].location.rarity
    for form in ("fits", "votable", "ecsv"):
        stream = io.BytesIO()
        catalogue.write(table, stream, form)
        again = Table.read(io.BytesIO(stream.getvalue()), format={"ecsv": "ascii.ecsv"}.get(form, form))
        assert [str(i) for i in again["id"]] == table["id"].tolist()
        assert str(again["lat_logmass"].unit) == "dex" and str(again["lat_phi"].unit) == "rad"
