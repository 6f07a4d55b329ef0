"""Reader of Parquet, within a budget."""

from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from astropy.table.meta import get_header_from_yaml

from galexplore.errors import InputError
from galexplore.tables.binary import LONGEST_HEADER
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import Choice, Rows, flatten, take_ucd

LIST_BYTES = 60_000_000  # that the needed columns of a list may take in memory
TABLE_BYTES = 150_000_000  # that a small file's table may; a larger one fifteen times what it has on the disk
_BATCH = 1024  # rows that are unpacked before the budget is looked at


def read_parquet(data: bytes, choose: Choice | None = None) -> Rows:
    """Read Parquet, with the index that pandas kept; of a list only what is needed, within a budget."""
    with pq.ParquetFile(BytesIO(data)) as file:
        schema = file.schema_arrow
        meanings = _describe_parquet(schema)
        index = _name_index(schema)
        meanings = {index if n == "__index_level_0__" else n: m for n, m in meanings.items()}
        wanted = choose(meanings) if choose else None
        wanted = wanted and ["__index_level_0__" if n == index and n not in schema.names else n for n in wanted]
        names = schema.names if wanted is None else wanted
        table = _read_bounded(data, file, names, LIST_BYTES if choose else max(TABLE_BYTES, 15 * len(data)))
    provenance = (schema.metadata or {}).get(b"provenance", b"").decode()
    return Rows(_from_arrow(table).rename(columns={"__index_level_0__": index}), meanings, provenance)


def _name_index(schema: pa.Schema) -> str:
    """Name the column in which pandas keeps an index without a name: text there is of ids, a number counts rows."""
    field = next((f for f in schema if f.name == "__index_level_0__"), None)
    worded = field is not None and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    names = ("id", "index") if worded else ("index", "__index_level_0__")
    return (
        names[0] if names[0] not in schema.names else names[1] if names[1] not in schema.names else "__index_level_0__"
    )


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


def _read_bounded(data: bytes, file: pq.ParquetFile, names: list[str], most: int) -> pa.Table:
    """Read columns batch by batch, and stop before they outgrow the budget.

    The footer says how large pages are that are only compressed. Texts that stand in a dictionary stay there until it
    is known how large they are written out, which no footer says.
    """
    footer, sought = file.metadata, set(names)
    groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
    chunks = (g.column(j) for g in groups for j in range(g.num_columns))
    held = sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.partition(".")[0] in sought)
    _check_budget(held, names, most)
    texts = [f.name for f in file.schema_arrow if f.name in sought and _is_binary(f.type)]
    batches, held = [], 0
    with pq.ParquetFile(BytesIO(data), read_dictionary=texts) as lean:
        for batch in lean.iter_batches(_BATCH, columns=names, use_threads=False):
            held += sum(_measure(column) for column in batch.columns)
            _check_budget(held, names, most)
            columns = [c.dictionary_decode() if isinstance(c, pa.DictionaryArray) else c for c in batch.columns]
            batches.append(pa.RecordBatch.from_arrays(columns, names=batch.schema.names))
    if not batches:
        return file.schema_arrow.empty_table().select(names)
    return pa.Table.from_batches(batches).select(names)


def _check_budget(held: int, names: list[str], most: int) -> None:
    if held > most:
        which = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise InputError(f"The columns {which} unfold to more than {most // 10**6} MB.")


def _is_binary(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _measure(column: pa.Array) -> int:
    """Bytes that a column takes, those of a dictionary written out."""
    if not isinstance(column, pa.DictionaryArray) or not _is_binary(column.type.value_type):
        return column.nbytes
    return 8 * len(column) + (pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0)


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
