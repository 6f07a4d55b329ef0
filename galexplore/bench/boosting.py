"""Peers that see no pixels: gradient boosting on photometry, without noise, with it, and with the profile beside it."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from galexplore.bench.ground import Answer, Ground
from galexplore.latents import LABELLED
from galexplore.survey import Survey


def boost(features: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Regress labels (N, K) on features by gradient boosting, and answer for others."""
    answers = []
    for label in labels.T:
        known = np.isfinite(label)
        model = HistGradientBoostingRegressor(
            max_iter=400, learning_rate=0.06, early_stopping=True, l2_regularization=1.0, random_state=0
        )
        answers.append(model.fit(features[known], label[known]).predict(asked))
    return np.column_stack(answers)


def _colours(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Magnitudes and colours (N, B (B + 1) / 2) of fluxes (N, B) in nanomaggies."""
    mags = survey.zero_point - 2.5 * np.log10(np.maximum(flux, 1e-4))
    pairs = [(i, i + step) for step in range(1, mags.shape[1]) for i in range(mags.shape[1] - step)]
    return np.column_stack([mags, *(mags[:, i] - mags[:, j] for i, j in pairs)])


def _boost_photometry(ground: Ground, take_features: Callable[[pd.DataFrame], np.ndarray], what: str) -> Answer:
    start, test = time.perf_counter(), ground.frame.iloc[ground.test]
    labels = ground.taught[list(LABELLED.values())].to_numpy(float)
    answers = boost(take_features(ground.taught), labels, take_features(test))
    values = np.column_stack([np.full(len(test), np.nan), answers])
    return Answer(values, {"seconds": time.perf_counter() - start, "what": f"gradient boosting on {what}"})


def answer_noiseless(ground: Ground) -> Answer:
    """Gradient boosting on the galaxies' true fluxes."""

    def take_features(frame: pd.DataFrame) -> np.ndarray:
        parts = ("bulge", "disc", "young")
        bands = ground.survey.bands
        flux = np.stack([frame[[f"flux_{p}_{b}" for p in parts]].sum(axis=1) for b in bands], axis=1)
        return _colours(flux, ground.survey)

    return _boost_photometry(ground, take_features, f"{', '.join(ground.survey.bands)} and colours")


def _measured_colours(frame: pd.DataFrame, survey: Survey) -> np.ndarray:
    mags = frame[[f"mag_{b}" for b in survey.bands]].to_numpy(float)
    return _colours(10 ** (0.4 * (survey.zero_point - mags)), survey)


def answer_noisy(ground: Ground) -> Answer:
    """Gradient boosting on the catalogue's magnitudes, with their errors."""
    bands = ", ".join(ground.survey.bands)
    return _boost_photometry(ground, lambda frame: _measured_colours(frame, ground.survey), f"{bands} and colours")


#: What a profile fit would measure of a galaxy, were there no noise.
PROFILE = ("re_arcsec", "ba", "bulge_fraction", "bulge_n")


def answer_shaped(ground: Ground) -> Answer:
    """Gradient boosting on the catalogue's magnitudes and the true profile, as no image shows it."""

    def take_features(frame: pd.DataFrame) -> np.ndarray:
        return np.column_stack([_measured_colours(frame, ground.survey), frame[list(PROFILE)]])

    return _boost_photometry(ground, take_features, f"{', '.join(ground.survey.bands)}, colours and the true profile")
