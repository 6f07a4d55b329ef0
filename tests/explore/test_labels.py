"""What a person says of galaxies: kept at once, apart from what others say, and heeded where it applies."""

import threading

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.explore.labels import LONGEST_NOTE, add_label, find_file, is_token, make_token, read_labels, rerank


def test_a_label_is_on_disk_at_once_and_the_last_one_counts(tmp_path):
    path = find_file(make_token(), tmp_path)
    assert read_labels(path).empty
    add_label(path, "M1", 5, "a ring?")
    add_label(path, "M2", 0)
    add_label(path, "M1", 3, "no ring | 'quoted' \n two lines, ünïcode")
    table = read_labels(path)
    assert table["id"].tolist() == ["M2", "M1"] and table["score"].tolist() == [0, 3]
    assert table["note"].tolist() == ["", "no ring | 'quoted' \n two lines, ünïcode"]
    add_label(path, "M1", None)
    assert read_labels(path)["id"].tolist() == ["M2"]
    add_label(path, "M3", None, "a note alone")
    assert read_labels(path)["score"].isna().tolist() == [False, True]


def test_a_line_cut_short_spoils_no_other(tmp_path):
    path = find_file(make_token(), tmp_path)
    add_label(path, "M1", 4)
    with open(path, "a") as file:
        file.write('{"id": "M2", "sco\n[1]\n{"id": "M3", "score": "<b>"}\n')
    add_label(path, "M4", 1)
    assert read_labels(path)["id"].tolist() == ["M1", "M4"]


def test_bad_labels_are_refused(tmp_path):
    path = find_file(make_token(), tmp_path)
    with pytest.raises(InputError, match="0 to 5"):
        add_label(path, "M1", 6)
    add_label(path, "M1", 1, "x" * 10_000)
    assert len(read_labels(path)["note"][0]) == LONGEST_NOTE
    path.write_bytes(b"\n" * 5_000_001)
    with pytest.raises(InputError, match="full"):
        add_label(path, "M1", 1)


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "/", None, 7])
def test_only_a_token_names_a_file(tmp_path, text):
    assert not is_token(text)
    with pytest.raises(ValueError, match="no token"):
        find_file(text, tmp_path)


def test_two_people_have_two_files_that_do_not_tell_their_tokens(tmp_path):
    one, other = make_token(), make_token()
    paths = [find_file(t, tmp_path) for t in (one, other)]
    assert paths[0] != paths[1] and all(p.parent == tmp_path for p in paths)
    assert one not in str(paths[0]) and find_file(one, tmp_path) == paths[0]
    add_label(paths[0], "M1", 5)
    assert read_labels(paths[1]).empty


def test_two_windows_at_once_lose_nothing(tmp_path):
    path = find_file(make_token(), tmp_path)

    def label(start):
        for i in range(60):
            add_label(path, f"M{start + i}", i % 6, "a note " * 20)

    windows = [threading.Thread(target=label, args=(1000 * k,)) for k in range(4)]
    [w.start() for w in windows]
    [w.join() for w in windows]
    assert len(read_labels(path)) == 240


def test_without_labels_the_ranking_stays():
    points, rank = np.random.default_rng(0).normal(size=(50, 4)), np.linspace(0, 1, 50)
    assert (rerank(points, rank, np.array([], int), np.array([])) == rank).all()


def test_the_prediction_is_a_gaussian_processs():
    """Against scikit-learn's, on more rows than go in one batch."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

    generator = np.random.default_rng(1)
    points, rank = generator.normal(size=(25_000, 4)), generator.uniform(size=25_000)
    labelled, scores = generator.choice(25_000, 30, replace=False), generator.integers(0, 6, 30)
    alike = ConstantKernel(0.5**2) * RBF(0.5)
    trust = ConstantKernel(0.3**2) * DotProduct(1.0)
    near, far = alike(points[:200], points[labelled]), trust(rank[:200, None], rank[labelled, None])
    inside = alike(points[labelled]) + trust(rank[labelled, None]) + 0.15**2 * np.eye(30)
    by_hand = rank[:200] + (near + far) @ np.linalg.inv(inside) @ (scores / 5 - rank[labelled])
    found = rerank(points, rank, labelled, scores)
    assert found[:200] == pytest.approx(by_hand) and len(found) == 25_000
    flat = np.zeros(25_000)
    process = GaussianProcessRegressor(alike + ConstantKernel(0.3**2), alpha=0.15**2, optimizer=None)
    process.fit(points[labelled], scores / 5)
    assert rerank(points, flat, labelled, scores)[-200:] == pytest.approx(process.predict(points[-200:]), abs=1e-6)


def test_a_label_moves_its_likes_first():
    generator = np.random.default_rng(1)
    points = np.concatenate([generator.normal(0, 0.1, (30, 4)), generator.normal(8, 0.1, (30, 4))])
    rank = generator.uniform(0.4, 0.6, 60)
    praised, scorned = (rerank(points, rank, np.array([0]), np.array([s])) - rank for s in (5, 0))
    assert praised[:30].min() > 0.25 and scorned[:30].max() < -0.2
    assert praised[:30].min() > 2 * praised[30:].max() and scorned[:30].max() < 2 * scorned[30:].min()


def test_labels_bring_the_interesting_kind_forward():
    """Two kinds, equally rare; a person who likes one of them finds the rest of it first."""
    generator = np.random.default_rng(2)
    points = np.concatenate([generator.normal(0, 1, (400, 4)), generator.normal(5, 0.5, (40, 4))])
    points = np.concatenate([points, generator.normal(-5, 0.5, (40, 4))])
    distance = (points**2).sum(axis=1)
    rank = np.argsort(np.argsort(distance)) / (len(distance) - 1)
    liked, other = np.arange(400, 440), np.arange(440, 480)
    labelled = np.concatenate([liked[:6], other[:6]])
    found = rerank(points, rank, labelled, np.array([5] * 6 + [0] * 6))
    first = np.argsort(-found)[:40]
    assert np.isin(first, liked).mean() > 0.8 > 0.7 > np.isin(np.argsort(-rank)[:40], liked).mean()
