"""A network's standardised answers as numbers with units."""

import numpy as np

from galexplore.latents import ANY_ANGLE, LATENTS, to_axis_angle, unstandardise
from galexplore.network.vae import Posterior
from galexplore.posterior.calibrate import scale_at


def to_physical(
    posterior: Posterior,
    label_mean: np.ndarray,
    label_std: np.ndarray,
    calibration: dict[str, dict],
    magnitude: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Latents and calibrated sigmas, each (B, 5), in physical units, phi in [0, pi) rad.

    Parameters
    ----------
    posterior : Posterior
        Of B galaxies.
    label_mean, label_std : array (4,)
        Of the labels, and 0 and 1 for the free latent.
    calibration : dict
        As of `posterior.calibrate.calibrate`.
    magnitude : array (B,), optional
        Of the images.
    """
    vector = posterior.vector.cpu().numpy().astype(float)
    length = np.clip(np.hypot(*vector.T), 1e-9, 1 - 1e-9)
    phi_sigma = np.minimum(0.5 * np.sqrt(-2 * np.log(length)), ANY_ANGLE)  # circular standard deviation, halved
    mean = unstandardise(posterior.mean.cpu().numpy(), label_mean, label_std)
    sigma = np.exp(posterior.logvar.cpu().numpy() / 2) * label_std
    sigma = np.column_stack([phi_sigma, sigma])
    for i, name in enumerate(LATENTS):
        sigma[:, i] *= scale_at(calibration[name], "68", magnitude, mean[:, 0])
    sigma[:, 0] = np.minimum(sigma[:, 0], ANY_ANGLE)
    return np.column_stack([to_axis_angle(vector), mean]), sigma
