"""A training carried to a machine without network and without the mock's libraries, and its result carried back.

A folder holds all that is learnt from: `pack.json` says the recipe, the versions, and size and SHA-256 of every other
file. What is learnt is written into its folder `learnt`. Nothing in either is pickled, and nothing in them is trusted.
"""

import importlib.util
import json
import re
import shutil
from contextlib import nullcontext
from pathlib import Path

from galexplore.errors import InputError
from galexplore.files import digest, hash_file, make_beside, publish_folder, write_whole
from galexplore.jobs.draws import Report, draw_training_table
from galexplore.jobs.gather import open_images, read_catalogue, read_survey
from galexplore.jobs.learn import Plan, is_begun, learn, list_versions, make_plan, open_learnt, prepare
from galexplore.jobs.make_model import make_model
from galexplore.jobs.open_pack import DATA, EXTRAS, FORMAT, MANIFEST, START, VERSION, is_plain, open_pack
from galexplore.jobs.publish import CHECKPOINT, LEARNT, WEIGHTS, check_place, hold_name, name_partial
from galexplore.locks import hold
from galexplore.network.processes import Processes
from galexplore.network.recipes import Network, Training
from galexplore.network.run import list_checkpoint
from galexplore.places import find_model
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT
from galexplore.sources.mock import Store
from galexplore.survey import Survey
from galexplore.tables import catalogue

RESULT = "learnt"  # the folder of what is learnt, within that of what it is learnt from
_PICTURE = re.compile(r"epoch-\d{3,6}\.png")
MOST_PICTURES, LARGEST_PICTURE = 1000, 15_000_000


