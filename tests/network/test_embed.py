import copy
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from galexplore.cutouts.segment import OWN, segment
from galexplore.errors import InputError
from galexplore.explore.models import load
from galexplore.files import hash_file
from galexplore.images import Observed
from galexplore.latents import LATENTS, MEANS, SIGMAS, angle_difference, unstandardise
from galexplore.network.dihedral import DIHEDRAL, turn
from galexplore.network.embed import Embedder
from galexplore.network.recipes import Network
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse
from tests.network.test_train import TINY


@pytest.fixture(scope="module")
def embedder(sky):
    """An untrained model whose batch statistics are those of the sky: answers differ from galaxy to galaxy."""
    torch.manual_seed(0)
    model = CVAE(Network(widths=(8, 12, 16, 16), hidden=32), DECALS).train()
    for _ in range(20):
        model.encode(torch.from_numpy(sky[1][:64]))
    model.label_mean.copy_(torch.tensor([0.3, 10.3, 0.3]))
    model.label_std.copy_(torch.tensor([0.2, 0.5, 0.5]))
    return Embedder(model)


def test_chunked_is_as_in_one_piece(embedder, sky):
    flux = sky[1][:50]
    done = []
    assert np.allclose(embedder.embed(flux, batch=7, progress=done.append), embedder.embed(flux), rtol=1e-4, atol=1e-4)
    assert done[-1] == 50


def test_what_is_told_of_the_seeing_counts_for_each_galaxy_by_itself(embedder, sky):
    flux, seeing = sky[1][:20], np.full((20, 3), np.nan)
    seeing[5:] = (1.8, 1.0, 1.4)
    observed = Observed(seeing, np.arange(20) == 7)
    silent, told = embedder.embed(flux), embedder.embed(flux, observed=observed)
    assert np.allclose(silent[:5], told[:5], rtol=1e-4, atol=1e-4)
    same = np.isclose(silent["lat_redshift"][5:], told["lat_redshift"][5:], rtol=1e-4)
    assert same.mean() < 0.3, "of an untaught network some answers are near by chance"
    assert np.allclose(told, embedder.embed(flux, observed=observed, batch=7), rtol=1e-4, atol=1e-4)
    glance = embedder.glance(flux, observed, batch=7)
    looks = embedder.encode_orientations(flux, observed)
    assert np.allclose(glance[MEANS[1:]], looks[0][:, 1:], rtol=0.05, atol=0.03)
    again = Observed(seeing, np.zeros(20, bool))
    dusty = embedder.embed(flux, observed=again)["lat_redshift"]
    assert (np.isclose(dusty, told["lat_redshift"], rtol=1e-5) == (np.arange(20) != 7)).all()
    features = embedder.features(flux, observed)
    assert np.allclose(features[:5], embedder.features(flux)[:5], atol=1e-4)
    assert not np.allclose(features[5:], embedder.features(flux)[5:], atol=1e-4)


def test_a_model_of_an_earlier_card_is_told_nothing(sky):
    card = {k: v for k, v in asdict(TINY).items() if k != "told"}
    network = Network.read(card)
    assert not network.told and Network.read(asdict(TINY)).told
    embedder = Embedder(CVAE(network, DECALS))
    observed = Observed(np.full((3, 3), 1.1), np.zeros(3, bool))
    assert embedder.embed(sky[1][:3], observed=observed).equals(embedder.embed(sky[1][:3]))


def test_a_quarter_turn_turns_phi_and_nothing_else(embedder, sky):
    flux = sky[1][:20]
    straight, turned = embedder.embed(flux), embedder.embed(np.rot90(flux, axes=(2, 3)))
    assert np.allclose(angle_difference(turned["lat_phi"], straight["lat_phi"] + np.pi / 2), 0, atol=1e-3)
    others = [c for c in (*MEANS, *SIGMAS) if c != "lat_phi"]
    assert np.allclose(straight[others], turned[others], rtol=1e-3, atol=1e-4)


