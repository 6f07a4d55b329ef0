"""A model's folder made beside its place, whole, and then renamed into it."""

import json
import math
import re
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.models import open_model
from galexplore.files import digest, publish_folder, write_beside
from galexplore.locks import hold
from galexplore.network import student_card
from galexplore.places import SHIPPED, models_folder
from galexplore.sources.keeping import add_checksums
from galexplore.sources.kept import KEPT

WEIGHTS = "weights.safetensors"
CHECKPOINT = "checkpoint.safetensors"  # of a training that is not done
LEARNT = "learnt.json"  # of one that is, whose model is not yet whole


def check_place(name: str, overwrite: bool = False) -> Path:
    """Give the folder that a new model of this name may take.

    Raises
    ------
    InputError
        Where the name cannot be one, or another model bears it and is not to be replaced.
    """
    if not re.fullmatch("[A-Za-z0-9_-]{1,60}", name):
        raise InputError(
            f"{name[:80]!r} cannot name a model: give 1 to 60 of the letters a to z, digits, hyphens and underscores."
        )
    place = models_folder() / name
    with suppress(OSError):  # a process killed between publishing a model and removing this leaves it
        (place / LEARNT).unlink(missing_ok=True)
    if (place.exists() or (SHIPPED / name / "card.json").exists()) and not overwrite:
        raise InputError(
            f"There is a model {name!r} already, which stays as it is; choose another name, or add --overwrite."
        )
    return place


def name_partial(name: str) -> Path:
    """Folder in which a model of this name is made; whoever looks for models does not see it."""
    return models_folder() / f".{name}.partial"


def hold_name(name: str) -> AbstractContextManager[None]:
    """Let only this process make a model of that name; see `locks.hold`."""
    return hold(models_folder() / f".{name}.lock", f"The model {name!r} is being made")


def publish_model(name: str, overwrite: bool = False) -> Path:
    """Rename a model that is whole into its place; what only its training needed is removed.

    Raises
    ------
    InputError
        Where another model has taken the name in the meantime.
    """
    place = check_place(name, overwrite)
    publish_folder(name_partial(name), place)
    (place / LEARNT).unlink(missing_ok=True)
    return place


def write_card(folder: Path, card: dict) -> dict:
    """Write `card.json` of a model, beside and renamed; return it as it is read back, null where no number is known.

    Its digest is reckoned anew; under `files` it keeps the hashes of what stands beside it, and gets them where it has
    none yet (`galexplore.explore.seal`).
    """
    card = drop_nan(card)
    card.setdefault("files", seal.hash_files(folder, card))
    card["digest"] = digest(card)
    with write_beside(folder / "card.json") as partial:
        partial.write_text(json.dumps(card, indent=1, allow_nan=False) + "\n")
    return card


def seal_folder(folder: Path) -> dict:
    """Take a model's files as they are: write their hashes into its card, once it opens with them; return the card.

    For a model of an earlier version, or one whose files a person has changed on purpose, and for its student. Images
    that were kept without checksums get them.

    Raises
    ------
    InputError
        Where it cannot be opened, or a file of it is damaged.
    """
    card = {k: v for k, v in seal.read_unsealed(folder).items() if k not in ("files", "digest")}
    if (folder / KEPT).exists():
        add_checksums(folder / KEPT)
    card["files"] = seal.hash_files(folder, card)
    open_model(folder.name, folder, card)
    if student_card.has_student(folder):
        _seal_student(folder, card["sha256"])
    return write_card(folder, card)


def _seal_student(folder: Path, teacher: str) -> None:
    """Take a student's files as they are, once it opens with them."""
    from galexplore.network.embed_student import StudentEmbedder

    said = student_card.read_unsealed_student(folder, teacher)
    StudentEmbedder.open(folder, said)
    student_card.write_student_card(folder, said)


def drop_nan(value: Any) -> Any:
    """Put null where no number is known, at any depth of what JSON holds."""
    if isinstance(value, dict):
        return {k: drop_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [drop_nan(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
