"""What a person uploaded and what came of it; it outlives its page, unlike the uploader.

State of the session, under `upload` (None before anything was given):

verdicts : list of `galexplore.explore.locate_many.Verdict`
at : int, the one that is shown
location, simulated : of that one, for other pages
scatter : dict of int to `galexplore.explore.scatter.Scatter`
"""

import numpy as np
import streamlit as st

from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.explore.locate_many import Verdict, locate_many, mark_simulated, settle_scale
from pages._session.state import open_explorer


def keep(verdicts: list[Verdict], at: int = 0) -> None:
    """Keep verdicts; the uploader begins anew, for it would forget its files anyway."""
    st.session_state.upload = {"verdicts": verdicts, "scatter": {}}
    st.session_state.uploads = st.session_state.get("uploads", 0) + 1
    choose(at)


def choose(at: int) -> None:
    """Choose which verdict is shown."""
    upload = st.session_state.upload
    verdict = upload["verdicts"][at]
    upload["at"], upload["simulated"] = at, verdict.simulated
    upload.pop("location", None)
    if verdict.location:
        upload["location"] = verdict.location


def forget() -> None:
    """Drop the upload."""
    st.session_state.upload = None


def take_files(key: str) -> None:
    """Read and locate what was uploaded; each file for itself."""
    files = st.session_state[key]
    if not files:
        return
    bar = st.progress(0.0, "Reading") if len(files) > 3 else None

    def told(done: int, of: int) -> None:
        if bar:
            bar.progress(done / of, f"{done} of {of} files read")

    try:
        explorer, given = open_explorer(), [(f.getvalue(), f.name) for f in files]
        verdicts = locate_many(explorer.locate, given, explorer.survey, progress=told)
    except InputError as error:
        keep([Verdict("", error=str(error))])
        return
    finally:
        if bar:
            bar.empty()
    keep(verdicts, next((i for i, v in enumerate(verdicts) if v.location), 0))


def settle(scale: float) -> None:
    """Locate what only lacked its pixel scale."""
    upload, explorer = st.session_state.upload, open_explorer()
    locate, survey = explorer.locate, explorer.survey
    keep([settle_scale(v, locate, survey, scale) if v.sources else v for v in upload["verdicts"]], upload["at"])


def try_sample(identifier: str) -> None:
    """Locate a galaxy of the atlas as if it had been uploaded."""
    explorer = open_explorer()
    survey, kind = explorer.survey, "simulated galaxy" if explorer.simulated else "galaxy of the atlas"
    about = {"name": identifier, "kind": kind, "orientation": (1, 0.0)}
    try:
        flux = np.asarray(explorer.images.get([identifier])[0], np.float32)
        cutout = Cutout(flux, survey.model_scale, "".join(survey.bands), **about)
        verdict = Verdict(identifier, location=explorer.locate(cutout))
    except InputError as error:
        verdict = Verdict(identifier, error=str(error), checks=error.checks)
    keep([mark_simulated(verdict) if explorer.simulated else verdict])


def refresh(explorer) -> None:
    """Locate anew what was located by another model than the one that is looked at."""
    upload = st.session_state.get("upload") or {}
    stale = [
        v for v in upload.get("verdicts", ()) if v.location and v.location.model["sha256"] != explorer.card["sha256"]
    ]
    if stale:
        again = [relocate(v, explorer) if any(v is s for s in stale) else v for v in upload["verdicts"]]
        upload["verdicts"], upload["scatter"] = again, {}
        choose(upload["at"])


def relocate(verdict: Verdict, explorer) -> Verdict:
    """Locate a verdict's own cutout again."""
    found = Verdict(verdict.name, location=explorer.locate(verdict.location.source))
    return mark_simulated(found) if verdict.simulated else found


def measure_scatter(explorer):
    """How the answer that is shown scatters over views of its image; measured once."""
    upload = st.session_state.upload
    if upload["at"] not in upload["scatter"]:
        upload["scatter"][upload["at"]] = explorer.scatter_over_views(upload["location"])
    return upload["scatter"][upload["at"]]
