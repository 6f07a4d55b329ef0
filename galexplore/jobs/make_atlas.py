"""An atlas of galaxies that were located, beside others: the model stays, its catalogue, images and map are theirs."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.atlas import atlas
from galexplore.atlas.recipe import AtlasConfig
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore.seal import CONTENT, read_card
from galexplore.explore.verdicts import Verdict
from galexplore.files import hash_file
from galexplore.images import Observed
from galexplore.jobs.gather import LEAST_ORDINARY
from galexplore.jobs.publish import check_place, hold_name, name_partial, publish_model, write_card
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.embed import Embedder
from galexplore.places import find_model
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT
from galexplore.survey import Survey
from galexplore.tables import catalogue

#: Files that are the model's own and go with it; what the card says of its old atlas does not.
_OWN = [name for name, what in CONTENT.items() if what in ("weights", "joint posterior's parameters")]
_OWN += [name for name, what in CONTENT.items() if what == "training distribution"]
SAME = 1e-3  # of their standard errors: spread of latents below which galaxies are one and the same
_OF_ATLAS = ("files", "digest", "attribution", "atlas", "honesty", "provenance")


class _Located:
    """Images of galaxies that were located; one of `galexplore.images.Images`."""

    def __init__(self, ids: Sequence[str], flux: np.ndarray):
        self.flux = dict(zip(ids, flux, strict=True))

    def __contains__(self, identifier: object) -> bool:
        return identifier in self.flux

    def get(self, ids: Sequence[str]) -> np.ndarray:
        return np.stack([self.flux[i] for i in ids])

    def wcs(self, identifier: str) -> WCS | None:
        return None


def make_atlas(
    name: str,
    verdicts: Sequence[Verdict],
    base: str = "default",
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict:
    """Make `models/<name>` of galaxies that a model has located, by that model's weights.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Those that were not located are left out; positions are read from `path`, as `jobs.locate_sky` writes them.
    base : str
        The model that located them.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    InputError
        Where the name is taken or cannot be one, or fewer than 20 galaxies were located, or all are alike.
    """
    located = [v for v in verdicts if v.embedded is not None]
    if len(located) < LEAST_ORDINARY:
        raise InputError(f"an atlas is made of {LEAST_ORDINARY} galaxies at least; {len(located)} were located")
    check_place(name)
    with hold_name(name):
        folder, origin = name_partial(name), find_model(base)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        card = read_card(origin)
        for file in _OWN:
            if (origin / file).exists():
                shutil.copyfile(origin / file, folder / file)
        embedder = Embedder.load(origin)
        frame, flux = _tabulate(located, embedder.survey)
        keep(_Located(list(frame["id"]), flux), list(frame["id"]), folder / KEPT, embedder.survey, progress)
        latents, features = embedder.read(flux, observed=Observed.read(frame, embedder.survey))
        if (latents[MEANS[1:]].std().to_numpy() < SAME * latents[SIGMAS[1:]].median().to_numpy()).any():
            raise InputError("these galaxies are too much alike for an atlas; are they one and the same?")
        made = atlas.build(pd.concat([frame, latents], axis=1), features)
        made.save(folder / "atlas.npz")
        pixels = artefacts.measure_artefacts(flux, embedder.survey)
        artefacts.save(folder / "pixels.npz", frame, pixels, embedder.survey)
        catalogue.write(frame, folder / "catalogue.parquet")
        card = {k: v for k, v in card.items() if k not in _OF_ATLAS}
        card |= {"simulated": bool(frame.attrs["simulated"]), "made": datetime.now(UTC).date().isoformat()}
        card |= {"data_hash": hash_file(folder / "catalogue.parquet"), "provenance": {**frame.attrs}}
        write_card(folder, card | {"atlas": asdict(AtlasConfig()), "honesty": made.honesty})
        return read_card(publish_model(name))


def _tabulate(located: Sequence[Verdict], survey: Survey) -> tuple[pd.DataFrame, np.ndarray]:
    """Put what is known of located galaxies into a catalogue, and their images (N, B, S, S) beside it."""
    rows = []
    for verdict in located:
        assert verdict.embedded is not None, "others were left out"
        place, prepared = verdict.path.split(), verdict.embedded.prepared
        ra, dec = (float(place[0]), float(place[1])) if len(place) == 2 else (np.nan, np.nan)
        seeing = {f"psf_{b}": float(w) for b, w in zip(survey.bands, prepared.seeing, strict=True)}
        ebv = np.nan if prepared.dust.ebv is None else prepared.dust.ebv
        rows.append({"id": verdict.name, "ra": ra, "dec": dec, "ebv": ebv} | seeing)
    frame = pd.DataFrame(rows).assign(z=np.nan, logmass=np.nan, logsfr=np.nan, phi=np.nan, population="ordinary")
    frame.attrs.update(simulated=any(v.simulated for v in located), source="a list of names and positions on the sky")
    return frame, np.stack([v.embedded.prepared.flux for v in located if v.embedded is not None])
