"""A galaxy of known light written by every convention: each quantity must be the truth's, refused, or assumed aloud."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from galexplore.bench.scene_files import is_possible, write
from galexplore.bench.scenes import OPTIONS, Convention, light_of
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.survey import DECALS

ALIKE = 0.97  # correlation with the truth from which a band lies as it should
FLUX = 0.05  # relative error of a band's flux
#: The audit's checks that may say of a quantity that it was assumed.
NAMED_BY = {"flux": ("flux_units",), "bands": ("bands",), "orientation": ("orientation",), "scale": ("pixel_scale",)}


@dataclass(frozen=True)
class Outcome:
    """What came of one file: "right", "assumed", "refused", "wrong" or "crash"; which quantity, and a sentence."""

    verdict: str
    quantity: str = ""
    detail: str = ""


def draw_convention(generator: np.random.Generator, odd: int = 6) -> Convention:
    """Draw a convention that can be written: about `odd` of its options unlike the plainest."""
    while True:
        plain = asdict(Convention())
        chosen = generator.choice(list(OPTIONS), generator.integers(0, 2 * odd + 1), replace=False)
        values = {str(n): OPTIONS[str(n)][generator.integers(len(OPTIONS[str(n)]))] for n in chosen}
        how = Convention(**(plain | values))
        if is_possible(how):
            return how


def expect(angle: float, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Draw the true light (3, S, S) on the model's grid whose upward direction has this position angle [rad]."""
    fine = 3
    at = (np.arange(DECALS.size * fine) - (DECALS.size * fine - 1) / 2) * DECALS.model_scale / fine
    x, y = at[None, :] + shift[0], at[:, None] + shift[1]
    east, north = -x * np.cos(angle) + y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    light = np.stack([light_of(b, east, north) for b in DECALS.bands])
    return light.reshape(len(light), DECALS.size, fine, DECALS.size, fine).mean(axis=(2, 4))


def _correlate(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    a, b = one[where], other[where]
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _turn(image: np.ndarray) -> list[np.ndarray]:
    """List the eight ways in which an image may be turned and mirrored, itself first."""
    return [np.rot90(m, k) for m in (image, image[:, ::-1]) for k in range(4)]


def compare(prepared: Prepared) -> tuple[str, str]:
    """Name the first quantity that is not the truth's, and how; both empty where all are right."""
    truth = expect(prepared.angle)
    for band, image, valid, light in zip(DECALS.bands, prepared.flux, prepared.valid, truth, strict=True):
        own = _correlate(image, light, valid)
        if own < ALIKE:
            others = {b: _correlate(image, t, valid) for b, t in zip(DECALS.bands, truth, strict=True) if b != band}
            best = max(others, key=lambda b: others[b])
            if others[best] > max(own, 0.9):
                return "bands", f"{band} shows {best} ({own:.2f} and {others[best]:.2f})"
            turns = [_correlate(image, t, valid) for t in _turn(light)]
            if max(turns) > max(own, 0.9):
                return "orientation", f"{band} is turned: way {int(np.argmax(turns))} ({own:.2f} and {max(turns):.2f})"
            return "shape", f"{band} resembles nothing ({own:.2f}, best turned {max(turns):.2f})"
    for band, image, valid, light in zip(DECALS.bands, prepared.flux, prepared.valid, truth, strict=True):
        ratio = float((image * light)[valid].sum() / (light * light)[valid].sum())
        if abs(ratio - 1) > FLUX:
            return "flux", f"{band} is {ratio:.3g} times too bright"
    return "", ""


def try_convention(how: Convention) -> Outcome:
    """Write, read and prepare the galaxy, and judge what came of it."""
    written = write(how)
    source, names = (written.files, written.names) if len(written.files) > 1 else (written.files[0], written.names[0])
    try:
        prepared = prepare(read(source, name=names, pixel_scale=written.pixel_scale), ebv=0)  # the scene has no dust
    except InputError as error:
        return Outcome("refused", "", str(error))
    except Exception as error:
        return Outcome("crash", "", repr(error))
    quantity, detail = compare(prepared)
    if not quantity:
        return Outcome("right")
    checks = NAMED_BY.get(quantity, ("orientation", "pixel_scale"))
    if any(c.check in checks and "assumed" in c.detail for c in prepared.checks):
        return Outcome("assumed", quantity, detail)
    return Outcome("wrong", quantity, detail)


def list_odd(how: Convention) -> dict[str, Any]:
    """Say in what a convention differs from the plainest."""
    plain = asdict(Convention())
    return {k: v for k, v in asdict(how).items() if v != plain[k]}


def walk(
    examples: int, seed: int = 1, progress: Callable[[int, int], None] = lambda done, of: None
) -> tuple[Counter[str], list[tuple[dict[str, Any], Outcome]]]:
    """Try many conventions.

    Returns
    -------
    Counter
        How many came out right, assumed, refused, wrong or crashed.
    list of (dict, Outcome)
        Every one that was not right, and in what it differs from the plainest.
    """
    generator, counts, others = np.random.default_rng(seed), Counter[str](), []
    for k in itertools.count(1) if examples < 0 else range(1, examples + 1):
        how = draw_convention(generator)
        outcome = try_convention(how)
        counts[outcome.verdict] += 1
        if outcome.verdict != "right":
            others.append((list_odd(how), outcome))
        progress(k, examples)
    return counts, others
