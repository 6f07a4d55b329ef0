"""Parquet from outside: whatever stands in it, the process that asks for it goes on."""

import subprocess
import sys
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from galexplore.errors import InputError
from galexplore.tables import parquet
from galexplore.tables.catalogue import read
from galexplore.tables.lists import read_list

TABLE = pa.table({"id": ["GAL-A", "GAL-B"], "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
OPTIONAL, REQUIRED = b"\x25\x02\x18\x02ra", b"\x25\x00\x18\x02ra"  # a column that may have gaps, or not, in the footer


def write(table: pa.Table, **options) -> bytes:
    stream = BytesIO()
    pq.write_table(table, stream, store_schema=False, **{"compression": "none"} | options)
    return stream.getvalue()


def test_a_footer_that_ends_the_process_which_opens_it_is_refused(tmp_path):
    whole = write(TABLE)
    assert whole.count(OPTIONAL) == 1
    (tmp_path / "hurt.parquet").write_bytes(whole.replace(OPTIONAL, REQUIRED))
    code = (
        "import sys; from pathlib import Path; from galexplore.errors import InputError\n"
        "from galexplore.tables.catalogue import read; from galexplore.tables.lists import read_list\n"
        "for reader in (read, read_list):\n"
        "    try: reader(Path(sys.argv[1]).read_bytes())\n"
        "    except InputError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "hurt.parquet"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("the table is damaged or no parquet table, and could not be read") == 2


def test_text_that_is_no_utf8_is_refused():
    hurt = write(TABLE, use_dictionary=False, write_statistics=False).replace(b"GAL-B", b"GAL\xff\xfe")
    for reader in (read, read_list):
        with pytest.raises(InputError, match="damaged"):
            reader(hurt)


def test_a_reader_that_hangs_is_ended_and_one_that_cannot_start_is_said(monkeypatch):
    monkeypatch.setattr(parquet, "_PATIENCE", 0.001)
    with pytest.raises(InputError, match="damaged"):
        read(write(TABLE))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InputError, match="no process can be started"):
        read(write(TABLE))


@pytest.mark.parametrize("kind", ["flags", "nothing"])
def test_rows_that_take_next_to_nothing_are_counted(kind, monkeypatch):
    """A bit a flag in the file, a byte a row in memory; columns of nothing take no byte at all in the file."""
    monkeypatch.setattr(parquet, "TABLE_BYTES", 1_000_000)
    values = pa.array([True] * 2_000_000) if kind == "flags" else pa.nulls(2_000_000)
    with pytest.raises(InputError, match="The columns flag unfold to more than 1 MB"):
        read(write(pa.table({"flag": values}), compression="zstd"))


def test_columns_of_few_words_and_empty_tables_come_as_they_are():
    words = pa.array(["a", None, "b"]).dictionary_encode()
    stream = BytesIO()
    pq.write_table(pa.table({"id": ["1", "2", "3"], "word": words}), stream)
    frame = read(stream.getvalue())
    assert frame["word"].tolist()[0] == "a" and pd.isna(frame["word"][1])
    stream = BytesIO()
    pq.write_table(TABLE.slice(0, 0), stream)
    assert list(read(stream.getvalue())) == ["id", "ra", "dec"] and len(read(stream.getvalue())) == 0