def test_the_calibration_widens_sigma_and_leaves_the_means(embedder, sky):
    wide = Embedder(embedder.model, {name: {"scale68": 2.0, "scale95": 4.0} for name in LATENTS})
    plain, wider = embedder.embed(sky[1][:5]), wide.embed(sky[1][:5])
    assert np.allclose(plain[MEANS], wider[MEANS])
    assert np.allclose(wider[SIGMAS[1:]], 2 * plain[SIGMAS[1:]])


@pytest.fixture(scope="module")
def whole(embedder):
    """The same, as models were that judge the whole frame."""
    model = copy.copy(embedder.model)
    model.network = replace(model.network, own=False)
    return Embedder(model)


def test_gaps_are_not_judged(whole):
    flux = np.stack([draw_ellipse(1.0)] * 2)
    flux[1, :, :10] = 5.0  # rubbish, but masked
    valid = np.ones_like(flux, bool)
    valid[1, :, :10] = False
    judged = whole.embed(flux, valid)["chi2"]
    assert judged[1] < 0.7 * whole.embed(flux)["chi2"][1]


@pytest.mark.parametrize("n", [1, 12, 40])
def test_eight_looks_together_answer_as_eight_by_themselves(embedder, sky, n):
    """In one batch or several, with photometry that is done once: to a thousandth of a sigma."""
    flux = sky[1][:n]
    with torch.inference_mode():
        looks = [embedder.model.encode(turn(torch.from_numpy(flux), move).contiguous()) for move in DIHEDRAL]
    mean = unstandardise(
        torch.stack([p.mean for p in looks]).mean(dim=0).numpy(), embedder.label_mean, embedder.label_std
    )
    together = embedder.embed(flux)
    off = np.abs(together[MEANS[1:]].to_numpy() - mean) / together[SIGMAS[1:]].to_numpy()
    assert off.max() < 1e-3


def test_a_glance_is_one_of_the_eight_looks_but_for_half_precision(embedder, sky):
    flux = sky[1][:30]
    seen, looks = embedder.glance(flux, batch=7), embedder.encode_orientations(flux)
    spread = looks[0].std(axis=0)
    others = [i for i, name in enumerate(MEANS) if name != "lat_phi"]
    assert list(seen) == [*MEANS, *SIGMAS, "mag_aperture"]
    assert np.abs(seen[MEANS].to_numpy()[:, others] - looks[0][:, others]).max() < 0.2 * spread[others].max()
    assert len(embedder.glance(flux[:0])) == 0


def test_a_glance_of_the_shipped_model_lies_well_inside_its_errors():
    explorer = load()
    flux = explorer.images.get(explorer.table["id"].iloc[:200]).astype(np.float32)
    whole, glance = explorer.embedder.embed(flux), explorer.embedder.glance(flux)
    # The free latent, which no label steadies, differs between looks by 0.4 sigma.
    for name, limit in {"redshift": 0.15, "logmass": 0.15, "logsfr": 0.15, "free": 0.5}.items():
        off = np.abs(glance[f"lat_{name}"] - whole[f"lat_{name}"]) / whole[f"lat_{name}_sigma"]
        assert off.median() < limit and np.quantile(off, 0.95) < 3 * limit, name


def test_no_image_gives_an_empty_table(embedder):
    table = embedder.embed(np.empty((0, 3, 69, 69)))
    assert len(table) == 0
    assert list(table) == [*MEANS, *SIGMAS, "chi2", "mag_aperture"]


def test_decoding_knows_that_an_axis_has_no_head(embedder):
    latents = np.array([[0.4, 0.2, 10.0, 0.5, 0.3]])
    image = embedder.decode(latents)
    assert image.shape == (1, 3, 69, 69)
    assert np.allclose(image, embedder.decode(latents + np.array([np.pi, 0, 0, 0, 0])), atol=1e-4)


