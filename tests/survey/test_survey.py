"""A survey's own arithmetic, its words, its way into a card and back, and what it refuses."""

import json
import math
from dataclasses import MISSING, FrozenInstanceError, fields, replace

import pytest

from galexplore.errors import InputError
from galexplore.survey import BASS_MZLS, DECALS, SURVEYS, Survey
from tests.survey.five import FIVE


def test_no_field_has_a_default_and_none_can_be_changed():
    assert all(f.default is MISSING and f.default_factory is MISSING for f in fields(Survey))
    with pytest.raises(FrozenInstanceError):
        DECALS.size = 70


@pytest.mark.parametrize("survey", [DECALS, FIVE])
def test_it_comes_back_from_json_as_it_was(survey):
    assert Survey.from_dict(json.loads(json.dumps(survey.to_dict()))) == survey
    assert hash(Survey.from_dict(survey.to_dict())) == hash(survey)


def test_the_grid_follows_from_the_field():
    assert FIVE.field == pytest.approx(20.0) and FIVE.model_scale == pytest.approx(20 / 48)
    assert FIVE.shape == (5, 48, 48) and DECALS.shape == (3, 69, 69)
    # Averaged over the native pixels of a model pixel, white noise falls with their number's root.
    pixels = (FIVE.native_size / FIVE.size) ** 2
    assert FIVE.model_noise == pytest.approx([s / math.sqrt(pixels) for s in FIVE.noise])
    assert [FIVE.index(b) for b in FIVE.bands] == list(range(5))
    with pytest.raises(InputError, match="Five has no band 'y'; it has u, g, r, i and z"):
        FIVE.index("y")


def test_words_are_made_of_its_bands():
    assert (DECALS.band_words, DECALS.count_word, DECALS.archive) == ("g, r and z", "three", "Legacy Survey")
    assert (FIVE.band_words, FIVE.count_word, FIVE.archive) == ("u, g, r, i and z", "five", "Five")
    assert DECALS.has_pictures and not FIVE.has_pictures


def test_a_flux_of_one_is_what_the_zero_point_says():
    assert DECALS.flux_unit == "nanomaggy" and DECALS.to_nanomaggies == 1
    janskys = replace(DECALS, zero_point=31.4)  # nanojansky
    assert janskys.to_nanomaggies == pytest.approx(1 / 3631, rel=1e-4)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"noise": (0.003, 0.0045)}, "3 bands and 2 values of noise"),
        ({"peak": (0.1,) * 4}, "4 values of peak"),
        ({"display": ()}, "0 values of display"),
        ({"extinction": (3.2, 2.2)}, "2 values of extinction"),
        ({"noise": (0.003, 0.0, 0.01)}, "noise must be positive numbers"),
        ({"noise": (0.003, math.nan, 0.01)}, "noise must be positive numbers"),
        ({"noise": [0.003, 0.0045, 0.012]}, "noise must be a tuple"),
        ({"extinction": (3.2, -1.0, 1.2)}, "extinction must be positive"),
        ({"pixel_scale": 0.0}, "pixel_scale must be a positive number"),
        ({"pixel_scale": "0.262"}, "pixel_scale must be a positive number"),
        ({"display_q": math.inf}, "display_q must be a positive number"),
        ({"size": 0}, "size must be a whole number of pixels, not 0"),
        ({"size": 69.0}, "size must be a whole number of pixels, not 69.0"),
        ({"native_size": -128}, "native_size must be a whole number"),
        ({"native_size": True}, "native_size must be a whole number"),
        ({"zero_point": None}, "zero_point must be an AB magnitude"),
        ({"bands": ("g", "g", "z")}, "different small letters"),
        ({"bands": ("g", "r", "W1")}, "different small letters"),
        ({"bands": ()}, "different small letters"),
        ({"rgb": ("i", "r", "g")}, "rgb must be three of its bands g, r and z"),
        ({"rgb": ("r", "g")}, "rgb must be three of its bands"),
        ({"reference": "i"}, "reference must be one of g, r and z, not 'i'"),
        ({"name": 3}, "name must be text"),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_sentence(changed, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        replace(DECALS, **changed)
    assert "\n" not in str(caught.value)


def test_a_cards_broken_survey_is_refused_in_a_sentence():
    whole = DECALS.to_dict()
    for broken, sentence in (
        ({k: v for k, v in whole.items() if k not in ("rgb", "layer")}, "lacks layer, rgb"),
        (whole | {"depth": 3}, "unknown fields: depth"),
        (whole | {"noise": [1, 2]}, "2 values of noise"),
        (whole | {"bands": "grz"}, "bands must be a tuple"),
        (whole | {"rgb": [["z"], "r", "g"]}, "rgb must be three of its bands"),
        ([whole], "table of fields"),
    ):
        with pytest.raises(InputError, match=sentence):
            Survey.from_dict(broken)


def test_a_survey_is_read_from_a_file_of_its_fields(tmp_path):
    path = tmp_path / "five.json"
    path.write_text(json.dumps(FIVE.to_dict()))
    assert Survey.open(path) == FIVE
    for text, sentence in (("{", "is no JSON"), ("[]", "table of fields"), ('{"name": "x"}', "lacks bands")):
        path.write_text(text)
        with pytest.raises(InputError, match=sentence):
            Survey.open(path)
    with pytest.raises(InputError, match="no readable survey"):
        Survey.open(tmp_path / "none.json")


def test_a_survey_is_found_by_its_name_or_its_file(tmp_path):
    assert [Survey.find(text) for text in ("DECaLS", "decals")] == [DECALS] * 2
    assert [Survey.find(text) for text in ("BASS/MzLS", "bass-mzls", "BASS MzLS")] == [BASS_MZLS] * 3
    path = tmp_path / "five.json"
    path.write_text(json.dumps(FIVE.to_dict()))
    assert Survey.find(str(path)) == FIVE
    with pytest.raises(InputError, match="no survey is called 'SDSS': DECaLS and BASS/MzLS are known"):
        Survey.find("SDSS")
    with pytest.raises(InputError, match=r"no readable survey none\.json"):
        Survey.find(str(tmp_path / "none.json"))
    assert [s.is_northern for s in (*SURVEYS, FIVE)] == [False, True, False]
    assert BASS_MZLS.archive == "Legacy Survey"
