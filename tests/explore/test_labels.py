"""What a person says of galaxies: kept at once, apart from what others say, and heeded where it applies."""

import json
import os
import threading

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.explore import labels
from galexplore.explore.label_files import read_file, write_json
from galexplore.explore.labels import (
    LONGEST_NOTE,
    add_label,
    find_file,
    is_token,
    make_label,
    make_token,
    mend_labels,
    name_copy,
    part_labels,
    read_labels,
    read_lines,
    recall_labels,
    tabulate,
    write_labels,
)
from galexplore.explore.ranking import rerank


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


def test_what_was_acknowledged_after_a_torn_line_is_not_lost(tmp_path):
    """The next label used to be written into the torn line, and both were lost."""
    path = find_file(make_token(), tmp_path)
    add_label(path, "M1", 4)
    with open(path, "ab") as file:
        file.write(b'{"id": "M2", "sco')
    add_label(path, "M3", 5)
    assert read_labels(path)["id"].tolist() == ["M1", "M3"] and len(recall_labels(path).damaged) == 1


def test_any_flipped_bit_costs_no_label_and_makes_none(tmp_path):
    """Whichever bit: the label comes back from the copy, and never as another score or of another galaxy."""
    path = find_file(make_token(), tmp_path)
    for i in range(3):
        add_label(path, f"M{i}", i, "a ring")
    data, expected = path.read_bytes(), read_labels(path)
    for bit in range(0, 8 * len(data), 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        recalled = recall_labels(path)
        assert tabulate(recalled.labels).equals(expected), bit
        assert recalled.damaged or not recalled.restored
    name_copy(path).unlink()
    assert len(tabulate(recall_labels(path).labels)) == 2 and len(recall_labels(path).damaged) == 1


@pytest.mark.parametrize("damage", ["deleted", "emptied", "cut", "not text"])
def test_labels_come_back_from_their_copy(tmp_path, damage):
    path = find_file(make_token(), tmp_path)
    for i in range(6):
        add_label(path, f"M{i}", i)
    expected, data = read_labels(path), path.read_bytes()
    parts = {"emptied": b"", "cut": data[: len(data) // 2], "not text": bytes(range(256)) * 4}
    path.unlink() if damage == "deleted" else path.write_bytes(parts[damage])
    assert read_labels(path).equals(expected)
    add_label(path, "M9", 5)
    assert read_labels(path)["id"].tolist() == [*expected["id"], "M9"]
    mend_labels(path)
    assert read_lines(path) == read_lines(name_copy(path)) and not read_lines(path)[1]
    assert read_labels(path)["id"].tolist() == [*expected["id"], "M9"]


def test_what_comes_back_from_the_copy_stands_where_it_stood(tmp_path):
    """A label that a file brought may tell an early time; the last one given counts all the same."""
    path = tmp_path / "a.jsonl"
    labels.add_label(path, "X", 2)
    labels.add_label(path, "A", 5)
    labels.write_labels(path, [labels.make_label("A", 1, time="2020-01-01T00:00:00")])
    whole = path.read_bytes()
    path.write_bytes(b"#" + whole[1:])  # the line of X
    back = labels.recall_labels(path)
    assert back.restored == 1 and [(label["id"], label["score"]) for label in back.labels] == [
        ("X", 2),
        ("A", 5),
        ("A", 1),
    ]
    assert labels.read_labels(path).set_index("id")["score"].to_dict() == {"X": 2, "A": 1}


def test_a_label_given_while_others_are_mended_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    labels.add_label(path, "A", 5)
    with open(path, "ab") as file:
        file.write(b"damaged\n")
    recall = labels.recall_labels

    def recall_then_label(path):
        recalled = recall(path)
        labels.add_label(path, "B", 3)
        return recalled

    monkeypatch.setattr(labels, "recall_labels", recall_then_label)
    labels.mend_labels(path)
    monkeypatch.undo()
    for file in (path, labels.name_copy(path)):
        assert [label["id"] for label in labels.read_lines(file)[0]] == ["A", "B"]
    assert path.with_suffix(".damaged").read_bytes() == b"damaged\n"


def test_labels_of_an_earlier_version_are_read_and_copied(tmp_path):
    path = find_file(make_token(), tmp_path)
    path.write_text('{"id": "M1", "score": 3, "note": "", "time": "2026-01-01T00:00:00+00:00"}\n')
    add_label(path, "M2", 1)
    path.write_bytes(b"")
    assert read_labels(path)["id"].tolist() == ["M1", "M2"]


def test_a_disk_that_takes_a_part_of_a_line_acknowledges_nothing(tmp_path, monkeypatch):
    path = find_file(make_token(), tmp_path)
    add_label(path, "M1", 1)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    with pytest.raises(OSError, match="No space"):
        add_label(path, "M2", 2)
    monkeypatch.undo()
    add_label(path, "M3", 3)
    assert read_labels(path)["id"].tolist() == ["M1", "M3"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_exported_labels_come_back_as_they_were(tmp_path, form):
    path = find_file(make_token(), tmp_path)
    add_label(path, "M1", 5, 'a "ring", or\ntwo; ünïcode')
    add_label(path, "0012", 0)
    add_label(path, "M3", None, "a note alone")
    table = read_labels(path)
    data = write_json(table, "c0ffee00") if form == "json" else table.to_csv(index=False).encode()
    brought = read_file(data, "c0ffee00")
    assert not brought.refused and tabulate(brought.labels).equals(table)


def test_an_apostrophe_before_what_looks_like_a_formula_is_taken_off_again():
    """CSV is exported with it, or a spreadsheet would run the note."""
    brought = read_file(b"id,score,note\nM1,1,'=1+1\nM2,1,''-dim\nM3,1,'quoted'\n", "")
    assert [label["note"] for label in brought.labels] == ["=1+1", "'-dim", "'quoted'"]


def test_a_file_of_labels_is_taken_row_by_row(tmp_path):
    brought = read_file(b'id,score,note\nM1,4,\nM2,9,\n,3,\nM4,,\nM5,2.0,"x"\nM6,,note\n' + b"M7,1," + b"n" * 501, "")
    assert [(r["id"], r["score"]) for r in brought.labels] == [("M1", 4), ("M5", 2), ("M6", None)]
    assert len(brought.refused) == 4 and "Row 2: its score must be a number from 0 to 5, not '9'." in brought.refused
    assert brought.say_refused().endswith("And 1 more.")


HOSTILE = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "deep": b"[" * 100_000,
    "another object": b'{"labels": 3}',
    "no rows": b"id,score\n",
    "another table": b"name,value\nM1,2\n",
    "too many": b"id,score\n" + b"M1,1\n" * 50_001,
    "too large": b" " * 5_000_001,
    "a wide cell": b'id,score\n"' + b"x" * 200_000 + b'",1\n',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_file_of_labels_is_refused_in_a_sentence(what):
    with pytest.raises(InputError) as refused:
        read_file(HOSTILE[what], "")
    assert len(str(refused.value)) < 200 and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "row", [7, None, [], {"id": 7, "score": 1}, {"id": "M", "score": True}, {"id": "M", "score": {}}]
)
def test_a_row_that_is_no_label_is_refused(row):
    brought = read_file(json.dumps([row, {"id": "M1", "score": 1}]).encode(), "")
    assert len(brought.refused) == 1 and [r["id"] for r in brought.labels] == ["M1"]


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


def test_labels_are_their_owners_alone(tmp_path):
    path = find_file(make_token(), tmp_path / "labels")
    add_label(path, "M1", 1)
    mend_labels(path)
    assert {p.stat().st_mode & 0o777 for p in (path, name_copy(path))} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_labels_of_another_catalogue_are_told_apart_and_refused(tmp_path):
    path = tmp_path / "labels.jsonl"
    ours, old = make_label("M1", 4, catalogue="c0ffee00"), make_label("M1", 1)  # of an earlier version
    write_labels(path, [old, ours, make_label("M2", 2, catalogue="deadbeef")])
    recalled = recall_labels(path)
    assert not recalled.damaged
    mine, others = part_labels(recalled.labels, "c0ffee00")
    assert tabulate(mine)[["id", "score"]].to_numpy().tolist() == [["M1", 4]]
    assert [label["id"] for label in others] == ["M1", "M2"]
    mend_labels(path)
    assert part_labels(recall_labels(path).labels, "deadbeef")[0][0]["id"] == "M2", "kept by mending"
    damaged = path.read_text().replace("c0ffee00", "c0ffee01", 1)
    path.write_text(damaged)
    name_copy(path).write_text(damaged)
    assert len(recall_labels(path).damaged) == 1, "whose it is is summed too"
    exported = write_json(tabulate(mine), "c0ffee00")
    assert read_file(exported, "c0ffee00").labels[0]["catalogue"] == "c0ffee00"
    with pytest.raises(InputError, match="another catalogue"):
        read_file(exported, "deadbeef")
    brought = read_file(b"id,score,catalogue\nM1,1,c0ffee00\nM2,2,deadbeef\nM3,3,\n", "deadbeef")
    assert [label["id"] for label in brought.labels] == ["M2", "M3"] and "another catalogue" in brought.refused[0]
