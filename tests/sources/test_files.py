"""Images of a person's own: from a table or a folder, kept in one file, and what is said of bad ones."""

import math
import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.sources.files import FileImages, open_images, turn_north_up
from galexplore.sources.keeping import add_checksums, keep
from galexplore.sources.kept import Kept
from galexplore.sources.mock import Store
from galexplore.survey import DECALS
from galexplore.tables import catalogue as tables
from tests.analytic import draw_ellipse
from tests.pages.driver import make_fits, make_galaxy


@pytest.fixture
def mine(tmp_path):
    """Three galaxies in FITS files, of which the table names two, and one in no file at all."""
    (tmp_path / "stamps").mkdir()
    for i, size in enumerate((4.0, 5.0, 6.0)):
        noise = np.random.default_rng(i).normal(size=(3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
        data = make_fits((draw_ellipse(0.4 * i, size) + noise).astype(np.float32))
        (tmp_path / "stamps" / f"g{i}.fits").write_bytes(data)
    frame = pd.DataFrame({"id": ["A", "B", "C"], "ra": [10.0, 20.0, np.nan], "dec": [1.0, 2.0, np.nan]})
    frame["file"] = ["stamps/g0.fits", "stamps/g1.fits", ""]
    tables.write(frame, tmp_path / "mine.csv")
    return tmp_path


def test_a_table_names_its_files(mine):
    images = FileImages.open(mine / "mine.csv", DECALS)
    assert "A" in images and "B" in images and "C" not in images and 7 not in images
    flux = images.get(["B", "A"])
    assert flux.shape == (2, 3, 69, 69) and np.isfinite(flux).all()
    assert flux[0, 1].sum() == pytest.approx(60, rel=0.1)
    assert np.allclose(images.wcs("B").pixel_to_world_values(34, 34), (20.0, 2.0)) and images.wcs("C") is None
    with pytest.raises(InputError, match="no image of galaxy 'C'"):
        images.get(["A", "C"])


def test_a_folder_names_its_galaxies(mine):
    images = FileImages.open(mine / "stamps", DECALS)
    assert "g2" in images and "A" not in images and images.wcs("g2") is None
    (mine / "stamps" / "g0.png").write_bytes(b"a picture beside its fluxes")
    (mine / "stamps" / "notes.txt").write_text("no image")
    again = FileImages.open(mine / "stamps", DECALS)
    assert again.files["g0"].suffix == ".fits" and set(again.files) == {"g0", "g1", "g2"}


def test_arrays_take_their_scale_from_the_table(mine):
    np.save(mine / "bare.npy", make_galaxy())
    frame = pd.DataFrame({"id": ["N"], "file": ["bare.npy"]})
    with pytest.raises(InputError, match=r"galaxy 'N' \(bare.npy\).*pixel scale"):
        FileImages.of_table(mine / "t.csv", frame, DECALS).get(["N"])
    scaled = FileImages.of_table(mine / "t.csv", frame.assign(pixel_scale=DECALS.model_scale), DECALS)
    assert scaled.get(["N"]).shape == (1, 3, 69, 69)


def test_what_is_kept_is_what_was_read_and_needs_no_files(mine):
    frame = tables.read(mine / "mine.csv")
    images = FileImages.of_table(mine / "mine.csv", frame, DECALS)
    seen = []
    kept = keep(images, ["B", "A"], mine / "images.npz", DECALS, lambda done, of: seen.append((done, of)))
    assert seen == [(2, 2)]
    expected = images.get(["A", "B"])
    for path in (mine / "stamps").iterdir():
        path.unlink()
    again = Kept.open(mine / "images.npz", DECALS, frame)
    for one in (kept, again):
        assert np.array_equal(one.get(["A", "B"]), expected.astype(np.float16))
        assert "A" in one and "C" not in one
    assert again.digest == kept.digest and not list(mine.glob(".*"))
    assert np.allclose(again.wcs("A").pixel_to_world_values(34, 34), (10.0, 1.0)) and kept.wcs("A") is None
    with np.load(mine / "images.npz", allow_pickle=False) as plain:
        assert plain["ids"].tolist() == ["B", "A"] and plain["pixels"].dtype == np.float16
    with pytest.raises(InputError, match="No image of galaxy 'C'"):
        again.get(["C"])


def test_bad_files_are_named_all_at_once(mine):
    (mine / "stamps" / "g1.fits").write_bytes(b"rubbish")
    frame = tables.read(mine / "mine.csv")
    images = FileImages.of_table(mine / "mine.csv", frame, DECALS)
    with pytest.raises(InputError, match=r"^2 of 3 images cannot be used \(B, C\).*'B' \(g1.fits\) cannot be used"):
        keep(images, frame["id"], mine / "images.npz", DECALS)
    assert not (mine / "images.npz").exists() and not list(mine.glob(".*"))


def test_an_image_that_was_changed_or_cut_off_is_refused_and_the_others_are_not(mine):
    images = FileImages.of_table(mine / "mine.csv", tables.read(mine / "mine.csv"), DECALS)
    path = mine / "images.npz"
    kept, size = keep(images, ["B", "A"], path, DECALS), 2 * 3 * 69 * 69
    data, flipped = path.read_bytes(), bytearray(path.read_bytes())
    flipped[data.index(kept.get(["A"]).tobytes()) + 1234] ^= 16
    path.write_bytes(flipped)
    again = Kept.open(path, DECALS)
    assert again.digest == kept.digest and again.find_damaged() == ["A"]
    assert np.array_equal(again.get(["B"]), images.get(["B"]).astype(np.float16))
    with pytest.raises(InputError, match="galaxy 'A' that is kept with this model is damaged"):
        again.get(["B", "A"])
    path.write_bytes(data)
    whole = Kept.open(path, DECALS)
    os.truncate(path, data.index(kept.get(["A"]).tobytes()) + size // 2)  # a map of it would end the process
    assert whole.find_damaged() == ["A"]
    with pytest.raises(InputError, match="damaged or no images"):
        Kept.open(path, DECALS)


def test_other_images_have_another_digest(mine):
    images = FileImages.of_table(mine / "mine.csv", tables.read(mine / "mine.csv"), DECALS)
    one, other = (keep(images, ids, mine / "images.npz", DECALS).digest for ids in (["A", "B"], ["B", "A"]))
    assert one != other == keep(images, ["B", "A"], mine / "images.npz", DECALS).digest


def test_images_of_an_earlier_version_get_checksums_once_all_are_whole(mine):
    images = FileImages.of_table(mine / "mine.csv", tables.read(mine / "mine.csv"), DECALS)
    kept, path = keep(images, ["B", "A"], mine / "images.npz", DECALS), mine / "old.npz"
    np.savez(path, ids=np.array(["B", "A"]), pixels=kept.get(["B", "A"]))
    data = path.read_bytes()
    assert Kept.open(path, DECALS).digest == ""
    add_checksums(path)
    assert Kept.open(path, DECALS).digest == kept.digest and Kept.open(path, DECALS).find_damaged() == []
    flipped = bytearray(data)
    flipped[data.index(kept.get(["A"]).tobytes()) + 1234] ^= 16
    path.write_bytes(flipped)
    with pytest.raises(InputError, match="damaged"):
        add_checksums(path)
    assert path.read_bytes() == flipped


@pytest.mark.parametrize("damage", ["cut", "packed", "pickled", "grid", "words", "twice"])
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path, damage):
    path, pixels = tmp_path / "images.npz", np.zeros((2, 3, 69, 69), np.float16)
    ids = np.array(["A", "A" if damage == "twice" else "B"])
    if damage == "packed":
        np.savez_compressed(path, ids=ids, pixels=pixels)
    elif damage == "pickled":
        np.savez(path, ids=ids.astype(object), pixels=pixels)
    else:
        np.savez(path, ids=ids, pixels=pixels[:, :, :60] if damage == "grid" else pixels)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    if damage == "words":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("ids.npy", "nothing")
    with pytest.raises(InputError) as refusal:
        Kept.open(path, DECALS)
    assert "images.npz" in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_catalogue_finds_its_images(mine):
    frame = tables.read(mine / "mine.csv")
    assert "A" in open_images(mine / "mine.csv", frame, DECALS)
    bare = frame.drop(columns="file").assign(id=["g0", "g1", "none"])
    with pytest.raises(InputError, match=r"No images belong to 'mine\.csv': give it a column file"):
        open_images(mine / "mine.csv", bare, DECALS)
    (mine / "stamps").rename(mine / "cutouts")
    images = open_images(mine / "mine.csv", bare, DECALS)
    assert "g0" in images and "none" not in images and "g2" not in images, "only the catalogue's"


def test_the_simulated_catalogue_is_drawn():
    from galexplore.places import DATA

    assert isinstance(open_images(DATA, tables.read(DATA).head(3), DECALS), Store)


@pytest.mark.parametrize("parity", [1, -1])
@pytest.mark.parametrize("up", [0.3, -0.5, 2.0, 0.001])
def test_north_is_turned_up_before_anything_is_learnt(parity, up):
    """An ellipse at a known angle on the sky, seen in an image whose upward direction lies at `up`."""
    from galexplore.cutouts.audit import prepare

    phi = 0.9
    flux = draw_ellipse(phi - up, size=5.0)
    flux = flux if parity > 0 else flux[:, :, ::-1].copy()
    cutout = Cutout(flux, DECALS.model_scale, "grz", orientation=(parity, up))
    ready = prepare(turn_north_up(cutout), DECALS)
    y, x = np.mgrid[:69, :69] - 34.0
    light = np.clip(ready.flux[1], 0, None)
    xx, yy, xy = (np.average(m, weights=light) for m in (x * x, y * y, x * y))
    seen = math.atan2(-2 * xy, yy - xx) / 2
    assert abs((seen - phi + np.pi / 2) % np.pi - np.pi / 2) < 0.02 and abs(ready.angle) < 0.01
