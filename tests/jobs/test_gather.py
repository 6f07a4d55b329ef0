"""What a training refuses before its first epoch, in one sentence each."""

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.jobs.gather import complete, open_images, read_catalogue, read_survey
from galexplore.sources.kept import Kept
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.jobs.tiny import nothing, write_own


def without(frame, split):
    return frame.assign(split=frame["split"].replace(split, "test"))


REFUSED = {
    "id must name every row": lambda f: f.assign(id="same"),
    "no column id": lambda f: f.drop(columns="id"),
    "column z holds 99": lambda f: f.assign(z=99.0),
    "no column split": lambda f: f.drop(columns="split"),
    "0 rows whose split is validation": lambda f: without(f, "validation"),
    "0 rows whose split is calibration": lambda f: without(f, "calibration"),
    "0 rows whose split is train": lambda f: without(f, "train"),
    "no label to learn from": lambda f: f.assign(z=np.nan, logmass=np.nan, logsfr=np.nan),
    "no label to learn .* with different values": lambda f: f.assign(z=0.1, logmass=10.0, logsfr=0.0),
    "population ordinary": lambda f: f.assign(population="Green Pea"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_catalogue_that_cannot_teach_is_refused(tmp_path, sentence):
    data, _, _ = write_own(tmp_path, REFUSED[sentence])
    with pytest.raises(InputError, match=sentence) as refused:
        read_catalogue(data)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_labels_known_in_one_split_alone_teach_nothing(tmp_path):
    def spoil(frame):
        taught = frame["split"] == "train"
        return frame.assign(z=frame["z"].where(taught), logmass=frame["logmass"].where(~taught), logsfr=np.nan)

    with pytest.raises(InputError, match="no label to learn from"):
        read_catalogue(write_own(tmp_path, spoil)[0])


def test_what_a_catalogue_lacks_is_unknown_and_its_galaxies_are_ordinary(tmp_path):
    data, frame, _ = write_own(tmp_path, lambda f: f.drop(columns=["logsfr", "logsfr_err", "phi_err"]))
    read = read_catalogue(data)
    assert read[["logsfr", "logsfr_err", "phi_err"]].isna().all(axis=None) and set(read["population"]) == {"ordinary"}
    assert complete(frame.assign(population="Merger"))["population"].eq("Merger").all()


def test_images_beside_a_catalogue_are_its_galaxies_in_any_order(tmp_path):
    data, frame, flux = write_own(tmp_path)
    images = open_images(data, frame, DECALS)
    assert isinstance(images, Kept) and "own-3" in images and "own-99" not in images
    assert np.array_equal(images.get(["own-3", "own-1"]), flux[[3, 1]].astype(np.float16))
    with pytest.raises(InputError, match="own-99"):
        images.get(["own-1", "own-99"])
    assert images.wcs("own-0").wcs.crval.tolist() == [10.0, 1.0] and images.wcs("own-99") is None
    assert np.array_equal(read_survey(data, DECALS, nothing)[1], flux.astype(np.float16))


def test_images_that_are_not_there_or_anothers_are_refused_in_a_sentence(tmp_path):
    data, frame, _ = write_own(tmp_path)
    catalogue.write(frame.assign(id=[f"new-{i}" for i in range(len(frame))]), data)
    with pytest.raises(InputError, match="No image of galaxy 'new-0'"):
        read_survey(data, DECALS, nothing)
    (tmp_path / "images.npz").write_bytes(b"no array")
    with pytest.raises(InputError, match="damaged"):
        read_survey(data, DECALS, nothing)
    (tmp_path / "images.npz").unlink()
    with pytest.raises(InputError, match="No images belong to"):
        read_survey(data, DECALS, nothing)