def pack_training(
    name: str,
    data: Path,
    training: Training,
    report: Report,
    survey: Survey,
    network: Network,
    folder: Path,
    start_from: str = "",
) -> dict[str, int]:
    """Write all that a training needs into a new folder; what of it bagpipes makes is drawn, nothing is rendered.

    A training of that name and plan that was begun and not finished goes along, with its checkpoint and pictures.

    Parameters
    ----------
    name, data, training, survey, network, start_from
        As of `jobs.make_model.train_model`.
    folder : Path
        That there is not yet, or is empty; it is there whole or not at all.

    Returns
    -------
    dict of str to int
        Files and their bytes.

    Raises
    ------
    InputError
        Where the folder holds something, the catalogue is missing or not fit to be trained on, or an image of one's own
        cannot be read.
    ImportError
        Where the recipe draws galaxies and bagpipes or speclite is missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty; give a new folder to pack into.")
    with hold_name(name), make_beside(folder) as space:
        plan, made = make_plan(data, training, survey, network, start_from), space / folder.name
        made.mkdir()
        _write_galaxies(plan, made, report)
        if start_from:
            shutil.copyfile(find_model(start_from) / WEIGHTS, made / START)
        members = {p.name: {"size": p.stat().st_size, "sha256": hash_file(p)} for p in sorted(made.iterdir())}
        said = {"format": FORMAT, "version": VERSION, "versions": list_versions(), "name": name} | plan.recipe
        said |= {"members": members}
        write_whole(made / MANIFEST, json.dumps(said | {"digest": digest(said)}, indent=1) + "\n")
        begun = name_partial(name)
        if is_begun(begun, plan):
            _copy_progress(begun, made / RESULT, list_checkpoint(begun / CHECKPOINT))
        sizes = {str(p.relative_to(made)): p.stat().st_size for p in sorted(made.rglob("*")) if p.is_file()}
        publish_folder(made, folder)
    return sizes


def _write_galaxies(plan: Plan, made: Path, report: Report) -> None:
    """Write the catalogue, its images where they are its own, and the table of what is drawn beside it."""
    frame = read_catalogue(plan.data)
    images = open_images(plan.data, frame, plan.survey)
    if plan.data.read_bytes()[:4] == b"PAR1":
        shutil.copyfile(plan.data, made / DATA)
    else:
        catalogue.write(catalogue.read(plan.data), made / DATA)
    if not isinstance(images, Store):
        keep(images, list(frame["id"]), made / KEPT, plan.survey, lambda done, of: report("read images", done, of))
    if plan.training.extra:
        table = draw_training_table(plan.training.extra, plan.training.seed, plan.survey, report)
        shutil.copyfile(table, made / EXTRAS)


def train_packed(
    folder: Path,
    report: Report,
    processes: Processes = Processes(),  # noqa: B008 (frozen)
    name: str | None = None,
    overwrite: bool = False,
) -> tuple[dict, str]:
    """Go on with a training that was packed: learn, where that is not done, then make the model.

    Where the folder holds what was learnt, none of the galaxies drawn for training is rendered or read.

    Parameters
    ----------
    folder : Path
        As `pack_training` wrote it, here or on another machine.
    processes : Processes
        Those that train together.
    name : str, optional
        What to call the model; by default as where it was packed.
    overwrite : bool
        Whether a model of that name may be replaced.

    Returns
    -------
    card : dict
        Of the model; where it stops before, of the training.
    missing : str
        Packages without which it stops here once all is learnt; empty where the model is made.

    Raises
    ------
    InputError
        Where the folder is no such one, is damaged, or was packed or gone on with by another version.
    """
    pack = open_pack(folder)
    name, missing = name or pack.name, _list_missing(pack.plan.training)
    if not missing:
        check_place(name, overwrite)
    with nullcontext() if processes.rank else hold(folder / ".lock", f"The training in {folder} is being done"):
        card = _learn_packed(folder / RESULT, pack.plan, report, processes)
    processes.leave()
    if missing or processes.rank:
        return card, missing
    with hold_name(name):
        unfinished = name_partial(name)
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy_progress(folder / RESULT, unfinished, [folder / RESULT / WEIGHTS, folder / RESULT / LEARNT])
        return make_model(name, pack.plan, report, overwrite=overwrite), ""


def _list_missing(training: Training) -> str:
    """List the packages that are needed to make a model of what is learnt, and are not installed."""
    needed = ["umap-learn"] + ["bagpipes", "speclite"] * bool(training.calibrators or training.lessons)
    return ", ".join(n for n in needed if importlib.util.find_spec(n.removesuffix("-learn")) is None)


def _learn_packed(result: Path, plan: Plan, report: Report, processes: Processes) -> dict:
    """Return the card of what was learnt; where that is not there, learn it, from its checkpoint on."""
    if any(path.is_symlink() for path in (result, result / "progress")):
        raise InputError(f"{result} leads elsewhere; it must be a folder of its own.")
    if (result / LEARNT).exists():
        return open_learnt(result, plan)[1]
    begun = (result / CHECKPOINT).exists()
    if begun and not is_begun(result, plan):
        raise InputError(f"The checkpoint in {result} is of another training; remove {CHECKPOINT} to begin anew.")
    if (result / WEIGHTS).exists() and not begun:
        raise InputError(f"{result} holds {WEIGHTS} without {LEARNT}; bring that too, or remove both to train anew.")
    if processes.size > 1:
        processes.lead(lambda: prepare(plan, report))
    frame, flux = read_survey(plan.data, plan.survey, report)
    return learn(plan, frame, flux, result, report, processes)[1]


def _copy_progress(source: Path, target: Path, files: list[Path]) -> None:
    """Copy files, and the pictures of the epochs in a training's folder, into another one."""
    target.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copyfile(path, target / path.name)
    pictures = (p for p in (source / "progress").glob("epoch-*.png") if _PICTURE.fullmatch(p.name) and is_plain(p))
    for path in sorted(p for p in pictures if p.stat().st_size <= LARGEST_PICTURE)[:MOST_PICTURES]:
        (target / "progress").mkdir(exist_ok=True)
        shutil.copyfile(path, target / "progress" / path.name)
