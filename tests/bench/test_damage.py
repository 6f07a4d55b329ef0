"""The trials that stay, in short: damaged files and many people at once; and that they would see what is wrong."""

from functools import partial

import pytest

from galexplore.bench import damage, people
from galexplore.bench.damage import Case, list_cases, measure_damage
from galexplore.bench.pages import Shown
from galexplore.explore import seal
from galexplore.places import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no shipped model")


@pytest.fixture
def run():
    """Runs a verb, as the bench does."""
    import typer

    from galexplore.cli.main import app
    from galexplore.cli.trials import run_verb

    context = typer.Context(typer.main.get_command(app))
    return partial(run_verb, context)


def choose(*chosen):
    return [c for c in list_cases() if (c.file, c.damage) in chosen]


def test_every_file_is_damaged_in_every_way():
    cases = [(c.file, c.damage) for c in list_cases()]
    assert len(cases) == len(set(cases)) > 60 and len(list_cases(thorough=False)) > 20
    for file in damage.MODEL:
        assert {"cut in half", "emptied", "deleted", "another model's"} <= {d for f, d in cases if f == file}


def test_damage_is_refused_or_changes_nothing(monkeypatch, run):
    cases = choose(
        ("card.json", "calibration halved"), ("atlas.npz", "another model's"), ("images.npz", "bit flipped at 50%")
    )
    monkeypatch.setattr(damage, "list_cases", lambda thorough: cases)
    monkeypatch.setattr(damage, "PAGES", ("locate", "anomalies"))
    outcome = measure_damage(run)
    assert not outcome["answers"]["wrong"] and not outcome["answers"]["traceback"], outcome
    halved, atlas, image = outcome["cases"]
    assert set(halved["pages"].values()) == set(atlas["pages"].values()) == {"refused"}
    assert "not as it was written" in halved["sentence"] and "atlas's arrays of 'mine'" in atlas["sentence"]
    assert halved["verbs"] == {"locate": "refused", "evaluate": "refused", "embed": "refused", "model list": "told"}
    assert set(image["verbs"].values()) == {"as before"}


def test_the_trial_sees_what_is_shown_as_right(monkeypatch, run):
    """Without the hashes, another model's atlas is shown as this one's."""
    monkeypatch.setattr(damage, "list_cases", lambda thorough: choose(("catalogue.parquet", "ids shuffled")))
    monkeypatch.setattr(damage, "PAGES", ("galaxy",))
    monkeypatch.setattr(seal, "find_faults", lambda *args, **kwargs: {})
    outcome = measure_damage(run)
    assert outcome["cases"][0]["pages"]["galaxy"] == "wrong" and outcome["answers"]["wrong"]


def test_a_page_is_judged_by_what_it_shows():
    usual = Shown("content", [], [])
    assert Shown("content", ["a sentence"], []).judge(usual) == "as before"
    assert Shown("other", ["a sentence"], []).judge(usual) == "told"
    assert Shown("other", [], []).judge(usual) == Shown("", [], []).judge(usual) == "wrong"
    assert Shown("", ["a sentence"], []).judge(usual) == "refused"
    assert Shown("content", [], ["a traceback"]).judge(usual) == "traceback"
    assert damage.judge_verb((2, "one sentence\n", ""), (0, "{}", "")) == "refused"
    assert damage.judge_verb((2, "two\nlines\n", ""), (0, "{}", "")) == "wrong"
    assert damage.judge_verb((0, "{1}", ""), (0, "{}", "")) == "wrong"
    assert Case("a", "b", print).file == "a"


def test_people_at_once_see_what_they_would_see_alone():
    outcome = people.measure_people(clients=2, acts=8)
    assert outcome["wrong"] == []


def test_the_trial_sees_what_is_anothers(monkeypatch):
    """Were labels kept in one file for all, somebody would see another's."""
    from galexplore.explore.labels import find_file

    monkeypatch.setattr("pages._session.person.find_file", lambda token: find_file("0" * 32))
    monkeypatch.setattr(people, "ACTS", ("label",))
    assert any("labels on disk" in sentence for sentence in people.measure_people(clients=2, acts=2)["wrong"])
