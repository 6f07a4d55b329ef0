"""Star-formation histories: how much stellar mass formed how long ago, so that mass and SFR come out as drawn."""

import numpy as np

#: A star-formation rate is the mean over the last 0.1 Gyr, as bagpipes and most SED fits define it.
SFR_TIMESCALE = 0.1


def _formed(t: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Mass formed until `t` (Gyr) after the onset by SFR = t exp(-t / tau), up to a common factor."""
    t = np.clip(t, 0, None)
    x = t / tau
    series = x * x * (0.5 - x / 3 + x * x / 8)  # the closed form cancels badly at small x
    return tau**2 * np.where(x < 1e-2, series, 1 - (1 + x) * np.exp(-x))


def solve_tau(age: np.ndarray, ssfr: np.ndarray) -> np.ndarray:
    """Find the delayed-exponential time scale whose mean SFR over the last 0.1 Gyr per formed mass is `ssfr`.

    Parameters
    ----------
    age : array (n,)
        Time since the onset of star formation, Gyr.
    ssfr : array (n,)
        SFR over mass formed, 1/Gyr.

    Returns
    -------
    tau : array (n,), Gyr
        Within 0.05 to 50 Gyr; outside that range the nearest end is returned, and `burst_fraction` adds what lacks.
    """
    low, high = np.full_like(age, np.log(0.05)), np.full_like(age, np.log(50.0))
    for _ in range(40):
        middle = 0.5 * (low + high)
        less = _rate(age, np.exp(middle)) < ssfr
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.exp(0.5 * (low + high))


def _rate(age: np.ndarray, tau: np.ndarray) -> np.ndarray:
    total = _formed(age, tau)
    return (total - _formed(age - SFR_TIMESCALE, tau)) / total / SFR_TIMESCALE


def formed_mass(
    edges: np.ndarray, age: np.ndarray, ssfr: np.ndarray, burst_age: float | np.ndarray = SFR_TIMESCALE
) -> np.ndarray:
    """Fraction of the formed mass in each bin of stellar age.

    A delayed exponential, SFR ~ t exp(-t / tau) (e.g. Simha et al. 2014), with the time scale that gives the wanted
    sSFR; where even a rising history has too little, a constant burst over `burst_age` supplies the rest.

    Parameters
    ----------
    edges : array (k + 1,)
        Edges of the age bins, Gyr before observation.
    age : array (n,)
        Onset of star formation, Gyr before observation.
    ssfr : array (n,)
        SFR over mass formed, 1/Gyr.
    burst_age : float or array (n,)
        Duration of the burst, Gyr.

    Returns
    -------
    array (n, k)
        Non-negative; every row sums to one.
    """
    age, ssfr = np.asarray(age, float), np.asarray(ssfr, float)
    tau = solve_tau(age, ssfr)
    lack = np.clip(ssfr - _rate(age, tau) * 1.001, 0, None) * SFR_TIMESCALE
    duration = np.broadcast_to(np.asarray(burst_age, float), age.shape)
    burst = np.clip(lack * np.maximum(duration / SFR_TIMESCALE, 1.0), 0, 0.9)
    cumulative = _formed(age[:, None] - edges[None, :], tau[:, None])
    base = -np.diff(cumulative, axis=1)
    base /= base.sum(axis=1, keepdims=True)
    recent = np.diff(np.clip(edges[None, :] / duration[:, None], 0, 1), axis=1)
    return (1 - burst)[:, None] * base + burst[:, None] * recent
