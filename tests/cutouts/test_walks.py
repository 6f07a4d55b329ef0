"""A galaxy of known light by any convention: flux, bands, parity and angle are true, or said to be assumed."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from galexplore.bench import walks
from galexplore.bench.scene_files import is_possible, write
from galexplore.bench.scenes import FLUXES, LISTS, OPTIONS, Convention
from galexplore.cutouts.audit import prepare
from galexplore.cutouts.readers import read

PLAIN = asdict(Convention())


@st.composite
def conventions(draw):
    """Conventions that differ from the plainest in up to eight options."""
    odd = draw(st.lists(st.sampled_from(list(OPTIONS)), max_size=8, unique=True))
    return Convention(**(PLAIN | {name: draw(st.sampled_from(OPTIONS[name])) for name in odd}))


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(conventions())
def test_no_convention_is_misread_without_a_word(how):
    assume(is_possible(how))
    outcome = walks.try_convention(how)
    assert outcome.verdict in ("right", "assumed", "refused"), (walks.list_odd(how), outcome)


@pytest.mark.parametrize("flux", [f for f in FLUXES if f not in ("counts alone", "contradiction", "vega")])
def test_every_calibration_is_right_or_assumed(flux):
    how = Convention(flux=flux, scale=0.396)
    outcome = walks.try_convention(how)
    assert outcome.verdict == ("assumed" if flux == "unknown time, a second's" else "right"), outcome


@pytest.mark.parametrize("flux", ["counts alone", "contradiction", "vega"])
def test_what_cannot_be_calibrated_is_refused(flux):
    assert walks.try_convention(Convention(flux=flux)).verdict == "refused"


@pytest.mark.parametrize("listed", [name for name in LISTS if name])
@pytest.mark.parametrize("bands", ["zrg", "griz"])
def test_every_list_of_bands_is_read(listed, bands):
    how = Convention(listed=listed, bands=bands, scale=0.5)
    outcome = walks.try_convention(how)
    assert outcome.verdict == "right", outcome
    cutout = read(write(how).files[0])
    assert cutout.bands == bands and not any("assumed" in n.detail for n in cutout.notes if n.check == "bands")


def prepared_plainly():
    """The plainest file's pixels."""
    return prepare(read(write(Convention(scale=0.5)).files[0]), ebv=0)


@pytest.mark.parametrize(
    ("spoil", "quantity"),
    [
        (lambda flux: flux[::-1], "bands"),
        (lambda flux: flux[:, ::-1], "orientation"),
        (lambda flux: np.rot90(flux, 1, (1, 2)), "orientation"),
        (lambda flux: flux * np.array([1, 1, 1.2])[:, None, None], "flux"),
        (lambda flux: np.roll(flux, 9, 2), "shape"),
        (lambda flux: flux, ""),
    ],
)
def test_the_judge_sees_what_is_wrong(spoil, quantity):
    from dataclasses import replace

    prepared = prepared_plainly()
    assert walks.compare(replace(prepared, flux=spoil(prepared.flux)))[0] == quantity
