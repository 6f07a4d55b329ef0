"""Which surveys can be simulated: any in g, r, z sees a row on its own pixels; others are refused in a sentence."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.mock import conditions, render, scene, survey
from galexplore.survey import DECALS
from tests.mock.test_render import ROW, TOTAL

FINE = replace(DECALS, name="Fine", pixel_scale=0.2, native_size=150, size=61)
OTHERS = {
    "bands g, r, z": replace(DECALS, name="Three", bands=("r", "g", "z")),
    "nanomaggies": replace(DECALS, name="Three", zero_point=27.0),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_cannot_be_simulated_is_refused_in_a_sentence(what):
    with pytest.raises(InputError, match=f"{what}.*Three") as refused:
        render.render(ROW, OTHERS[what])
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="Three"):
        survey.draw_block(10, 1, 0, OTHERS[what])
    with pytest.raises(InputError, match="Three"):
        survey.draw_training(10, 1, OTHERS[what])


def test_a_survey_of_other_pixels_sees_the_same_galaxy():
    picture = render.render_clean(ROW, FINE, neighbours=False)
    assert picture.shape == (3, 150, 150)
    assert np.allclose(picture.sum(axis=(1, 2)), TOTAL, rtol=0.03)
    middle = ROW | {"offset_x": 0, "offset_y": 0}
    brightest = [render.render_clean(middle, s, neighbours=False)[1].max() / s.pixel_scale**2 for s in (DECALS, FINE)]
    assert brightest[1] == pytest.approx(brightest[0], rel=0.1)
    assert render.render(ROW, FINE).shape == (3, 150, 150)


def test_fields_are_drawn_where_the_conditions_are_known(monkeypatch):
    blank = pd.DataFrame(index=range(2000))
    with pytest.raises(InputError, match="drawn for DECaLS, BASS/MzLS; of Fine on these pixels"):
        scene.add_fields(blank, FINE, np.random.default_rng(0))
    with pytest.raises(InputError, match="Fine"):
        survey.draw_block(10, 1, 0, FINE)
    sharp = replace(conditions.find_conditions(DECALS), seeing=(0.7, 0.6, 0.65))
    monkeypatch.setitem(conditions.CONDITIONS, FINE, sharp)
    fields = scene.add_fields(blank, FINE, np.random.default_rng(0))
    assert np.allclose(fields[["psf_g", "psf_r", "psf_z"]].median(), sharp.seeing, rtol=0.02)
