"""What is known of an image's seeing and dust reaches the network, and travels with the file of an atlas galaxy."""

from dataclasses import replace

import numpy as np
import pytest

import galexplore as gx
from galexplore.explore.embedded import Source
from galexplore.explore.locate_many import locate_many
from galexplore.explore.models import open_model
from galexplore.explore.seal import read_card
from galexplore.explore.verdicts import list_verdicts
from galexplore.images import Observed
from galexplore.latents import LATENTS
from galexplore.survey import DECALS
from pages._parts.card import write_image
from tests.own_model import N, draw_own, make_own_model

PSF = {"psf_g": 1.5, "psf_r": 1.4, "psf_z": 1.3}


def make(folder, **columns):
    """A small untrained model, whose catalogue has these columns too: what its network makes of words is arbitrary."""
    frame, _ = draw_own()
    make_own_model(folder / "own", frame=frame.assign(**columns))
    return open_model("own", folder / "own", read_card(folder / "own"))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    seeing = np.random.default_rng(2).uniform(1.0, 1.9, (N, 3))
    columns = dict(zip(PSF, seeing.T, strict=True)) | {"ebv": 0.05, "ra": 150.0, "dec": np.linspace(0, 5, N)}
    return make(tmp_path_factory.mktemp("told"), **columns)


@pytest.fixture
def witness(told, monkeypatch):
    """All that the network is told."""
    heard = []
    for name in ("read", "encode_orientations"):
        answer = getattr(told.embedder, name)

        def listen(*images, observed=None, answer=answer):
            *images, observed = images if isinstance(images[-1], Observed) else (*images, observed)
            heard.append(observed)
            return answer(*images, observed=observed)

        monkeypatch.setattr(told.embedder, name, listen)
    return heard


def image():
    """An image of nowhere, of which nothing is known."""
    return gx.Cutout(draw_own()[1][5], DECALS.model_scale, "grz", name="mine")


def test_the_network_is_told_what_is_known_of_the_observing(told, witness):
    location = told.locate(image(), seeing=(1.6, 1.3, 1.1))
    assert location.scatter is not None and [len(heard) for heard in witness] == [1, 9]
    for heard in witness:
        assert (heard.seeing == [1.6, 1.3, 1.1]).all() and heard.dusty.all(), "it has no position: its dust remains"
    assert location.to_dict()["seeing"] == [1.6, 1.3, 1.1]
    without = told.locate(image(), ebv=0)
    assert np.isnan(witness[-1].seeing).all() and not witness[-1].dusty.any()
    assert without.to_dict()["seeing"] == [None] * 3
    assert not np.allclose(location.latents, without.latents), "and it listens"


def test_it_is_told_the_seeing_of_all_bands_or_of_none(told, witness):
    given = ((1.3, None), (None, 0.1), ((1.5, None, 1.2), 0))
    prepared = [gx.prepare(image(), seeing=s, ebv=e) for s, e in given]
    told.embed([Source.of(image())] * 3, prepared)
    (heard,) = witness
    assert (heard.seeing[0] == 1.3).all() and np.isnan(heard.seeing[1:]).all()
    assert heard.dusty.tolist() == [True, False, False]


def test_it_is_told_nothing_that_it_has_not_learnt_to_be_told(tmp_path):
    own = make(tmp_path)
    observed = own.observe([gx.prepare(image(), seeing=1.3)])
    assert np.isnan(observed.seeing).all() and not observed.dusty.any()
    assert np.allclose(own.locate(image(), seeing=1.3).latents, own.locate(image()).latents)


def test_each_of_many_is_told_its_own(told, witness, tmp_path):
    files = []
    for i in (3, 40):
        files.append(tmp_path / f"{i}.fits")
        files[-1].write_bytes(write_image(told, told.table["id"].iloc[i]))
    assert list_verdicts(locate_many(told, files))["verdict"].tolist() == ["located"] * 2
    assert witness[0].seeing == pytest.approx(told.table[list(PSF)].to_numpy()[[3, 40]])
    locate_many(told, files, seeing=1.3)
    assert (witness[-1].seeing == 1.3).all()
    with pytest.raises(gx.InputError, match="the seeing must be"):
        locate_many(told, files, seeing=13)


@pytest.mark.parametrize("i", [3, 40])
def test_the_file_that_a_card_gives_comes_back_as_the_galaxy_it_is(told, i):
    row, known = told.table.iloc[i], Observed.read(told.table.iloc[[i]], DECALS)
    prepared = gx.prepare(gx.read(write_image(told, row["id"])))
    assert prepared.dust.ebv == 0 and prepared.seeing == pytest.approx(known.seeing[0], rel=1e-9)
    assert np.array_equal(told.observe([prepared]).tell(), known.tell())
    flux = told.images.get([row["id"]]).astype(np.float32)
    (own,) = told.embedder.embed(flux, observed=known).to_dict("records")
    (again,) = told.embed([Source("card", "FITS cube", "grz", DECALS.model_scale, False)], [prepared])
    for name in LATENTS:
        assert again.row[f"lat_{name}"] == pytest.approx(own[f"lat_{name}"], abs=1e-4), name
    (silent,) = told.embedder.embed(flux).to_dict("records")
    assert not np.isclose(silent["lat_redshift"], own["lat_redshift"], atol=1e-4), (
        "told of nothing it answers otherwise"
    )


def test_a_band_without_a_seeing_has_no_card(told, monkeypatch):
    monkeypatch.setattr(told, "table", told.table.assign(psf_r=np.nan))
    prepared = gx.prepare(gx.read(write_image(told, told.table["id"].iloc[3])))
    assert np.isnan(prepared.seeing[1]) and np.isfinite(prepared.seeing[[0, 2]]).all()
    assert gx.prepare(replace(image(), seeing=(None,) * 3)).seeing.tolist() == pytest.approx([np.nan] * 3, nan_ok=True)
