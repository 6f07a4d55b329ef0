"""What of the time to an answer is a server's: spans that overlap count once."""

import numpy as np
import pytest

from galexplore.bench.name_to_answer import measure_union
from galexplore.sources.connections import reach
from galexplore.sources.stand_in.server import StandIn
from galexplore.sources.stand_in.unreachable import swallow
from galexplore.sources.transport import Session


def test_overlapping_spans_count_once():
    rng = np.random.default_rng(3)
    spans = [(a, a + w) for a, w in zip(rng.uniform(0, 10, 30), rng.uniform(0, 0.5, 30), strict=True)]
    fine = np.arange(0, 11, 1e-4)
    covered = np.any([(fine >= a) & (fine < b) for a, b in spans], axis=0).mean() * 11
    assert measure_union(spans) == pytest.approx(covered, abs=2e-3) and measure_union([]) == 0


def test_the_stand_in_notes_when_it_was_asked_and_takes_its_time():
    with StandIn(delay=0.1) as servers:
        session = Session(stand_in=servers.start())
        session.fetch("https://cds.unistra.fr/cgi-bin/nph-sesame/-oI/SNV?m104")
    (span,) = servers.busy
    assert measure_union([span]) >= 0.1


def test_nobody_is_reached_where_connections_are_swallowed():
    with swallow() as origin, pytest.raises(TimeoutError):
        reach("127.0.0.1", int(origin.rpartition(":")[2]), loopback=True)