def write_model(folder, model, changed, metadata=None):
    """Weights and the card that goes with them, but for what is changed."""
    weights = {k: v.contiguous() for k, v in model.state_dict().items()}
    save_file(weights, folder / "weights.safetensors", metadata=metadata)
    card = {"survey": model.survey.to_dict(), "network": asdict(model.network), "calibration": {}}
    card |= {"sha256": hash_file(folder / "weights.safetensors")}
    (folder / "card.json").write_text(json.dumps({k: v for k, v in (card | changed).items() if v is not None}))


def test_weights_that_are_not_the_cards_are_refused(embedder, tmp_path):
    with pytest.raises(InputError, match="galexplore train"):
        Embedder.load(tmp_path)
    save_file({k: v.contiguous() for k, v in embedder.model.state_dict().items()}, tmp_path / "weights.safetensors")
    card = {"sha256": hash_file(tmp_path / "weights.safetensors"), "calibration": {}}
    card |= {"survey": DECALS.to_dict(), "network": asdict(embedder.model.network)}
    (tmp_path / "card.json").write_text(json.dumps(card))
    again = Embedder.load(tmp_path)
    flux = draw_ellipse(0.3)[None]
    assert np.allclose(again.embed(flux), embedder.embed(flux), rtol=1e-4, atol=1e-4)
    (tmp_path / "card.json").write_text(json.dumps(card | {"sha256": "0" * 64}))
    with pytest.raises(InputError, match="not those its card describes"):
        Embedder.load(tmp_path)


@pytest.mark.parametrize("network", [{"dropout": 0.1}, {"hidden": 48}])
def test_a_model_of_another_version_is_refused_in_a_sentence(tmp_path, network):
    write_model(tmp_path, CVAE(Network(), DECALS), {"network": network})
    with pytest.raises(InputError, match="another version of galexplore; train it anew"):
        Embedder.load(tmp_path)


FOUR = {name: (*values, 1.0) for name, values in DECALS.to_dict().items() if name in ("noise", "peak", "display")}
FOUR |= {"bands": tuple("griz"), "extinction": (3.2, 2.2, 1.6, 1.2)}


@pytest.mark.parametrize(
    "changed",
    [
        {"noise": (0.003, 0.0045, 0.013)},
        {"pixel_scale": 0.2},  # as many pixels of the same noise: the metadata alone can tell
        {"bands": ("g", "r", "i"), "rgb": ("i", "r", "g")},
    ],
)
def test_a_card_of_another_survey_than_its_weights_is_refused_in_a_sentence(tmp_path, changed):
    model, other = CVAE(TINY, DECALS), replace(DECALS, **changed)
    write_model(tmp_path, model, {"survey": other.to_dict()}, {"survey": json.dumps(DECALS.to_dict())})
    with pytest.raises(InputError, match="another survey than its weights were fitted to; restore both files"):
        Embedder.load(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"noise": (0.003, 0.0045, 0.013)},
        {"size": 61},
        {"native_size": 256, "size": 138},  # the same knee: the shapes differ
        FOUR,
    ],
)
def test_weights_without_metadata_are_told_from_another_surveys_by_their_knee_and_shapes(tmp_path, changed):
    write_model(tmp_path, CVAE(TINY, DECALS), {"survey": replace(DECALS, **changed).to_dict()})
    with pytest.raises(InputError, match="another survey than its weights were fitted to; restore both files"):
        Embedder.load(tmp_path)


def test_the_published_stretch_is_known_by_its_peaks(tmp_path):
    model = CVAE(replace(TINY, stretch="published"), DECALS)
    write_model(tmp_path, model, {"survey": replace(DECALS, peak=(0.15, 0.40, 0.9)).to_dict()})
    with pytest.raises(InputError, match="another survey"):
        Embedder.load(tmp_path)


def test_a_card_without_a_survey_is_of_another_version(tmp_path):
    write_model(tmp_path, CVAE(TINY, DECALS), {"survey": None})
    with pytest.raises(InputError, match="another version of galexplore; train it anew"):
        Embedder.load(tmp_path)


def test_a_broken_survey_is_named(tmp_path):
    write_model(tmp_path, CVAE(TINY, DECALS), {"survey": DECALS.to_dict() | {"size": -3}})
    with pytest.raises(InputError, match="size must be a whole number of pixels, not -3"):
        Embedder.load(tmp_path)


