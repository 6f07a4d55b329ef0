"""The harness that gives readers damaged input, and a short run of it over those of lists."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galexplore.bench.fuzz import Reader, run_trials
from galexplore.bench.fuzz_lists import make_list_readers
from galexplore.bench.mutations import make_input
from galexplore.errors import InputError


def fail_by_length(data: bytes) -> None:
    """Refuse, crash, hang, die or swell, by what the input begins with."""
    if data.startswith(b"refuse"):
        raise InputError("Refused.")
    if data.startswith(b"two lines"):
        raise InputError("Refused.\nTwice.")
    if data.startswith(b"crash"):
        raise KeyError("x")
    if data.startswith(b"die"):
        os.abort()  # as a C++ library does
    if data.startswith(b"swell"):
        bytearray(600 << 20)
    if data.startswith(b"spin"):
        start = time.process_time()
        while time.process_time() < start + 2.1:
            pass


def make_failing_readers() -> dict[str, Reader]:
    seeds = [b"x", b"refuse it", b"two lines", b"crash", b"die", b"swell", b"spin", b"well"]
    return {"failing": Reader(lambda: seeds, fail_by_length), "sound": Reader(lambda: seeds, len)}


def test_every_kind_of_failure_is_counted_and_the_trial_goes_on(tmp_path):
    failing, sound = run_trials([make_failing_readers], 8, 0, keep=tmp_path)
    assert (failing.read, failing.refused, failing.crashed, failing.heavy, failing.slow) == (4, 1, 3, 1, 1)
    assert [f["number"] for f in failing.faults] == [2, 3, 4, 5, 6]
    assert "KeyError" in failing.faults[1]["words"] and "exit -6" in failing.faults[2]["words"]
    assert (sound.read, sound.faults) == (8, [])
    assert (tmp_path / "failing-0-3").read_bytes() == b"crash" and len(list(tmp_path.iterdir())) == 5
    with pytest.raises(InputError, match="No reader is called"):
        run_trials([make_failing_readers], 1, 0, only=["nobody"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3), st.integers(0, 10**6), st.integers(0, 100))
def test_inputs_are_the_same_for_the_same_seed(seeds, number, seed):
    assert make_input(seeds, "a", number, seed) == make_input(seeds, "a", number, seed)


def test_no_reader_of_lists_fails_on_damaged_input():
    trials = run_trials([make_list_readers], 40, 7, only=["lists of text", "tables, binary"])
    assert not [f for t in trials for f in t.faults]
    assert all(t.read for t in trials)
