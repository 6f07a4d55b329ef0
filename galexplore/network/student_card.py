"""The files of a student in the folder of the model that taught it: which there are, and whether they are as written.

A student's card says under `sha256` the hash of its weights, under `teacher` that of the weights that taught it, and
under `digest` that of all the rest of itself. The model's own card knows nothing of it: a student is taught later, and
a model opens without one. None of this needs torch.
"""

import json
from pathlib import Path

from galexplore.errors import InputError
from galexplore.files import digest, hash_file, write_whole

WEIGHTS, CARD = "student.safetensors", "student.json"
FILES = (CARD, WEIGHTS)
LARGEST_CARD = 20_000_000  # bytes
_NEEDED = {"survey": dict, "network": dict, "calibration": dict, "sha256": str, "teacher": str}


def has_student(folder: Path) -> bool:
    """Whether a model's folder holds a file of a student, be it whole or not."""
    return any((folder / name).exists() for name in FILES)


def advise_student(folder: Path) -> str:
    """Say how a model gets a student, in the words that end a sentence."""
    return f"teach one with: galexplore model student {folder.name}"


def read_student_card(folder: Path, teacher: str) -> dict:
    """Read a student's card, and hold it and the weights beside it against its hashes.

    Parameters
    ----------
    folder : Path
        Of the model.
    teacher : str
        SHA-256 of the model's weights, by which the student must have been taught.

    Raises
    ------
    InputError
        Where there is no student, it is damaged or edited, or other weights taught it.
    """
    name, mend = folder.name, advise_student(folder)
    card = read_unsealed_student(folder, teacher)
    if "digest" not in card:
        raise InputError(
            f"The student's card of {name!r} holds no hash of itself, as an earlier version wrote it; if it is whole, "
            f"seal it with: galexplore model seal {name}"
        )
    if card["digest"] != digest(card):
        raise InputError(f"The student's card of {name!r} is not as it was written: damaged, or edited; {mend}")
    if _hash_weights(folder) != card["sha256"]:
        raise InputError(f"The student of {name!r} is not the one that its card describes; {mend}")
    return card


def read_unsealed_student(folder: Path, teacher: str) -> dict:
    """Read a student's card without holding it against its hashes; raises as `read_student_card`."""
    name, mend = folder.name, advise_student(folder)
    if not has_student(folder):
        raise InputError(f"The model {name!r} has no student; {mend}")
    if lacking := [file for file in FILES if not (folder / file).exists()]:
        raise InputError(f"The student of {name!r} is not whole: it lacks {lacking[0]}; {mend}")
    try:
        if (folder / CARD).stat().st_size > LARGEST_CARD:
            raise ValueError("larger than any card")
        card = json.loads((folder / CARD).read_bytes())
        if not all(isinstance(card[key], kind) for key, kind in _NEEDED.items()):
            raise ValueError("no card of a student")
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"The student's card of {name!r} is damaged or another version's; {mend}") from error
    if card["teacher"] != teacher:
        raise InputError(f"The student of {name!r} was taught by other weights; {mend}")
    return card


def write_student_card(folder: Path, card: dict) -> dict:
    """Write the card of the weights that stand in a folder, with its hashes; return it as it is read back."""
    card = card | {"sha256": hash_file(folder / WEIGHTS)}
    text = json.dumps(card | {"digest": digest(card)}, indent=1) + "\n"
    write_whole(folder / CARD, text)
    return json.loads(text)


def _hash_weights(folder: Path) -> str:
    try:
        return hash_file(folder / WEIGHTS)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"The student of {folder.name!r} ({WEIGHTS}) cannot be read: {why}.") from error
