"""What a person uploaded and what came of it; it outlives its page, unlike the uploader.

State of the session, under `upload` (None before anything was given):

verdicts : list of `galexplore.explore.verdicts.Verdict`, without the files' pixels
locations : dict of int to `galexplore.explore.location.Location`, of those that were shown
alone : dict of int to verdict, as the image alone has it, of those that were told their redshift
token : str, by which the browser that brought it finds it again after a reload (`pages/_session/kept.py`)
at : int, the one that is shown
location, simulated : of that one, for other pages; the location is None where it was refused
"""

from dataclasses import replace

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.atlas_cutouts import read_cutout
from galexplore.explore.embedded import Given, condition
from galexplore.explore.explorer import Explorer
from galexplore.explore.locate_many import embed_again, locate_cutout, settle_scale, stream_verdicts
from galexplore.explore.verdicts import Verdict
from pages._session.kept import KeptUploads, make_token
from pages._session.person import identify, keep_token
from pages._session.state import open_explorer

MOST_FILES = 60
TOO_LARGE = "This upload is too large to be kept: it is lost when the page is reloaded."


@st.cache_resource(show_spinner=False)
def open_kept() -> KeptUploads:
    """Open what this server keeps of all persons' uploads."""
    return KeptUploads()


def keep(verdicts: list[Verdict], at: int = 0) -> None:
    """Keep verdicts; the uploader begins anew, for it would forget its files anyway."""
    st.session_state.upload = {"verdicts": verdicts, "locations": {}, "alone": {}, "token": make_token()}
    st.session_state.uploads = st.session_state.get("uploads", 0) + 1
    choose(at)


def choose(at: int) -> None:
    """Choose which verdict is shown, and conclude what follows from it; once for each."""
    upload = st.session_state.upload
    verdict = upload["verdicts"][at]
    if verdict.embedded and at not in upload["locations"]:
        upload["locations"][at] = open_explorer().conclude(verdict.embedded)
    upload["at"], upload["simulated"], upload["location"] = at, verdict.simulated, upload["locations"].get(at)


def tell(given: Given | None) -> None:
    """Tell the galaxy that is shown its redshift, or (None) let the image speak alone again."""
    upload, explorer = st.session_state.upload, open_explorer()
    at = upload["at"]
    alone = upload["alone"].setdefault(at, upload["verdicts"][at])
    told = replace(alone, embedded=condition(alone.embedded, given, explorer.atlas)) if given else alone
    upload["verdicts"][at] = told
    upload["locations"].pop(at, None)
    choose(at)


def forget() -> None:
    """Drop the upload, here and where it was kept for a reload."""
    upload, st.session_state.upload = st.session_state.upload, None
    if upload:
        open_kept().forget(upload["token"])


def remember() -> dict[str, str]:
    """Keep the upload for another hour, so that a reload brings it back; return the words for its address."""
    upload = st.session_state.get("upload")
    if not upload:
        return {}
    kept = {"verdicts": list(upload["verdicts"]), "alone": dict(upload["alone"]), "at": upload["at"]}
    if open_kept().keep(upload["token"], identify(), kept):
        keep_token()
        return {"upload": upload["token"]}
    if not upload.get("said"):
        upload["said"] = True
        st.session_state.trouble.append(TOO_LARGE)
    return {}


def recall(asked: dict[str, str]) -> None:
    """Bring back the upload that an address asks for; where that cannot be, a sentence says why."""
    state, token = st.session_state, asked.get("upload")
    if not token or (state.get("upload") or {}).get("token") == token:
        return
    try:
        kept = open_kept().recall(token, identify())
    except InputError as error:
        state.trouble.append(str(error))
        return
    state.upload = {"verdicts": list(kept["verdicts"]), "locations": {}, "alone": dict(kept["alone"])}
    state.upload |= {"token": token, "at": kept["at"]}
    refresh(open_explorer())
    choose(kept["at"])


def take_files(key: str) -> bool:
    """Read and locate what was uploaded, each file for itself; return whether there was any."""
    files = st.session_state.get(key)
    if not files:  # an uploader that has just left the page may tell once more that it is empty
        return False
    if len(files) > MOST_FILES:
        keep([Verdict("", error=f"{len(files)} files were given; give 1 to {MOST_FILES} at a time")])
        return True
    bar = st.progress(0.0, "Reading") if len(files) > 3 else None

    def show_progress(done: int, of: int) -> None:
        if bar:
            bar.progress(done / of, f"{done} of {of} files read")

    given = [(f.getvalue(), f.name) for f in files]
    verdicts = [v for b in stream_verdicts(given, open_explorer(), ask=True, progress=show_progress) for v in b]
    if bar:
        bar.empty()
    keep(verdicts, next((i for i, v in enumerate(verdicts) if v.embedded), 0))
    return True


def settle(scale: float) -> None:
    """Locate what only lacked its pixel scale; its bytes go."""
    upload = st.session_state.upload
    keep(settle_scale(upload["verdicts"], open_explorer(), scale), upload["at"])


def try_sample(identifier: str) -> None:
    """Locate a galaxy of the atlas as if it had been uploaded."""
    explorer = open_explorer()
    try:
        cutout = read_cutout(explorer, identifier)
    except InputError as error:
        keep([Verdict(identifier, error=str(error))])
        return
    keep([locate_cutout(cutout, explorer, simulated=explorer.simulated)])


def refresh(explorer: Explorer) -> None:
    """Locate anew, from the pixels that were encoded, what was located by another model than the one looked at."""
    upload = st.session_state.get("upload") or {}
    located = [v.embedded for v in upload.get("verdicts", ()) if v.embedded]
    if any(e.model != explorer.card["sha256"] for e in located):
        upload["verdicts"], upload["locations"] = embed_again(upload["verdicts"], explorer), {}
        upload["alone"] = {}
        choose(upload["at"])
