"""Readers of tables, lists, positions, links and names, with whole inputs of each to be mutated."""

from galexplore.bench.fuzz import Reader
from galexplore.tables.positions import parse_position


def make_list_readers() -> dict[str, Reader]:
    """Give the readers by name."""
    return {"positions": Reader(_make_positions, lambda data: parse_position(data.decode("utf-8", "replace")))}


def _make_positions() -> list[bytes]:
    return [b"150.1 -0.5", b"10:00:24 -00:30:00", b"10d41m04.9s +41d16m09s", b"J100024.00-003000.0"]
