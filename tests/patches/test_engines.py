"""Dask's workers: every piece of work is done once, whoever is lost on the way."""

import os
import subprocess
import sys
import time

import pytest

from galexplore.errors import InputError
from galexplore.patches.engines import Dask, Local
from galexplore.places import ROOT
from tests.patches.work import Item, do, fail

distributed = pytest.importorskip("distributed")


def test_a_killed_worker_costs_nothing_but_time(tmp_path):
    items = [Item(f"n{i:02d}", tmp_path, 0.02, lethal=i == 5) for i in range(30)]
    done = list(Dask(workers=2, memory="1GB").map(do, items))
    assert sorted(done) == [i.name for i in items] and (tmp_path / "killed").exists()
    assert str(os.getpid()) not in {(tmp_path / name).read_text() for name in done}
    with pytest.raises(InputError, match="the disk is full"):
        list(Dask(workers=1, memory="1GB").map(fail, items[:1]))
    assert sorted(Local().map(do, items)) == sorted(done)


def test_workers_that_are_slow_to_end_spoil_nothing(tmp_path, monkeypatch):
    close = distributed.LocalCluster.close

    def be_slow(self, timeout=None):
        close(self, timeout)
        raise TimeoutError

    monkeypatch.setattr(distributed.LocalCluster, "close", be_slow)
    assert list(Dask(workers=1, memory="1GB").map(do, [Item("n00", tmp_path)])) == ["n00"]


def start(*words):
    """Start a part of a Dask cluster as a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)


def start_cluster(port):
    address = f"tcp://127.0.0.1:{port}"
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
    worker = start("worker", address, "--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--death-timeout", "60")
    return address, [scheduler, worker]


def stop(processes):
    for process in processes:
        process.kill()
        process.wait()


def test_a_scheduler_that_is_killed_and_started_anew_goes_on(tmp_path, unused_port):
    address, processes = start_cluster(unused_port)
    try:
        items = [Item(f"n{i:02d}", tmp_path, 0.1) for i in range(20)]
        results, done = Dask(address, patience=100).map(do, items), []
        for name in results:
            done.append(name)
            if len(done) == 5:
                stop(processes)
                _, processes = start_cluster(unused_port)
        assert sorted(done) == [i.name for i in items]
    finally:
        stop(processes)


def test_without_a_scheduler_it_is_said_what_to_do(unused_port):
    began = time.monotonic()
    with pytest.raises(InputError, match=rf"no Dask scheduler answers at tcp://127.0.0.1:{unused_port}; start one"):
        list(Dask(f"tcp://127.0.0.1:{unused_port}", patience=0.1).map(do, [1]))
    assert time.monotonic() - began < 60
