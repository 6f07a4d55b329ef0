"""A packed training read back: every file held against its hash, and nothing in it trusted."""

import json
import math
import stat
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from galexplore.errors import InputError, list_few
from galexplore.files import digest, hash_file
from galexplore.jobs.learn import Plan, list_versions
from galexplore.jobs.packing import check_network
from galexplore.network.recipes import Network, Training
from galexplore.network.weights import open_weights
from galexplore.sources.catalogues.cutouts import CutoutStore
from galexplore.sources.kept import KEPT
from galexplore.sources.mock import can_draw
from galexplore.survey import Survey
from galexplore.tables import catalogue

FORMAT, VERSION = "galexplore training", 1
MANIFEST, DATA, EXTRAS, START = "pack.json", "catalogue.parquet", "extras.parquet", "start.safetensors"
#: Bytes that a member may have: images of ten million galaxies are 290 GB, everything else is far smaller.
LARGEST = {DATA: 20_000_000_000, EXTRAS: 20_000_000_000, START: 1_000_000_000, KEPT: 300_000_000_000}
LARGEST_MANIFEST = 1_000_000  # bytes
MOST_ROWS = 50_000_000
WIDEST = 1024  # pixels a side that a survey's grid may have


class Pack(NamedTuple):
    """What a folder that `pack_training` wrote says."""

    name: str
    plan: Plan


def open_pack(folder: Path) -> Pack:
    """Read what a packed training is of; every file is held against its hash.

    Raises
    ------
    InputError
        Where the folder holds no packed training, or one that is damaged or was packed by another version.
    """
    said = _read_manifest(folder)
    _check_members(folder, said["members"])
    try:
        survey, network = Survey.from_dict(said["survey"]), Network.read(said["network"])
        check_network(said["network"])
        training = _read_training(said["training"])
        name, data_hash, extras = str(said["name"]), str(said["data_hash"]), folder / EXTRAS
        plan = Plan(folder / DATA, data_hash, survey, network, training, extras=extras if training.extra else None)
        if not plan.is_of(said) or survey.size > WIDEST or bool(training.extra) != (EXTRAS in said["members"]):
            raise ValueError("what it says of itself does not hold together")
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(f"{folder / MANIFEST} holds no recipe that this version of galexplore can follow.") from error
    if KEPT not in said["members"] and not can_draw(catalogue.read(folder / DATA), survey):
        raise InputError(f"{folder} lacks {KEPT}, the images of its galaxies, which cannot be rendered; pack it anew.")
    if START in said["members"]:
        if training.start_from not in ("", said["members"][START]["sha256"]):
            raise InputError(f"{folder / START} is not what the recipe begins with; pack it anew.")
        weights = open_weights(folder / START, network, survey).state_dict()
        plan = replace(plan, weights={k: v.clone() for k, v in weights.items()})
    elif training.start_from:
        raise InputError(f"{folder} lacks {START}, the weights that it begins with; pack it anew.")
    return Pack(name, plan)


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Read `pack.json`, of this format and these versions and as it was written."""
    path = folder / MANIFEST
    try:
        if not is_plain(path) or path.stat().st_size > LARGEST_MANIFEST:
            raise ValueError("no such file")
        said = json.loads(path.read_bytes())
        kind, version, versions = said["format"], int(said["version"]), said["versions"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"{folder} holds no packed training; make one: galexplore train --pack FOLDER") from error
    if kind != FORMAT:
        raise InputError(f"{folder} holds no packed training; make one: galexplore train --pack FOLDER")
    if version != VERSION or versions != list_versions():
        raise InputError(
            f"{folder} was packed by {_tell_versions(versions)}, and here is {_tell_versions(list_versions())}; bring "
            "both machines to the same version."
        )
    if said.get("digest") != digest(said) or not isinstance(said.get("members"), dict):
        raise InputError(f"{path} is not as it was written: damaged, or edited; carry it anew.")
    return said


def _tell_versions(versions: Any) -> str:
    """Say versions in a few words, whatever stands in their place."""
    versions = versions if isinstance(versions, dict) else {}
    galexplore, mock, render = (str(versions.get(k, "?"))[:20] for k in ("galexplore", "mock", "render"))
    return f"galexplore {galexplore} (mock {mock}, renderer {render})"


def _check_members(folder: Path, members: dict[str, Any]) -> None:
    """Hold every file against what `pack.json` says of it."""
    if set(members) - set(LARGEST) or DATA not in members:
        raise InputError(f"{folder / MANIFEST} names other files than a packed training has; pack it anew.")
    unnamed = [name for name in LARGEST if name not in members and (folder / name).exists()]
    if unnamed or CutoutStore.stands(folder):
        what = list_few(unnamed or ["cutouts"])
        raise InputError(f"{folder} holds {what}, of which its {MANIFEST} says nothing; remove that, or pack it anew.")
    for name, promised in members.items():
        path = folder / name
        if not is_plain(path):
            raise InputError(f"{folder} is not whole: it lacks {name}; carry it anew.")
        try:
            size, sha256 = int(promised["size"]), str(promised["sha256"])
        except (LookupError, TypeError, ValueError) as error:
            raise InputError(f"{folder / MANIFEST} is damaged; carry it anew.") from error
        if size > LARGEST[name] or path.stat().st_size != size or hash_file(path) != sha256:
            raise InputError(f"{folder} is damaged: its {name} is not what was packed; carry it anew.")
    for name in {DATA, EXTRAS} & set(members):
        if catalogue.count_rows(folder / name) > MOST_ROWS:
            raise InputError(f"{folder / name} has more rows than {MOST_ROWS:,}.")


def is_plain(path: Path) -> bool:
    """Whether a plain file stands there, and no link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _read_training(fields: dict[str, Any]) -> Training:
    """Make a recipe of what JSON holds; ValueError or TypeError where that is none."""
    for name, usual in asdict(Training()).items():
        value, kind = fields[name], type(usual)
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise TypeError(f"{name} is a {kind.__name__}")
        if kind in (int, float) and not math.isfinite(value):
            raise ValueError(f"{name} is no number")
    return Training(**fields)