def test_what_was_fitted_to_a_survey_opens_with_it(tmp_path):
    model = CVAE(TINY, DECALS)
    for metadata in (None, {"survey": json.dumps(DECALS.to_dict())}):
        write_model(tmp_path, model, {}, metadata)
        assert Embedder.load(tmp_path).survey == DECALS


def test_the_shipped_card_says_its_survey():
    assert load("default").embedder.survey == DECALS


def test_a_model_is_opened_on_the_accelerator_where_there_is_one(embedder, tmp_path, monkeypatch):
    said = {"survey": json.dumps(DECALS.to_dict())}
    weights = {k: v.contiguous() for k, v in embedder.model.state_dict().items()}
    save_file(weights, tmp_path / "weights.safetensors", said)
    card = {"sha256": hash_file(tmp_path / "weights.safetensors"), "calibration": {}, "survey": DECALS.to_dict()}
    (tmp_path / "card.json").write_text(json.dumps(card | {"network": asdict(embedder.model.network)}))
    moved, move = [], CVAE.to

    def follow(model, *at, **named):
        moved.extend(at)
        return model if at else move(model, **named)

    monkeypatch.setattr(CVAE, "to", follow)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    Embedder.load(tmp_path)
    Embedder.load(tmp_path, torch.device("cpu"))
    assert moved == [torch.device("cuda"), torch.device("cpu")]


@pytest.mark.parametrize("able", [True, False])
def test_a_glance_uses_half_precision_only_where_the_device_can(embedder, sky, monkeypatch, able):
    seen, encode = [], embedder.model.encode

    def follow(images, told):
        seen.append(torch.is_autocast_enabled("cpu"))
        return encode(images, told)

    monkeypatch.setattr("galexplore.network.embed.halves", lambda device: able)
    monkeypatch.setattr(embedder.model, "encode", follow)
    embedder.glance(sky[1][:2])
    assert seen == [able]


def plant(flux):
    crowded = flux.copy()
    crowded[:, :, 52:58, 8:14] += 0.8
    return crowded


def test_a_planted_neighbour_leaves_chi2_as_it_is(embedder, sky):
    """The latents, which see it, are held: the reconstruction alone is judged."""
    flux = sky[1][:20]
    assert embedder.model.network.own
    drawn = torch.zeros(20, 3, 69, 69)
    chi2 = {}
    for name, seen in {"alone": flux, "crowded": plant(flux)}.items():
        images = torch.from_numpy(seen)
        chi2[name] = embedder.model.chi2(images, drawn, embedder.model.find_own(images)).numpy()
        chi2[name, "whole"] = embedder.model.chi2(images, drawn).numpy()
    assert np.allclose(chi2["crowded"], chi2["alone"], rtol=0.05)
    assert (chi2["crowded", "whole"] > chi2["alone", "whole"] + 1).all()


def test_chi2_counts_the_galaxy_s_own_pixels(embedder, whole, sky):
    """As when all else is called invalid, and of its own those that are valid."""
    flux = sky[1][:6]
    own, half = np.repeat((segment(flux, DECALS) == OWN)[:, None], 3, axis=1), np.ones((6, 3, 69, 69), bool)
    half[..., :34] = False
    for valid in (np.ones_like(half), half):
        table, same = embedder.embed(flux, valid), whole.embed(flux, own & valid)
        assert np.allclose(table["chi2"], same["chi2"], rtol=1e-5) and np.allclose(table[MEANS], same[MEANS])
        assert not np.isclose(table["chi2"], whole.embed(flux, valid)["chi2"], rtol=0.05).any()


def test_a_card_that_does_not_say_judges_the_whole_frame():
    card = {k: v for k, v in asdict(TINY).items() if k != "own"}
    assert not Network.read(card).own and Network.read(asdict(TINY)).own
    assert CVAE(Network.read(card), DECALS).find_own(torch.zeros(1, 3, 69, 69)) is None
