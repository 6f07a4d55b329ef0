"""Reader of Parquet, within a budget."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Timer

import pandas as pd
import pyarrow as pa
from astropy.table.meta import get_header_from_yaml

from galexplore.errors import InputError
from galexplore.tables import parquet_child
from galexplore.tables.binary import LONGEST_HEADER
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import MOST_ROWS, Choice, Rows, flatten, take_ucd

LIST_BYTES = 60_000_000  # that the needed columns of a list may take in memory
TABLE_BYTES = 150_000_000  # that a small file's table may; a larger one fifteen times what it has on the disk
UNNAMED = "__index_level_0__"  # the column in which pandas keeps an index without a name
_PATIENCE = 60.0  # seconds that reading may take, and one more for every megabyte


def read_parquet(data: bytes, choose: Choice | None = None) -> Rows:
    """Read Parquet, with the index that pandas kept; of a list only what is needed, within a budget.

    A process of its own unfolds it: the library ends the process where a footer lies in some ways.

    Raises
    ------
    InputError
        If it unfolds to more than the budget, is a list of more than `MOST_ROWS`, or no process can be started.
    ValueError
        If it is damaged.
    """
    most = LIST_BYTES if choose else max(TABLE_BYTES, 15 * len(data))
    with _start_child(len(data), most) as child:
        watch = Timer(_PATIENCE + len(data) / 1e6, child.kill)
        watch.start()
        try:
            schema, rows = _ask_contents(child, data)
            if choose and rows > MOST_ROWS:
                raise InputError(f"A list may have up to {MOST_ROWS:,} rows; this one has {rows:,}.")
            meanings = _describe_parquet(schema)
            index = _name_index(schema)
            meanings = {index if n == UNNAMED else n: m for n, m in meanings.items()}
            wanted = choose(meanings) if choose else None
            wanted = wanted and [UNNAMED if n == index and n not in schema.names else n for n in wanted]
            table = _ask_columns(child, schema.names if wanted is None else wanted, most)
        finally:
            watch.cancel()
            child.kill()
    provenance = (schema.metadata or {}).get(b"provenance", b"").decode()
    return Rows(_from_arrow(table).rename(columns={UNNAMED: index}), meanings, provenance)


def _start_child(size: int, most: int) -> Popen[bytes]:
    """Start the process that reads."""
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    plain = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-m", parquet_child.__name__, str(size), str(most)]
    try:
        return Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=os.environ | plain)
    except OSError as error:
        raise InputError("the parquet table could not be read, for no process can be started; try again") from error


def _ask_contents(child: Popen[bytes], data: bytes) -> tuple[pa.Schema, int]:
    """Hand a file over; what its footer says of columns, and of the number of rows."""
    assert child.stdin and child.stdout
    with suppress(BrokenPipeError):  # what it died of shows below
        child.stdin.write(data)
        child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise ValueError("the process that reads the table ended")
    said = json.loads(line)
    return pa.ipc.read_schema(pa.py_buffer(child.stdout.read(said["schema"]))), said["rows"]


def _ask_columns(child: Popen[bytes], names: list[str], most: int) -> pa.Table:
    """Let columns be unfolded, and take them."""
    written, _ = child.communicate(json.dumps(names).encode() + b"\n")
    if child.returncode == parquet_child.TOO_LARGE:
        which = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise InputError(f"The columns {which} unfold to more than {most // 10**6} MB.")
    if child.returncode:
        raise ValueError(f"the process that reads the table ended with {child.returncode}")
    return pa.ipc.open_stream(pa.py_buffer(written)).read_all()


def _name_index(schema: pa.Schema) -> str:
    """Name the column in which pandas keeps an index without a name: text there is of ids, a number counts rows."""
    field = next((f for f in schema if f.name == UNNAMED), None)
    worded = field is not None and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    names = ("id", "index") if worded else ("index", UNNAMED)
    return names[0] if names[0] not in schema.names else names[1] if names[1] not in schema.names else UNNAMED


def _describe_parquet(schema: pa.Schema) -> dict[str, Meaning]:
    """Take what the fields' metadata say, or the header that astropy keeps in a file's."""
    meanings = {}
    for field in schema:
        said = {k.decode(): v.decode("utf-8", "replace") for k, v in (field.metadata or {}).items()}
        meanings[field.name] = Meaning(said.get("unit", ""), said.get("ucd", ""), said.get("description", ""))
    kept = (schema.metadata or {}).get(b"table_meta_yaml")
    if kept and len(kept) <= LONGEST_HEADER:
        for c in get_header_from_yaml(kept.decode().split("\n"))["datatype"]:
            if c["name"] in meanings:
                meanings[c["name"]] = Meaning(c.get("unit", ""), take_ucd(c), c.get("description", ""))
    return meanings


def _from_arrow(table: pa.Table) -> pd.DataFrame:
    """Make a frame in which whole numbers with gaps stay whole, and columns of arrays are as they were read."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        if pa.types.is_integer(column.type) and column.null_count:
            column = column.cast(pa.uint64() if column.type == pa.uint64() else pa.int64())
            kind = pd.UInt64Dtype() if column.type == pa.uint64() else pd.Int64Dtype()
            columns[name] = column.to_pandas(types_mapper={column.type: kind}.get)
            continue
        values = column.to_pandas()
        if pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
            flat = flatten(values.to_numpy())
            values = values if flat is None else pd.Series(flat)
        columns[name] = values
    return pd.DataFrame(columns, index=range(table.num_rows))
