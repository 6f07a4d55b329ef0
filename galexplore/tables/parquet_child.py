"""What reads Parquet in a process of its own, for a damaged file may end the process that opens it.

`python -m galexplore.tables.parquet_child SIZE MOST` is given a file of SIZE bytes, says what it holds, is told which
columns to unfold, and writes them as an Arrow stream; it ends with `TOO_LARGE` where they outgrow MOST bytes.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TOO_LARGE = 3  # the exit status
_BATCH = 1024  # rows that are unpacked before the budget is looked at
_MARGIN = 512 << 20  # bytes of memory above what the columns may take
_PAGE = 4096  # bytes; what the system counts memory in


class _TooLargeError(Exception):
    """Columns unfold to more than the budget."""


def main(size: int, most: int) -> None:
    """Answer one file: a line and a schema out, a line of names in, an Arrow stream out."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    data = pa.py_buffer(source.read(size))
    _limit_memory(3 * most + _MARGIN)
    file = pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
    schema = file.schema_arrow.serialize()
    sink.write(json.dumps({"rows": file.metadata.num_rows, "schema": schema.size}).encode() + b"\n" + schema)
    sink.flush()
    names = json.loads(source.readline())
    fields = [file.schema_arrow.field(name) for name in names]
    plain = pa.schema([f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in fields])
    with pa.ipc.new_stream(sink, plain) as stream:
        for columns in _unfold(data, file, names, most):
            cast = [c if c.type == f.type else c.cast(f.type) for c, f in zip(columns, plain, strict=True)]
            batch = pa.RecordBatch.from_arrays(cast, schema=plain)
            batch.validate(full=True)  # what is passed on is sound, whatever stood in the file
            stream.write_batch(batch)


def _limit_memory(most: int) -> None:
    """Let this process grow by so many bytes at the most, where the system can, and leave no picture of its end."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        bound = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE + most
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))


def _unfold(data: pa.Buffer, file: pq.ParquetFile, names: list[str], most: int) -> Iterator[list[pa.Array]]:
    """Read columns in the order of their names, batch by batch, and stop before they outgrow the budget.

    The footer says how large pages are that are only compressed. Texts that stand in a dictionary stay there until it
    is known how large they are written out, which no footer says.
    """
    footer, sought = file.metadata, set(names)
    groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
    chunks = (g.column(j) for g in groups for j in range(g.num_columns))
    if sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.partition(".")[0] in sought) > most:
        raise _TooLargeError
    texts, held = [f.name for f in file.schema_arrow if f.name in sought and _is_binary(f.type)], 0
    lean = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, pre_buffer=False)
    for batch in lean.iter_batches(_BATCH, columns=names, use_threads=False):
        held += sum(_measure(column) for column in batch.columns)
        if held > most:
            raise _TooLargeError
        columns = batch.select(names).columns
        yield [c.dictionary_decode() if isinstance(c, pa.DictionaryArray) else c for c in columns]


def _is_binary(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _measure(column: pa.Array) -> int:
    """Bytes that a column takes, those of a dictionary written out, and one a row at the least."""
    if not isinstance(column, pa.DictionaryArray) or not _is_binary(column.type.value_type):
        return max(column.nbytes, len(column))
    return 8 * len(column) + (pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except (_TooLargeError, MemoryError):
        sys.exit(TOO_LARGE)
