"""Expressions against numpy and pandas by brute force, and whatever a person may type."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galexplore.errors import InputError
from galexplore.tables.expressions import FUNCTIONS, derive, keep_where, list_columns_of, tabulate

N = 60
RANDOM = np.random.default_rng(5)
TABLE = pd.DataFrame(
    {
        "z": RANDOM.uniform(0.01, 1, N).astype(np.float32),
        "logmass": RANDOM.normal(10, 1, N),
        "logsfr": np.where(RANDOM.uniform(size=N) < 0.2, np.nan, RANDOM.normal(0, 1, N)),
        "count": RANDOM.integers(-3, 4, N),
        "population": RANDOM.choice(["ordinary", "Green Pea", "Red Spiral"], N),
        "cause": pd.Series(RANDOM.choice(["SFR high", "mass low"], N), dtype=object).where(
            RANDOM.uniform(size=N) < 0.7
        ),
        "flag": RANDOM.uniform(size=N) < 0.5,
        "objid": 1237648720693755918 + np.arange(N),
        "S/N ratio": RANDOM.uniform(0, 9, N),
    }
)
NUMBERS = st.sampled_from(["z", "logmass", "logsfr", "count"])
LITERALS = st.sampled_from([0, 1, 2, 10, 0.1, 0.5, 9.75, 1e-3])
HALF = [name for name, (_, count) in FUNCTIONS.items() if count == 1]


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the brute force divides by zero, too


def join(kind, one, other):
    """Two parts as text, and what numpy makes of them."""
    operations = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "%": np.mod, "**": np.power}
    return f"({one[0]} {kind} {other[0]})", operations[kind](np.float64(one[1]), np.float64(other[1]))


def call(name, one):
    return f"{name}({one[0]})", FUNCTIONS[name][0](np.float64(one[1]))


numbers = st.recursive(
    NUMBERS.map(lambda c: (c, TABLE[c].to_numpy(float))) | LITERALS.map(lambda v: (repr(v), np.full(N, float(v)))),
    lambda inner: (
        st.builds(join, st.sampled_from(["+", "-", "*", "/", "%", "**"]), inner, inner)
        | st.builds(call, st.sampled_from(HALF), inner)
        | inner.map(lambda one: (f"(-({one[0]}))", -one[1]))
    ),
    max_leaves=6,
)
COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal}
COMPARE |= {"!=": np.not_equal}
comparisons = st.builds(
    lambda kind, one, other: (f"({one[0]}) * 1.0 {kind} {other[0]} + 0", COMPARE[kind](one[1], other[1] + 0)),
    st.sampled_from(list(COMPARE)),
    numbers,
    numbers,
)
words = st.builds(
    lambda c, w, same: (f"{c} {'==' if same else '!='} '{w}'", (TABLE[c] == w).to_numpy(bool) == same),
    st.sampled_from(["population", "cause"]),
    st.sampled_from(["Green Pea", "SFR high", "and & or"]),
    st.booleans(),
)
conditions = st.recursive(
    comparisons | words | st.just(("flag", TABLE["flag"].to_numpy())),
    lambda inner: (
        st.builds(
            lambda k, a, b: (f"({a[0]}) {k} ({b[0]})", a[1] & b[1] if k in ("and", "&") else a[1] | b[1]),
            st.sampled_from(["and", "or", "&", "|"]),
            inner,
            inner,
        )
        | st.builds(lambda k, a: (f"{k} ({a[0]})", ~a[1]), st.sampled_from(["not", "~"]), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_a_quantity_is_what_numpy_makes_of_it(case):
    text, expected = case
    if len(text) > 500:
        return
    finite = np.where(np.isfinite(expected), expected, np.nan)
    # a power of one number and of as many alike may differ in their last bit
    np.testing.assert_allclose(derive(text, TABLE), finite, rtol=1e-12, equal_nan=True)


@settings(max_examples=100, deadline=None)
@given(conditions)
def test_a_condition_keeps_what_numpy_keeps(case):
    text, expected = case
    if len(text) > 500:
        return
    try:
        assert np.array_equal(keep_where(text, TABLE), expected)
    except InputError as error:
        assert "too many parts" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "z < 0.1 & logmass > 10.5",
        "0.1 <= z < 0.3 or logsfr > 0",
        "z <= 0.25",
        "count == 2",
        "objid == 1237648720693755919",
        "objid in [1237648720693755919, 1237648720693755921]",
        "population in ['Green Pea', 'Red Spiral'] and not flag",
        "cause not in ['SFR high']",
        "cause != 'SFR high'",
        "`S/N ratio` > 3 | flag",
        "flag == False",
        "logmass - 2 * logsfr > 9 and count ** 2 > 1",
    ],
)
def test_what_pandas_reads_is_read_alike(text):
    assert np.array_equal(keep_where(text, TABLE), TABLE.eval(text, engine="python").to_numpy(bool))


SOUP = "z logmass population flag 0.1 10 'Green Pea' and or not & | ~ < == <= ( ) [ ] , . + - ** / in is isin( "
SOUP += "between( log10( sqrt __class__ lambda : = := ` \" ' { } @ 1e400 9999999999999999999999 1j if "
SOUP += "else None True ... # \\ \n é 𝒛"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*SOUP.split(" "), ""]), max_size=12).map(" ".join) | st.text(max_size=40))
def test_whatever_is_typed_is_answered_or_refused_in_a_sentence(text):
    for ask in (keep_where, derive):
        try:
            assert len(ask(text, TABLE)) == N
        except InputError as error:
            assert 10 < len(str(error)) < 330 and "\n" not in str(error)


@pytest.mark.parametrize(
    "text", ["(" * 300, "-" * 400 + "z", "z" + "**9" * 160, "not " * 124 + "flag", "z<1" + " or z<1" * 80]
)
def test_cost_is_bounded(text):
    with pytest.raises(InputError):
        keep_where(text, TABLE)
    with pytest.raises(InputError, match="501 characters"):
        keep_where("z" * 501, TABLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("logmas > 10", "no column “logmas”; did you mean logmass"),
        ("Z < 1", "did you mean z"),
        ("z = 0.1", "character 3, “=”: to compare, write =="),
        ("z < 0.1 andd flag", "character 9, near “andd flag”"),
        ("z ^ 2 > 1", "a power is written"),
        ("population == 1", "“population” is text and “1” a number"),
        ("z and flag", "“z” is a number"),
        ("z.mean() < 1", "functions are abs"),
        ("z.dtype == 'f'", "“z.dtype” cannot be computed"),
        ("z[0] < 1", "“z\\[0\\]” cannot be computed"),
        ("loge(z) < 1", "no function “loge”; did you mean log"),
        ("sqrt(z, z) > 0", "sqrt takes 1 argument"),
        ("z + 1", "a number, not a condition"),
        ("", "empty"),
        ("flag & (z + ~logmass)", "cannot be read at character 13, near “~logmass"),
    ],
)
def test_what_is_wrong_is_named(text, said):
    with pytest.raises(InputError, match=said):
        keep_where(text, TABLE)


def test_nothing_is_executed(monkeypatch, tmp_path):
    for text in ("__import__('os').system('true')", f"open('{tmp_path}/x', 'w')", "(lambda: 1)()", "[z for z in (1,)]"):
        with pytest.raises(InputError):
            keep_where(text, TABLE)
    assert not list(tmp_path.iterdir())


def test_subsets_stand_where_columns_do():
    low, heavy = keep_where("z < 0.5", TABLE), keep_where("logmass > 10", TABLE)
    both = keep_where("low and not heavy or flag", TABLE, {"low": low, "heavy": heavy})
    assert np.array_equal(both, low & ~heavy | TABLE["flag"].to_numpy())
    with pytest.raises(InputError, match="another table"):
        keep_where("low", TABLE, {"low": low[:3]})


def test_functions_of_conditions():
    assert np.array_equal(keep_where("isfinite(logsfr)", TABLE), np.isfinite(TABLE["logsfr"]))
    assert np.array_equal(keep_where("between(z, 0.1, 0.5)", TABLE), TABLE["z"].between(0.1, 0.5))
    assert np.array_equal(keep_where("isin(count, 1, 2)", TABLE), TABLE["count"].isin([1, 2]))


def test_a_table_holds_columns_and_what_follows_from_them():
    frame = tabulate(TABLE, ["z", "log10(z)", "z", "`S/N ratio`"])
    assert list(frame) == ["z", "log10(z)", "`S/N ratio`"] and frame["z"].dtype == np.float32
    assert np.allclose(frame["log10(z)"], np.log10(TABLE["z"].astype(float)))
    assert np.isnan(derive("log10(count)", TABLE)[TABLE["count"] <= 0]).all(), "no infinity is drawn"
    assert derive("count ** 40", TABLE)[TABLE["count"] == 3][0] == 3.0**40, "no integer wraps around"
    assert list_columns_of("`S/N ratio` - z", TABLE) == ["z", "S/N ratio"] and list_columns_of("z", TABLE) == ["z"]
