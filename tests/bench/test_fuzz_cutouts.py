"""The seeds of the readers of cutouts are whole files, which are read."""

import pytest

pytest.importorskip("galexplore.bench.fuzz")


def test_every_seed_is_read():
    from galexplore.bench.fuzz_cutouts import make_cutout_readers

    readers = make_cutout_readers()
    assert len(readers) == 9
    for name, reader in readers.items():
        for seed in reader.seeds():
            assert reader.read(seed).flux.shape == (3, 69, 69), name
