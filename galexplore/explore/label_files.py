"""A person's labels as a file to take away, and such a file brought back: bounded, and read as nothing but labels."""

import csv
import io
import json
import re
from dataclasses import dataclass

import pandas as pd

from galexplore.errors import InputError
from galexplore.explore.labels import CATALOGUE, FIELDS, LARGEST_FILE, LONGEST_ID, LONGEST_NOTE, SCORES, make_label

MOST = 50_000  # labels that a file may bring
_NAMED = 3  # refused lines that are told
_LONGEST_TIME = 40
#: The apostrophe that an exported CSV has before what a spreadsheet would take for a formula.
_QUIET = re.compile(r"^'('*[=+\-@\t\r#])")


@dataclass(frozen=True)
class Brought:
    """What a file of labels holds.

    Attributes
    ----------
    labels : list of dict
        As `labels.make_label` makes them.
    refused : list of str
        A sentence for each row that is no label.
    """

    labels: list[dict]
    refused: list[str]

    def say_refused(self) -> str:
        """Say how many rows were refused, and why the first ones."""
        more = f" And {len(self.refused) - _NAMED:,} more." if len(self.refused) > _NAMED else ""
        return " ".join(self.refused[:_NAMED]) + more


def write_json(labels: pd.DataFrame, catalogue: str) -> bytes:
    """Write labels (`labels.tabulate`) of a catalogue as JSON, exactly as they are."""
    rows = labels[list(FIELDS)].to_dict("records")
    rows = [row | {"score": None if pd.isna(row["score"]) else int(row["score"])} for row in rows]
    return json.dumps({"galexplore": "labels", CATALOGUE: catalogue, "labels": rows}, indent=1).encode()


def read_file(data: bytes, catalogue: str) -> Brought:
    """Read labels that were exported as JSON or CSV, or any CSV with the columns `id` and `score`.

    Of a table that does not say whose ids it holds they are taken for those of `catalogue`.

    Raises
    ------
    InputError
        Where the file is too large, neither of the two, holds no labels, or was exported from another catalogue.
    """
    if len(data) > LARGEST_FILE:
        raise InputError(f"A file of labels may have {LARGEST_FILE // 10**6} MB; this one has {len(data) / 1e6:.0f}.")
    try:
        text = data.decode("utf-8-sig")
        rows = _read_json(text, catalogue) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    except UnicodeDecodeError as error:
        raise InputError("A file of labels is UTF-8 text, JSON or CSV, as exported from this page.") from error
    if len(rows) > MOST:
        raise InputError(f"A file may bring {MOST:,} labels; this one has {len(rows):,}.")
    labels, refused = [], []
    for number, row in enumerate(rows, 1):
        try:
            labels.append(_check(row, catalogue))
        except InputError as error:
            refused.append(f"Row {number}: {error}.")
    if not labels and not refused:
        raise InputError("The file holds no labels.")
    return Brought(labels, refused)


def _read_json(text: str, catalogue: str) -> list:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("The file looks like JSON but cannot be read; export it again.") from error
    if isinstance(rows, dict) and rows.get("galexplore") == "labels" and rows.get(CATALOGUE) != catalogue:
        raise InputError("The labels are for another catalogue, whose ids are other galaxies here; they were ignored.")
    rows = rows.get("labels") if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        raise InputError("The JSON contains no list of labels; give a file exported from this page.")
    return rows


def _read_csv(text: str) -> list:
    table = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if not {"id", "score"} <= set(table.fieldnames or ()):
            raise InputError("A table of labels needs the columns id and score, and may have note and time.")
        rows = [row for _, row in zip(range(MOST + 1), table, strict=False)]
    except csv.Error as error:
        raise InputError("The file cannot be read as CSV; export it again.") from error
    return [{k: _QUIET.sub(r"\1", v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]


def _check(row: object, catalogue: str) -> dict:
    """Make a label of a row from outside.

    Raises
    ------
    InputError
        With a half sentence, where it is none.
    """
    if not isinstance(row, dict):
        raise InputError("it is not a label")
    identifier, note, time = (row.get(k) if row.get(k) is not None else "" for k in ("id", "note", "time"))
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        raise InputError(f"its id must be text of 1 to {LONGEST_ID} characters")
    if not isinstance(note, str) or len(note) > LONGEST_NOTE:
        raise InputError(f"its note must be text of at most {LONGEST_NOTE} characters")
    if (row.get(CATALOGUE) or catalogue) != catalogue:
        raise InputError("it is for another catalogue, whose ids are other galaxies here")
    score = _read_score(row.get("score"))
    if score is None and not note:
        raise InputError("it has neither a score nor a note")
    time = time if isinstance(time, str) and len(time) <= _LONGEST_TIME else ""
    return make_label(identifier, score, note, time, catalogue)


def _read_score(value: object) -> int | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "nan")):
        return None
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except ValueError:
        number = -1.0
    if number not in SCORES:
        raise InputError(f"its score must be a number from {min(SCORES)} to {max(SCORES)}, not {str(value)[:20]!r}")
    return int(number)
